/** What is looked at before a target is written to: by a run, and by a relocation that wants to know before it stops anything. */
import type { Blocker, Observe, Peer } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { tidyPath } from './mountinfo.ts';
import type { RsyncSettings } from './rsync-command.ts';
import { deletionLimit, instanceRefusals, refusalsOn } from './rsync-guard.ts';
import type { SyncItem } from './rsync-items.ts';
import { isThere, type Link, openLink, preview } from './rsync-run.ts';

export interface CheckOptions {
  readonly settings: RsyncSettings & { readonly dstfs: string | undefined; readonly max_delete: number | undefined };
  readonly items: readonly SyncItem[];
  /** Words of this verb. */
  readonly extra: readonly string[];
  /** What it would send, or only what it would delete, which is quicker. */
  readonly scope: 'all' | 'deletions';
  /** Also the agent over there is asked. */
  readonly asksPeer: boolean;
  /** Is this no reason to look no further? */
  passes(refusal: Blocker): boolean;
}

export interface Checked {
  readonly refusals: readonly Blocker[];
  /** Undefined: something refuses, and it was looked no further. */
  readonly link: Link | undefined;
  /** How many files a run may delete. */
  readonly limit: number;
  readonly found: Counts;
}

/** What a run would do, all items together. */
interface Counts {
  readonly deleted: number;
  readonly files: number;
  readonly transferred: number;
  readonly changedBytes: number;
}

const nothing: Counts = { deleted: 0, files: 0, transferred: 0, changedBytes: 0 };

/** @throws SvcError UNREACHABLE, TIMEOUT, UNSUPPORTED, COMMAND when it cannot be told */
export async function checkTarget(at: Observe<Keywords>, peer: Peer, options: CheckOptions): Promise<Checked> {
  const { settings, items, extra } = options;
  const covers = items.flatMap((item) => item.covers);
  const refusals: Blocker[] = [
    ...(await refusalsOn(at, peer, covers, settings.dstfs === undefined ? undefined : tidyPath(settings.dstfs))),
    ...(options.asksPeer ? await instanceRefusals(at, peer.node) : []),
  ];
  if (!refusals.every(options.passes)) return { refusals, link: undefined, limit: 0, found: nothing };
  const link = await openLink(at, peer, settings, extra);
  const found = await count(at, link, items, options.scope);
  const limit = deletionLimit(settings.max_delete, found.files);
  if (found.deleted > limit) {
    const text = `${found.deleted} files would be deleted on ${peer.node} (${found.files} are here, the limit is ${limit})`;
    refusals.push({ text, allow: 'delete-many' });
  }
  return { refusals, link, limit, found };
}

async function count(at: Observe<Keywords>, link: Link, items: readonly SyncItem[], scope: CheckOptions['scope']): Promise<Counts> {
  const sum = { ...nothing };
  for (const item of items) {
    if (scope === 'deletions' && !link.deletes) continue;
    // What does not exist there holds nothing to delete, and not every rsync can preview it.
    const mustTell = await isThere(at, link, item);
    if (!mustTell && scope === 'deletions') continue;
    const { verdict, stats } = await preview(at, link, item, scope);
    if (stats === undefined && mustTell) throw new SvcError('COMMAND', verdict.text);
    // The limit is what the real run will find, and that does not look where nothing can be deleted.
    const keys = mustTell ? (['deleted', 'files', 'transferred', 'changedBytes'] as const) : (['transferred', 'changedBytes'] as const);
    for (const key of keys) sum[key] += stats?.[key] ?? 0;
  }
  return sum;
}
