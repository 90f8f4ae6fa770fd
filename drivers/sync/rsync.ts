import { type Act, type Blocker, defineDriver, type Observe, type Outcome, type Peer } from '../../agent/driver/contract.ts';
import type { Config, Keywords } from '../../agent/driver/keywords.ts';
import { lvmReads } from '../lib/lvm.ts';
import { overSnapshots } from '../lib/lvm-snapshot.ts';
import { tidyPath } from '../lib/mountinfo.ts';
import { isRelative, optionFault } from '../lib/rsync-command.ts';
import { checkTarget } from '../lib/rsync-check.ts';
import { isWaived, refusalText, standingOf } from '../lib/rsync-guard.ts';
import { isBelow, type SyncItem } from '../lib/rsync-items.ts';
import { compare, copy, type Link, openLink, rsyncReads } from '../lib/rsync-run.ts';
import { findSources, itemsFor } from '../lib/rsync-sources.ts';
import { keepOutcome, orFailure, syncStatus, targetsOf } from '../lib/sync-targets.ts';

const keywords = {
  src: {
    kind: 'list',
    required: true,
    text: 'Files and folders to copy, patterns allowed; a trailing slash means the contents of the folder.',
    example: '/srv/svc1/data',
  },
  dst: { kind: 'path', required: true, text: 'Folder on the targets that the sources go into.', example: '/srv/svc1/data' },
  target: {
    kind: 'list',
    choices: ['nodes', 'drpnodes'],
    required: true,
    text: 'Which nodes of the service get the copy.',
    example: 'nodes drpnodes',
  },
  options: { kind: 'argv', text: 'Further options of rsync.', example: '--compress' },
  reset_options: { kind: 'boolean', default: 'false', text: 'Leave out the usual -HAXpogDtrlx --delete --force.' },
  exclude: { kind: 'list', default: '', text: 'What is not copied: absolute paths here, or patterns of rsync.', example: '/etc/ *.core' },
  include: {
    kind: 'list',
    default: '',
    text: 'What is copied although an exclude names it or a folder above it: absolute paths, or patterns.',
    example: '/etc/inet/',
  },
  bwlimit: { kind: 'integer', min: 0, text: 'Most KB per second to send.', example: '10000' },
  dstfs: {
    kind: 'path',
    text: 'Filesystem that must be mounted on a target, so that the copy does not fill the one below it.',
    example: '/srv/svc1',
  },
  max_delete: {
    kind: 'integer',
    min: 0,
    text: 'More deletions on a target are refused. Default: a quarter of the files, at least 100.',
    example: '1000',
  },
  snap: {
    kind: 'boolean',
    default: 'false',
    text: 'Whether the files are read from snapshots of the logical volumes they lie on: all of one moment.',
  },
  snap_size: { kind: 'size', text: 'Room for what changes while a snapshot exists; a tenth of the volume when not set.', example: '1g' },
  timeout: { kind: 'duration', default: '1h', text: 'How long rsync waits for data before it gives up.' },
  schedule: { kind: 'schedule', default: '03:59-05:59@121', inherits: 'sync_schedule', text: 'When the daemon copies.', example: '@60' },
  sync_max_delay: {
    kind: 'duration',
    unit: 'm',
    default: '1d',
    text: 'Age of the last complete copy from which the state is down.',
    example: '2h',
  },
} as const satisfies Keywords;

type At = Observe<typeof keywords>;
type Acting = Act<typeof keywords>;

function faultOf({ dst, dstfs, options, src }: Config<typeof keywords>): string | undefined {
  const to = tidyPath(dst);
  if (to === '/' && !isRelative(options)) return 'dst = / would overwrite and delete everything there; only with -R in options';
  const fs = dstfs === undefined ? undefined : tidyPath(dstfs);
  if (fs !== undefined && !isRelative(options) && to !== fs && !isBelow(to, fs)) return `dst ${dst} is not on dstfs ${dstfs}`;
  return src.length === 0 ? 'src is empty: no files to sync' : optionFault(options);
}

async function blockers(at: At, verb: string): Promise<readonly Blocker[]> {
  const fault = verb.startsWith('sync ') ? faultOf(at.config) : undefined;
  return fault === undefined ? [] : [{ text: fault }];
}

/** One target, checked and ready. */
interface Ready {
  readonly link: Link;
  readonly items: readonly SyncItem[];
  readonly mostDeletions: number | undefined;
}

/** Every target is checked before the first one is written to; one that fails does not keep the others from going on. */
async function send(at: Acting, extra: readonly string[]): Promise<readonly Outcome[]> {
  const sources = await findSources(at, at.config);
  const checked: { peer: Peer; ready: Ready | Outcome }[] = [];
  for (const peer of targetsOf(at, at.config.target)) {
    const items = itemsFor(at, peer, at.config, sources);
    checked.push({ peer, ready: await orFailure(at, peer.node, () => check(at, peer, items, extra)) });
  }
  const sendEach = async (place: (path: string) => string): Promise<readonly Outcome[]> => {
    const outcomes: Outcome[] = [];
    for (const { peer, ready } of checked) {
      const outcome = 'ok' in ready ? ready : await orFailure(at, peer.node, () => sendAll(at, readAt(ready, place)));
      outcomes.push(await keepOutcome(at, outcome));
    }
    return outcomes;
  };
  if (!at.config.snap || checked.every(({ ready }) => 'ok' in ready)) return sendEach((path) => path);
  return overSnapshots(
    at,
    sources.sources.map(({ path }) => path),
    at.config.snap_size,
    sendEach,
  );
}

function readAt(ready: Ready, place: (path: string) => string): Ready {
  return { ...ready, items: ready.items.map((item) => ({ ...item, sources: item.sources.map(place) })) };
}

async function check(at: Acting, peer: Peer, items: readonly SyncItem[], extra: readonly string[]): Promise<Ready | Outcome> {
  const target = peer.node;
  const { refusals, link, limit, found } = await checkTarget(at, peer, {
    settings: at.config,
    items,
    extra,
    // A dry-run looks at everything, to tell how much it would send.
    scope: at.dryRun ? 'all' : 'deletions',
    asksPeer: true,
    passes: (refusal) => isWaived(at, refusal),
  });
  if (at.dryRun && link !== undefined) {
    at.log.info(`would send ${found.transferred} files (${found.changedBytes} bytes) to ${target} and delete ${found.deleted} there`);
  }
  const standing = standingOf(at, refusals);
  if (standing.length > 0 || link === undefined) return { target, ok: false, code: 'REFUSED', note: refusalText(standing) };
  return { link, items, mostDeletions: refusals.some(({ allow }) => allow === 'delete-many') ? undefined : limit };
}

/** Before a relocation stops anything: what the last copy would be refused for. Its agent is asked by the relocation itself. */
async function blockersTo(at: At, node: string): Promise<readonly Blocker[]> {
  const peer = targetsOf(at, at.config.target).find((one) => one.node === node);
  if (peer === undefined) return [];
  const items = itemsFor(at, peer, at.config, await findSources(at, at.config));
  const passes = ({ allow }: Blocker): boolean => allow !== undefined;
  return (await checkTarget(at, peer, { settings: at.config, items, extra: [], scope: 'deletions', asksPeer: false, passes })).refusals;
}

async function sendAll(at: Acting, { link, items, mostDeletions }: Ready): Promise<Outcome> {
  const target = link.peer.node;
  const notes: string[] = [];
  let bytes = 0;
  let ok = true;
  for (const item of items) {
    const { verdict, stats } = await copy(at, link, item, mostDeletions);
    bytes += stats?.sentBytes ?? 0;
    if (verdict.text !== '') notes.push(items.length > 1 ? `${item.sources[0]}: ${verdict.text}` : verdict.text);
    if (verdict.kind !== 'ok') ok = false;
    if (verdict.kind === 'lost') break;
  }
  return { target, ok, bytes, ...(ok ? {} : { code: 'COMMAND' }), ...(notes.length === 0 ? {} : { note: notes.join('; ') }) };
}

/** Compares by content and changes nothing. */
async function verify(at: Acting): Promise<readonly Outcome[]> {
  const sources = await findSources(at, at.config);
  const outcomes: Outcome[] = [];
  for (const peer of targetsOf(at, at.config.target)) {
    const items = itemsFor(at, peer, at.config, sources);
    outcomes.push(await orFailure(at, peer.node, async () => compareAll(at, await openLink(at, peer, at.config, []), items)));
  }
  return outcomes;
}

async function compareAll(at: Acting, link: Link, items: readonly SyncItem[]): Promise<Outcome> {
  const target = link.peer.node;
  const differing: string[] = [];
  for (const item of items) {
    const found = await compare(at, link, item);
    if (found.verdict.kind !== 'ok') return { target, ok: false, code: 'COMMAND', note: found.verdict.text };
    differing.push(...found.differing);
  }
  if (differing.length === 0) return { target, ok: true, note: 'the same' };
  return { target, ok: false, code: 'COMMAND', note: `${differing.length} differ: ${differing.slice(0, 3).join(', ')}` };
}

export default defineDriver({
  summary: 'Files and folders copied to the other nodes of the service by rsync over ssh.',
  needs: ['rsync', 'ssh'],
  keywords,
  reads: () => [...rsyncReads, ...lvmReads],
  label: ({ src, target }) => `rsync ${src.join(' ')} to ${[...target].sort().join(', ')}`,
  locks: ({ dst }) => [`rsync ${tidyPath(dst)}`],
  status: (at) => syncStatus(at, at.config),
  blockers,
  blockersTo,
  sync: { update: (at) => send(at, []), full: (at) => send(at, ['--checksum']), verify },
});
