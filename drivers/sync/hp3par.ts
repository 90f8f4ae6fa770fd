import { type Blocker, defineDriver, type Note, type Outcome, type Report } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';
import { codeOf, messageOf } from '../lib/error-code.ts';
import { groupNow, perform, untilSynced } from '../lib/hp3par/act.ts';
import { arrayReads, groupNamed, sharedAnswer } from '../lib/hp3par/ask.ts';
import { isZone } from '../lib/hp3par/array-time.ts';
import { assess, timesOf } from '../lib/hp3par/assess.ts';
import { describeArray } from '../lib/hp3par/describe.ts';
import { decideStart, guardOf } from '../lib/hp3par/decide-start.ts';
import { decideSync, type GroupVerb } from '../lib/hp3par/decide-sync.ts';
import { namedGroupStatus } from '../lib/hp3par/group-status.ts';
import { type Acting, type At, groupKeywords } from '../lib/hp3par/keywords.ts';
import { lastSyncs } from '../lib/hp3par/last-syncs.ts';
import { withMends } from '../lib/hp3par/mends.ts';
import { isHalfTurned, type Scene } from '../lib/hp3par/scene.ts';
import { endHandover, rememberEvidence, rememberStart, rememberSync } from '../lib/hp3par/starts.ts';
import { isWritable } from '../lib/hp3par/start-table.ts';

async function status(at: At): Promise<Report> {
  const { array, rcg, mode, sync_max_delay: maxDelayMs } = at.config;
  if (at.section(`array#${array}`) === undefined)
    return warned(`array ${array} is not accessible: the node file has no section [array#${array}]`);
  const answer = await sharedAnswer(at, array);
  const group = await groupNamed(at.on({ array, near: true }), answer.rcopy, rcg);
  if (group === undefined) return { state: 'down', notes: [{ level: 'error', text: `rcg does not exist: ${array} has no group ${rcg}` }] };
  const report = namedGroupStatus(group, { mode, maxDelayMs }, timesOf(at, answer));
  const { role, status: state, target } = group;
  return { ...withMends(report, group, at), facts: { role, status: state, target } };
}

function warned(text: string): Report {
  const note: Note = { level: 'warn', text };
  return { state: 'warn', notes: [note] };
}

async function blockers(at: At, verb: string): Promise<readonly Blocker[]> {
  const zone = at.config.timezone;
  if (zone !== undefined && !isZone(zone)) return [{ text: `timezone = ${zone} is no time zone` }];
  const method = /^sync (\w+)$/.exec(verb)?.[1];
  // What only some groups of a service can do is each one's own outcome.
  if (method !== undefined || verb !== 'start') return [];
  return decideStart(await assessedOnce(at)).refusals;
}

/** The questions before a start are asked together; the start itself looks anew. */
function assessedOnce(at: At): Promise<Scene> {
  return at.shared(`rcopy group of ${at.service} ${at.rid}`, () => assess(at));
}

/** @throws SvcError REFUSED with every refusal that is not allowed */
function mustBeAllowed(at: Acting, refusals: readonly Blocker[]): void {
  const standing = refusals.filter(({ allow }) => !isAllowed(at, allow));
  for (const { text, allow } of refusals) if (isAllowed(at, allow)) at.log.warn(`allowed (${allow}): ${text}`);
  if (standing.length === 0) return;
  const mends = [...new Set(standing.flatMap(({ mend }) => mend ?? []))].join('; ');
  throw new SvcError(
    'REFUSED',
    standing.map(({ text, allow }) => `${text} (${allow === undefined ? 'cannot be waived' : `--allow ${allow}`})`).join('; '),
    {
      ...(mends === '' ? {} : { hint: `mend: ${mends}` }),
    },
  );
}

const waivers = {
  split: (at: Acting) => at.allows('split'),
  'stale-data': (at: Acting) => at.allows('stale-data'),
  'peer-unreachable': (at: Acting) => at.allows('peer-unreachable'),
  'peer-up': (at: Acting) => at.allows('peer-up'),
  'discard-writes': (at: Acting) => at.allows('discard-writes'),
} as const;

function isAllowed(at: Acting, allow: string | undefined): boolean {
  return allow !== undefined && Object.hasOwn(waivers, allow) && waivers[allow as keyof typeof waivers](at);
}

/** A group on its way from one state to the other is waited for before anything is decided. */
async function settled(at: Acting): Promise<Scene> {
  const isSettling = ({ near, targetStatus }: Scene) =>
    near.status === 'Starting' || near.status === 'Stopping' || targetStatus === 'failing';
  let last: Scene | undefined;
  const probe = async () => {
    last = await assess(at);
    return isSettling(last) ? undefined : last;
  };
  const what = `rcopy group ${at.config.rcg} to settle`;
  return (await at.poll(probe, { timeoutMs: settleMs, intervalMs: 5000, what })) ?? (last as Scene);
}

/** om3 waits as long for a target that is failing. */
const settleMs = 120_000;

async function start(at: Acting): Promise<void> {
  let scene = await settled(at);
  const { rcg, target, link } = scene;
  at.log.info(`we are ${link === 'joined' ? 'joined with' : 'split from'} ${target} array`);
  if (needsSync(scene) && !at.allows('stale-data')) {
    await untilSynced(at, at.config.timeout);
    scene = await assess(at);
  }
  const { move, refusals, remarks, evidence } = decideStart(scene);
  mustBeAllowed(at, refusals);
  for (const remark of remarks) at.log.warn(remark);
  if (evidence.length > 0) {
    at.log.warn(`taking over, since nothing on the other side gives a sign of life: ${evidence.join('; ')}`);
    await rememberEvidence(at, evidence);
  }
  if (move === 'none') at.log.info(`rcopy group ${rcg} role is already ${scene.near.role}. skip`);
  else if (move !== undefined) await perform(at, scene, move);
  const isTurned = move === 'reverse' || move === 'reverse-current';
  if (at.config.resume_on_start && (isTurned || isHalfTurned(scene))) await perform(at, scene, 'start');
  await endHandover(at);
  await rememberStart(at, move === 'none' ? scene.near : ((await groupNow(at)) ?? scene.near), scene.lastStart);
}

/** A sync that is under way is waited for: turned round before its end, what it brings is lost. */
function needsSync({ near, link }: Scene): boolean {
  return (
    link === 'joined' &&
    !isWritable(near.role) &&
    near.status === 'Started' &&
    near.volumes.some(({ syncStatus }) => syncStatus === 'Syncing')
  );
}

async function sync(at: Acting, verb: GroupVerb): Promise<readonly Outcome[]> {
  try {
    const scene = await settled(at);
    const { steps, refusals, skipped } = decideSync(verb, scene, at.isServiceUp);
    mustBeAllowed(at, refusals);
    if (skipped !== undefined) at.log.info(skipped);
    for (const step of steps) await perform(at, scene, step);
    if (verb === 'swap') await endHandover(at);
    if (verb === 'resync') await untilSynced(at, at.config.timeout);
    if (steps.includes('sync')) await rememberSync(at, scene);
    return [{ target: scene.target, ok: true }];
  } catch (error) {
    at.signal.throwIfAborted();
    const code = codeOf(error);
    if (code === undefined || code === 'BUG' || code === 'CANCELLED') throw error;
    return [{ target: `rcopy group ${at.config.rcg}`, ok: false, code, note: noteOf(error) }];
  }
}

function noteOf(error: unknown): string {
  const hint = error instanceof Error && 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined;
  return hint === undefined ? messageOf(error) : `${messageOf(error)}; ${hint}`;
}

export default defineDriver({
  summary: 'A remote copy group of HP 3PAR arrays: whose side is writable, how fresh the other one is; start makes this side writable.',
  needs: [],
  keywords: groupKeywords,
  promotes: true,
  reads: () => arrayReads,
  label: ({ mode, rcg }) => `hp3par ${mode} ${rcg}`,
  locks: ({ array, rcg }) => [`hp3par ${array} ${rcg}`],
  status,
  blockers,
  guard: async (at) => guardOf(await assessedOnce(at)),
  lastSyncs,
  start,
  sync: {
    update: (at) => sync(at, 'update'),
    break: (at) => sync(at, 'break'),
    resume: (at) => sync(at, 'resume'),
    swap: (at) => sync(at, 'swap'),
    resync: (at) => sync(at, 'resync'),
    revert: (at) => sync(at, 'revert'),
  },
  arrays: { type: 'hp3par', reads: arrayReads, describe: describeArray },
});
