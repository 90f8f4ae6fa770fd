/** The steps that change a remote copy group: each one command, its output judged, and the result looked at (spec/hp3par.md §2.6). */
import type { Argv, Host } from '../../../agent/driver/contract.ts';
import { SvcError } from '../../../agent/errors.ts';
import { factOf, messageOf } from '../error-code.ts';
import { anyCode, askArray, groupNamed } from './ask.ts';
import type { Step } from './decide-sync.ts';
import type { Acting } from './keywords.ts';
import { expectNothing, parseSyncOutput, parseTaskOutput, refuseErrors } from './outputs.ts';
import { type Group, groupIn } from './rcopy.ts';
import type { Scene } from './scene.ts';
import { markHandover } from './starts.ts';
import { isWritable } from './start-table.ts';

/** Data moves as long as it takes; a day is a mistake. */
const longestSyncMs = 86_400_000;
const pollMs = 1000;

export async function perform(at: Acting, scene: Scene, step: Step): Promise<void> {
  const { rcg } = scene;
  const operations = {
    reverse: ['reverse', '-f', '-waittask', rcg],
    'reverse-current': ['reverse', '-f', '-current', '-waittask', rcg],
    failover: ['failover', '-f', '-waittask', rcg],
    'reverse-local': ['reverse', '-f', '-local', '-current', '-waittask', rcg],
    recover: ['recover', '-f', '-waittask', rcg],
    revert: ['reverse', '-f', '-waittask', '-stopgroups', '-local', '-current', rcg],
  } as const;
  switch (step) {
    case 'none':
      return;
    case 'stop':
      return stopGroup(at, scene);
    case 'start':
      return startGroup(at, scene);
    case 'sync':
      return syncGroup(at, scene);
    case 'reverse':
    case 'reverse-current':
      await stopBefore(at, scene);
      return switchRoles(at, scene, operations[step]);
    case 'revert':
      return switchRoles(at, scene, operations[step], 'read-only');
    default:
      return switchRoles(at, scene, operations[step]);
  }
}

function nearOf(at: Acting): Host {
  return at.on({ array: at.config.array, near: true });
}

/** One command; its lines are logged as they are. @throws SvcError COMMAND when its words tell of an error */
async function command(
  at: Acting,
  host: Host,
  argv: Argv,
  options: { readonly timeoutMs: number; readonly assume?: string },
): Promise<string> {
  const follow = (line: string): true => {
    if (line.trim() !== '') at.log.info(line.trim());
    return true;
  };
  const ran = await host.change(argv, { ...options, okCodes: anyCode, follow }).catch((error: unknown) => {
    // Whoever cancelled it is told nothing else of it.
    if (at.signal.aborted) at.log.warn(messageOf(error));
    throw error;
  });
  refuseErrors(ran);
  return ran.stdout;
}

/** The group now; undefined while planning, when nothing has really changed. */
export async function groupNow(at: Acting): Promise<Group | undefined> {
  if (at.dryRun) return undefined;
  const near = nearOf(at);
  const group = await groupNamed(near, (await askArray(near)).rcopy, at.config.rcg);
  if (group === undefined) throw new SvcError('COMMAND', `rcg does not exist: ${at.config.array} has no group ${at.config.rcg} any more`);
  return group;
}

async function expectGroup(at: Acting, what: string, isSo: (group: Group) => boolean): Promise<void> {
  await at.poll(
    async () => {
      const group = await groupNow(at);
      return group === undefined || isSo(group) ? true : undefined;
    },
    { timeoutMs: settleMs, intervalMs: pollMs, what: `rcopy group ${at.config.rcg} to be ${what}`, assume: true },
  );
}

/** How long the two arrays may take to tell the same. */
const settleMs = 60_000;

/** Where the data comes from: a stop on the other side is refused by the array (mirror_config, spec/hp3par.md §0.4). */
async function stopGroup(at: Acting, scene: Scene): Promise<void> {
  const { near, rcg, target, farRcg } = scene;
  const timeoutMs = at.config.timeout;
  if (isWritable(near.role)) expectNothing(await command(at, nearOf(at), ['stoprcopygroup', '-f', rcg], { timeoutMs }));
  else {
    if (farRcg === undefined) throw new SvcError('CONFIG', `target ${target} not found in rcg names (${scene.rcgs.join(', ')})`);
    expectNothing(await command(at, at.on({ array: target }), ['stoprcopygroup', '-f', farRcg], { timeoutMs }));
  }
  await expectGroup(at, 'Stopped', ({ status }) => status === 'Stopped');
}

async function stopBefore(at: Acting, scene: Scene): Promise<void> {
  const { rcg, far, nodes } = scene;
  const isStopped = far.kind === 'group' && far.group.status === 'Stopped';
  if (isStopped) at.log.info(`rcopy group ${rcg} is already stopped. skip stoprcopygroup`);
  else if (at.config.force_sync) await syncFar(at, scene);
  await markHandover(
    at,
    nodes.map(({ node }) => node),
  );
  if (!isStopped) await stopGroup(at, scene);
}

/** The last changes come over before it is turned round. */
async function syncFar(at: Acting, { far, target, farRcg }: Scene): Promise<void> {
  if (far.kind !== 'group' || far.group.mode === 'Sync' || farRcg === undefined) return;
  await syncOn(at, at.on({ array: target }), farRcg);
}

async function switchRoles(at: Acting, { rcg }: Scene, words: readonly [string, ...string[]], ends = 'writable'): Promise<void> {
  const [operation] = words;
  const assume = `setrcopygroup for ${operation} ${rcg}\n${operation} started with tasks: 1\nTask 1 done\n`;
  const text = await command(at, nearOf(at), ['setrcopygroup', ...words], { timeoutMs: at.config.timeout, assume });
  const { status, tasks } = parseTaskOutput(text);
  if (status !== 'done')
    throw new SvcError('COMMAND', `setrcopygroup ${operation} ${rcg}: task ${tasks.join(', ')} ${status}`, {
      hint: 'showtask -d, on the array',
    });
  await expectGroup(at, ends, ({ role }) => isWritable(role) === (ends === 'writable'));
}

async function startGroup(at: Acting, { rcg }: Scene): Promise<void> {
  // Right after a change of roles an array may ask to be asked again (spec/hp3par.md §2.7).
  await at.poll(
    async () => {
      try {
        expectNothing(await command(at, nearOf(at), ['startrcopygroup', rcg], { timeoutMs: at.config.timeout }));
        return true;
      } catch (error) {
        if (factOf(error, 'reason') === 'PROMOTING') return undefined;
        throw error;
      }
    },
    { timeoutMs: settleMs, intervalMs: 2000, what: `rcopy group ${rcg} to be startable`, assume: true },
  );
  await expectGroup(at, 'Started', ({ status }) => status === 'Started');
}

async function syncGroup(at: Acting, { rcg }: Scene): Promise<void> {
  await syncOn(at, nearOf(at), rcg);
}

async function syncOn(at: Acting, host: Host, rcg: string): Promise<void> {
  const assume = `Completed synchronization for group ${rcg}\n`;
  const running = command(at, host, ['syncrcopy', '-w', rcg], { timeoutMs: longestSyncMs, assume });
  const { completed } = parseSyncOutput(await watched(at, host, rcg, running));
  if (!completed) throw new SvcError('COMMAND', `syncrcopy -w ${rcg}: the array did not wait for its end`);
}

/** The array says nothing until its end, so it is asked beside it how far that is. */
async function watched<V>(at: Acting, array: Host, rcg: string, running: Promise<V>): Promise<V> {
  if (at.dryRun) return running;
  let isOver = false;
  const over = running
    .catch(() => undefined)
    .then(() => {
      isOver = true;
    });
  let looks = 0;
  const look = async (): Promise<true | undefined> => {
    // Most are over before it is worth a question; one without an answer is no failure of the sync.
    if (looks++ > 0 && !isOver) await Promise.race([over, tellProgress(at, array, rcg).catch(() => undefined)]);
    return isOver ? true : undefined;
  };
  const limits = { timeoutMs: longestSyncMs, intervalMs: watchMs, what: `the synchronization of ${rcg}`, until: over };
  at.poll(look, limits).catch(() => undefined);
  return running;
}

const watchMs = 5000;

async function tellProgress(at: Acting, array: Host, rcg: string): Promise<void> {
  const group = groupIn((await askArray(array)).rcopy, rcg);
  if (group !== undefined) progressOf(at, group);
}

/** Not every array says how far a volume is. */
function progressOf(at: Acting, { volumes }: Group): void {
  const done = volumes.filter(({ syncStatus }) => syncStatus === 'Synced').length;
  const percents = volumes.map(({ syncStatus, syncPercent }) => (syncStatus === 'Synced' ? 100 : syncPercent));
  const known = percents.filter((percent) => percent !== undefined);
  if (known.length < volumes.length) at.progress(done, volumes.length, 'volumes');
  else at.progress(known.reduce((sum, one) => sum + one, 0) / volumes.length, 100, '%');
}

/** Until every volume is in sync, with progress; what an array starts by itself ends by itself. */
export async function untilSynced(at: Acting, timeoutMs: number): Promise<void> {
  await at.poll(
    async () => {
      const group = await groupNow(at);
      if (group === undefined) return true;
      progressOf(at, group);
      return group.volumes.every(({ syncStatus }) => syncStatus === 'Synced') ? true : undefined;
    },
    { timeoutMs, intervalMs: pollMs, what: `rcopy group ${at.config.rcg} to be in sync`, assume: true },
  );
}
