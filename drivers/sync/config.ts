import { type Act, type Blocker, defineDriver, type Observe, type Outcome, type Peer } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { instanceRefusals, refusalText, standingOf } from '../lib/rsync-guard.ts';
import { keepOutcome, orFailure, syncStatus, targetsOf } from '../lib/sync-targets.ts';
import { differenceText, differingLines } from '../lib/text-difference.ts';
import { digestOf } from '../lib/text-digest.ts';

const keywords = {
  src: { kind: 'path', required: true, text: 'The service file.', example: '/etc/svcmgr/services.d/svc1.conf' },
  target: { kind: 'list', choices: ['nodes', 'drpnodes'], default: 'nodes drpnodes', text: 'Which nodes of the service get the file.' },
  schedule: { kind: 'schedule', default: '@60', text: 'When the daemon sends the file.' },
  sync_max_delay: { kind: 'duration', unit: 'm', default: '61m', text: 'Age of the last sending from which the state is down.' },
} as const satisfies Keywords;

type At = Observe<typeof keywords>;
type Acting = Act<typeof keywords>;

/**
 * Remembered on each node: the digest of the version that it had in common with a sender last. A copy of another digest was edited
 * on that node, whoever sent it; after a relocation the next sender finds the same words there.
 */
const commonKey = 'common';

async function update(at: Acting): Promise<readonly Outcome[]> {
  const ours = await ownText(at);
  const outcomes: Outcome[] = [];
  for (const peer of targetsOf(at, at.config.target)) {
    outcomes.push(await keepOutcome(at, await orFailure(at, peer.node, () => send(at, peer, ours))));
  }
  return outcomes;
}

async function ownText(at: At): Promise<string> {
  const text = await at.local.file(at.config.src);
  if (text === undefined) throw new SvcError('NOT_FOUND', `${at.config.src} does not exist`);
  return text;
}

async function send(at: Acting, peer: Peer, ours: string): Promise<Outcome> {
  const target = peer.node;
  if (peer.services === undefined)
    return { target, ok: false, code: 'UNSUPPORTED', note: `where ${target} keeps its service files is not known` };
  const there = at.on({ node: target });
  const name = at.config.src.slice(at.config.src.lastIndexOf('/') + 1);
  const path = `${peer.services}/${name}`;
  const other = (await there.list(peer.services)).find((entry) => entry !== name && isServiceFile(entry, at.service));
  if (other !== undefined)
    return { target, ok: false, code: 'REFUSED', note: `${target} has this service in ${other}: remove one of the two (cannot be waived)` };
  const theirs = await there.file(path);
  const digest = await digestOf(ours);
  if (theirs === ours) {
    if ((await at.recallOn(target, commonKey)) !== digest || (await at.recall(commonKey)) !== digest) await agree(at, target, digest);
    return { target, ok: true, bytes: 0 };
  }
  const refusals = standingOf(at, [...(await foreignEdit(at, target, path, theirs, ours)), ...(await instanceRefusals(at, target))]);
  if (refusals.length > 0) return { target, ok: false, code: 'REFUSED', note: refusalText(refusals) };
  if (theirs === undefined && (await there.stat(peer.services)) === undefined) await there.change(['mkdir', '-p', peer.services]);
  await there.write(path, ours, (await at.local.stat(at.config.src))?.mode ?? 0o644);
  await agree(at, target, digest);
  return { target, ok: true, bytes: new TextEncoder().encode(ours).length };
}

/** `svc1.conf`, `svc1.env`, `svc1.ini`. */
function isServiceFile(entry: string, service: string): boolean {
  return ['conf', 'env', 'ini'].some((ending) => entry === `${service}.${ending}`);
}

/** Only the version that was sent there last is replaced: anything else was edited there. */
async function foreignEdit(at: Acting, node: string, path: string, theirs: string | undefined, ours: string): Promise<readonly Blocker[]> {
  if (theirs === undefined || (await digestOf(theirs)) === (await at.recallOn(node, commonKey))) return [];
  const difference = differenceText(differingLines(theirs, ours), secretKeys(at));
  return [{ text: `${path} was edited on ${node} (- there, + here): ${difference}`, allow: 'overwrite-peer-config' }];
}

/** Keywords that hold secrets in this service, by the drivers' own tables. */
function secretKeys({ resources }: At): ReadonlySet<string> {
  const isSecret = (value: unknown) => typeof value === 'object' && value !== null && 'reveal' in value;
  return new Set(resources.flatMap(({ config }) => Object.entries(config).flatMap(([key, value]) => (isSecret(value) ? [key] : []))));
}

/** There first: what is not told there would be taken for an edit. */
async function agree(at: Acting, node: string, digest: string): Promise<void> {
  await at.rememberOn(node, commonKey, digest);
  await at.remember(commonKey, digest);
}

export default defineDriver({
  summary: 'The service file sent to the other nodes of the service; every service with peers has it as sync#i0.',
  needs: [],
  keywords,
  reads: () => [],
  label: ({ target }) => `rsync svc config to ${[...target].sort().join(', ')}`,
  anytime: true,
  status: (at) => syncStatus(at, at.config),
  sync: { update },
});
