/** A journal as a kill -9 leaves it. */
import type { World } from '../../agent/engine/world.ts';
import { openJournal } from '../../agent/journal/journal.ts';

/** Journals an action whose process is no more; `changed` = the resources it had changed, and how it had found them. */
export function cutAction(
  { paths, who }: World,
  service: string,
  verb: string,
  changed: Readonly<Record<string, string>>,
  sid = 'cut-1',
  options: object = {},
): void {
  const journal = openJournal({ folder: paths.journal, service });
  const owner = { pid: 2 ** 22 - 1, startTicks: 1, boot: 'another-boot' };
  journal.append({ kind: 'begin', sid, service, verb, options: { verb, allow: [], ...options }, node: 'node1', who, ...owner });
  for (const [rid, from] of Object.entries(changed)) journal.append({ kind: 'changed', sid, rid, from });
  journal.close();
}
