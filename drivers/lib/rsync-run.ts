/** Runs rsync for one item of one target: what it would delete, the copy itself, a comparison. */
import type { Act, Argv, Observe, Peer, Reader, Result } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { parentOf, tidyPath } from './mountinfo.ts';
import { everyExit } from './retcodes.ts';
import { blockOf, isDeleting, placeOn, talkOptions, remoteShell, type RsyncSettings } from './rsync-command.ts';
import { type RsyncVerdict, verdictOf } from './rsync-exit.ts';
import type { SyncItem } from './rsync-items.ts';
import { changedItems, parseProgress, parseStats, parseVersion, type RsyncStats, type RsyncVersion } from './rsync-output.ts';

export const rsyncReads = [
  ['rsync', '--version'],
  ['rsync', '--dry-run'],
] as const;

/** A look at a tree of any size; rsync itself gives up when no data comes through (--timeout). */
const lookMs = 86_400_000;
/** Longer than rsync's own limit, so that it can say why it ends. */
const graceMs = 60_000;

/** All that is the same for every item of a target. */
export interface Link {
  readonly peer: Peer;
  readonly local: RsyncVersion;
  readonly block: readonly string[];
  readonly shell: readonly string[];
  readonly deletes: boolean;
  readonly timeoutMs: number;
}

/** @throws SvcError UNSUPPORTED when rsync is missing on a side, or nothing says how to reach the peer */
export async function openLink(at: Observe<Keywords>, peer: Peer, settings: RsyncSettings, extra: readonly string[]): Promise<Link> {
  const ask = async (reader: Reader) => parseVersion((await reader.read(['rsync', '--version'])).stdout);
  const there = await ask(at.on({ node: peer.node }));
  const local = await ask(at.local);
  // Only now: by asking it is known which of its addresses answers.
  const { rsh } = peer;
  if (rsh === undefined)
    throw new SvcError('UNSUPPORTED', `nothing says how to reach ${peer.node}`, { hint: `a section [host#${peer.node}] in the node file` });
  const user = at.section(`host#${peer.node}`)?.values['user'];
  const block = [...blockOf(settings, [local, there]), ...extra];
  const shell = remoteShell(settings.options, rsh, user);
  return { peer, local, block, shell, deletes: isDeleting(block), timeoutMs: settings.timeout };
}

export interface ItemResult {
  readonly verdict: RsyncVerdict;
  /** Undefined when it did not come to its end, and in a dry-run. */
  readonly stats: RsyncStats | undefined;
}

/** What a run would do; `deletions`: it only looks for what it would delete, which is quicker. */
export async function preview(at: Observe<Keywords>, link: Link, item: SyncItem, scope: 'all' | 'deletions'): Promise<ItemResult> {
  const only = scope === 'deletions' ? ['--existing', '--ignore-existing'] : [];
  const result = await look(at, link, item, only);
  const verdict = judge(result);
  return {
    verdict,
    stats: result.exitCode === 0 || result.exitCode === 23 || result.exitCode === 24 ? parseStats(result.stdout) : undefined,
  };
}

/** Compares every file by its content. @returns how many differ, or are on one side only */
export async function compare(
  at: Observe<Keywords>,
  link: Link,
  item: SyncItem,
): Promise<{ readonly verdict: RsyncVerdict; readonly differing: readonly string[] }> {
  const result = await look(at, link, item, ['--checksum', '--itemize-changes']);
  return { verdict: judge(result), differing: changedItems(result.stdout) };
}

function look(at: Observe<Keywords>, link: Link, item: SyncItem, words: readonly string[]): Promise<Result> {
  const argv: Argv = ['rsync', '--dry-run', ...words, ...link.block, ...item.filters, ...link.shell, ...item.sources, placeOf(link, item)];
  return at.local.read(argv, { okCodes: everyExit, timeoutMs: lookMs });
}

/** Is there anything at the destination that a run could delete? */
export async function isThere(at: Observe<Keywords>, link: Link, item: SyncItem): Promise<boolean> {
  return (await at.on({ node: link.peer.node }).stat(tidyPath(item.to))) !== undefined;
}

/** Copies one item. @param mostDeletions what it may delete; undefined = as much as it finds */
export async function copy(at: Act<Keywords>, link: Link, item: SyncItem, mostDeletions: number | undefined): Promise<ItemResult> {
  await makeParent(at, link, item);
  const limit =
    mostDeletions === undefined || link.block.some((word) => word.startsWith('--max-delete')) ? [] : [`--max-delete=${mostDeletions}`];
  const words = [...link.block, ...(link.deletes ? limit : []), ...talkOptions(link.local), ...item.filters];
  const lines: string[] = [];
  const argv: Argv = ['rsync', ...words, ...link.shell, ...item.sources, placeOf(link, item)];
  const result = await at.local.change(argv, {
    okCodes: everyExit,
    idleTimeoutMs: link.timeoutMs + graceMs,
    follow: (line) => followLine(at, lines, line),
  });
  const verdict = judge(result);
  const isComplete = verdict.kind === 'ok' || verdict.kind === 'partial';
  return { verdict, stats: at.dryRun || !isComplete ? undefined : parseStats(lines.join('\n')) };
}

/** Progress is shown, statistics are kept; anything else is said by an option of the user's and goes to the log. */
function followLine(at: Act<Keywords>, lines: string[], line: string): boolean {
  const progress = parseProgress(line);
  if (progress !== undefined) {
    const total = progress.percent === 0 ? undefined : Math.round((progress.bytes * 100) / progress.percent);
    at.progress(progress.bytes, total, 'bytes');
    return true;
  }
  if (!/^(?:[A-Z][a-z ]+: |sent \d|total size is \d|$)/.test(line)) return false;
  lines.push(line);
  return true;
}

/** rsync makes the last folder of a path, not those above it. */
async function makeParent(at: Act<Keywords>, link: Link, item: SyncItem): Promise<void> {
  const there = at.on({ node: link.peer.node });
  const parent = item.sources.some((source) => source.endsWith('/')) ? parentOf(tidyPath(item.to)) : tidyPath(item.to);
  if ((await there.stat(parent)) === undefined) await there.change(['mkdir', '-p', parent]);
}

function placeOf(link: Link, item: SyncItem): string {
  return placeOn(link.peer.node, item.to);
}

function judge({ exitCode, stderr }: Result): RsyncVerdict {
  const verdict = verdictOf(exitCode, stderr);
  if (verdict.kind === 'ok') return verdict;
  const said = stderr.split('\n').find((line) => line.trim() !== '' && !line.startsWith('rsync error: '));
  return { ...verdict, text: `${verdict.text} (rsync exit ${exitCode}${said === undefined ? '' : `: ${said.trim()}`})` };
}
