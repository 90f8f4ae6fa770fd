/** Stopping a container: asked first, killed when it does not end in time, and nothing of it is left (storage-drivers.md §4). */
import type { Act, Argv, Result } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { codeOf, messageOf } from './error-code.ts';
import { namesOfKind } from './links.ts';
import { clockText, killArgv, logFile, type LxcPlace, type LxcState, stopArgv, unfreezeArgv } from './lxc.ts';
import { killMonitors, readCables, readInfo } from './lxc-look.ts';

const lookMs = 50;
const killTimeoutMs = 10_000;
/** Kept from the stop's first look on: a stop that was cut knows what it has to remove. */
const cablesKey = 'cables';

/** `mute`: its monitor does not answer. */
type Seen = LxcState | 'mute';

export async function stopContainer<T extends Keywords>(at: Act<T>, place: LxcPlace, timeoutMs: number): Promise<void> {
  const seen = await look(at, place);
  if (seen === 'STOPPED') at.log.info(`container ${place.name} already stopped`);
  else {
    if (seen === 'RUNNING' || seen === 'FROZEN') await rememberCables(at, place);
    if (!(await askToStop(at, place, seen, timeoutMs))) await kill(at, place, seen);
  }
  await removeCables(at);
}

async function look<T extends Keywords>(at: Act<T>, place: LxcPlace): Promise<Seen> {
  try {
    return (await readInfo(at.local, place)).state;
  } catch (error) {
    if (codeOf(error) === 'TIMEOUT' && !at.signal.aborted) return 'mute';
    throw error;
  }
}

/** False when it must be killed: it is half started, does not answer, or does not end in time. */
async function askToStop<T extends Keywords>(at: Act<T>, place: LxcPlace, seen: Seen, timeoutMs: number): Promise<boolean> {
  if (seen === 'STOPPING' || seen === 'ABORTING') return waitForDown(at, place, timeoutMs);
  if (seen !== 'RUNNING' && seen !== 'FROZEN') return false;
  if (seen === 'FROZEN') await at.local.change(unfreezeArgv(place));
  const exitCode = await runTool(at, stopArgv(place, timeoutMs), timeoutMs + killTimeoutMs, (result) => {
    at.log.info(`stop done in ${clockText(result.durationMs)} - ret ${result.exitCode} - logs in ${logFile(place, 'stop')}`);
  });
  return waitForDown(at, place, exitCode === 0 ? killTimeoutMs : 1000);
}

/** The exit code tells little: 1 is a shutdown that is not over, 2 a container that had ended before. Undefined: it got stuck itself. */
async function runTool<T extends Keywords>(
  at: Act<T>,
  argv: Argv,
  timeoutMs: number,
  tell: (result: Result) => void,
): Promise<number | undefined> {
  try {
    const result = await at.local.change(argv, { timeoutMs, okCodes: [0, 1, 2] });
    if (!at.dryRun) tell(result);
    return result.exitCode;
  } catch (error) {
    if (codeOf(error) !== 'TIMEOUT' || at.signal.aborted) throw error;
    at.log.warn(messageOf(error));
    return undefined;
  }
}

async function waitForDown<T extends Keywords>(at: Act<T>, place: LxcPlace, timeoutMs: number): Promise<boolean> {
  at.log.info('wait for container down status');
  const probe = async (): Promise<true | undefined> => ((await look(at, place)) === 'STOPPED' ? true : undefined);
  try {
    return await at.poll(probe, { timeoutMs, intervalMs: lookMs, what: `container ${place.name} to be down`, assume: true });
  } catch (error) {
    if (codeOf(error) !== 'TIMEOUT' || at.signal.aborted) throw error;
    at.log.warn('waited too long for shutdown');
    return false;
  }
}

/** The tool first; a monitor that does not answer it is killed itself, and its container goes with it. */
async function kill<T extends Keywords>(at: Act<T>, place: LxcPlace, seen: Seen): Promise<void> {
  if (seen !== 'mute') {
    await runTool(at, killArgv(place), killTimeoutMs, () => undefined);
    if (await waitForDown(at, place, killTimeoutMs)) return;
  }
  await killMonitors(at, place);
  if (await waitForDown(at, place, killTimeoutMs)) return;
  throw new SvcError('COMMAND', `container ${place.name} survives being killed`, {
    hint: 'its processes wait for the kernel, most often for a disk or a network filesystem',
  });
}

async function rememberCables<T extends Keywords>(at: Act<T>, place: LxcPlace): Promise<void> {
  const cables = await readCables(at.local, place).catch((error: unknown) => {
    if (at.signal.aborted) throw error;
    at.log.warn(`its cables are not known: ${messageOf(error)}`);
    return [];
  });
  if (cables.length > 0) await at.remember(cablesKey, cables.join(' '));
}

/** They go with the container's network, unless something still holds that. */
async function removeCables<T extends Keywords>(at: Act<T>): Promise<void> {
  const kept = await at.recall(cablesKey);
  if (kept === undefined) return;
  const present = at.dryRun ? [] : await namesOfKind(at.local, 'veth');
  for (const cable of kept.split(' ').filter((name) => present.includes(name))) await at.local.change(['ip', 'link', 'del', 'dev', cable]);
  await at.forget(cablesKey);
}
