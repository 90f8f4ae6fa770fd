/** Starting a container: what a dead one left is removed, LXC is asked, and the start is over when commands run in there (storage-drivers.md §4). */
import type { Act } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { codeOf } from './error-code.ts';
import { namesOfKind } from './links.ts';
import { lastLines } from './last-lines.ts';
import { clockText, errorsIn, logFile, type LxcPlace, startArgv } from './lxc.ts';
import { findAbsent, killMonitors, readConfig, readInfo } from './lxc-look.ts';

export interface StartLimits {
  /** Of each wait. */
  readonly timeoutMs: number;
  /** Runs a command inside; its exit code, whatever it is. */
  tryInside(): Promise<number>;
}

const lookMs = 50;
/** Every exit code: what a failed tool says is told with its log. */
const anyCode = Array.from({ length: 256 }, (_, code) => code);

export async function startContainer<T extends Keywords>(at: Act<T>, place: LxcPlace, limits: StartLimits): Promise<void> {
  const { state } = await settle(at, place, limits.timeoutMs);
  if (state === 'STOPPED') {
    const [absent] = await findAbsent(at, place);
    if (absent !== undefined)
      throw new SvcError('REFUSED', absent.hiddenBy === undefined ? absent.text : `${absent.text}: ${absent.hiddenBy} is not mounted`);
    await removeLeftovers(at, place);
    await runStart(at, place, limits.timeoutMs);
  } else at.log.info(`container ${place.name} already started`);
  await waitForUp(at, place, limits.timeoutMs);
  await waitForOperational(at, place, limits);
}

/** A container on its way down is waited for; one on its way up is a start that was cut. */
async function settle<T extends Keywords>(at: Act<T>, place: LxcPlace, timeoutMs: number) {
  const probe = async () => {
    const info = await readInfo(at.local, place);
    return info.state === 'STOPPING' || info.state === 'ABORTING' ? undefined : info;
  };
  return at.poll(probe, { timeoutMs, intervalMs: lookMs, what: `container ${place.name} to end` });
}

/** A monitor whose container has ended keeps its cgroups and its cables; a cable of that name would make the start fail. */
async function removeLeftovers<T extends Keywords>(at: Act<T>, place: LxcPlace): Promise<void> {
  await killMonitors(at, place);
  const cables = (await readConfig(at.local, place))?.cables ?? [];
  if (cables.length === 0) return;
  const present = await namesOfKind(at.local, 'veth');
  for (const cable of cables.filter((name) => present.includes(name))) await at.local.change(['ip', 'link', 'del', 'dev', cable]);
}

async function runStart<T extends Keywords>(at: Act<T>, place: LxcPlace, timeoutMs: number): Promise<void> {
  const argv = startArgv(place);
  const log = logFile(place, 'start');
  const before = (await readLog(at, log)).length;
  const { exitCode, durationMs, stderr } = await at.local
    .change(argv, { leaves: true, timeoutMs, okCodes: anyCode })
    .catch((error: unknown) => {
      throw codeOf(error) === 'TIMEOUT' && !at.signal.aborted ? neverUp(place, timeoutMs, error) : error;
    });
  if (at.dryRun) return;
  at.log.info(`start done in ${clockText(durationMs)} - ret ${exitCode} - logs in ${log}`);
  if (exitCode === 0) return;
  throw new SvcError('COMMAND', `lxc-start of ${place.name} failed (ret ${exitCode})${await whyFailed(at, log, before, stderr)}`, {
    hint: `see ${log}`,
    facts: { exitCode },
  });
}

async function waitForUp<T extends Keywords>(at: Act<T>, place: LxcPlace, timeoutMs: number): Promise<void> {
  at.log.info('wait for container up status');
  const probe = async (): Promise<'up' | 'down' | undefined> => {
    const { state } = await readInfo(at.local, place);
    if (state === 'RUNNING') return 'up';
    return isEnding(state) && !at.dryRun ? 'down' : undefined;
  };
  const outcome = await at.poll(probe, { timeoutMs, intervalMs: lookMs, what: `container ${place.name} to be up`, assume: 'up' });
  if (outcome === 'down') throw wentDown(place);
}

/** A container that runs may still be too young for commands. */
async function waitForOperational<T extends Keywords>(at: Act<T>, place: LxcPlace, { timeoutMs, tryInside }: StartLimits): Promise<void> {
  at.log.info('wait for container operational');
  if (at.dryRun) return;
  const probe = async (): Promise<'operational' | 'down' | undefined> => {
    if (isEntered(await tryInside().catch(unlessTimeout))) return 'operational';
    return isEnding((await readInfo(at.local, place)).state) ? 'down' : undefined;
  };
  const outcome = await at.poll(probe, { timeoutMs, intervalMs: lookMs, what: `container ${place.name} to be operational` });
  if (outcome === 'down') throw wentDown(place);
}

/** 126 and 127: commands run there, only this one is none. */
function isEntered(exitCode: number): boolean {
  return exitCode === 0 || exitCode === 126 || exitCode === 127;
}

/** A try that hung is one that failed. */
function unlessTimeout(error: unknown): number {
  if (codeOf(error) === 'TIMEOUT') return 1;
  throw error;
}

function isEnding(state: string): boolean {
  return state === 'STOPPED' || state === 'STOPPING' || state === 'ABORTING';
}

function wentDown(place: LxcPlace): SvcError {
  const log = logFile(place, 'start');
  return new SvcError('COMMAND', 'the container went down', {
    hint: `see ${log}, and what its first process says (lxc-start -F shows it)`,
  });
}

function neverUp(place: LxcPlace, timeoutMs: number, cause: unknown): SvcError {
  const text = `container ${place.name} did not come up in ${timeoutMs / 1000} s: lxc-start does not return`;
  return new SvcError('TIMEOUT', text, { hint: `see ${logFile(place, 'start')}, and the hooks of ${place.cf}`, cause });
}

/** The first errors of this run name the cause; those behind them only say that it failed. */
async function whyFailed<T extends Keywords>(at: Act<T>, log: string, before: number, stderr: string): Promise<string> {
  const text = await readLog(at, log);
  const errors = errorsIn(text.slice(text.length < before ? 0 : before)).slice(0, 3);
  const why = errors.length > 0 ? errors.join(' / ') : lastLines(stderr);
  return why === '' ? '' : `: ${why}`;
}

/** The log may not be there yet, or be too long to be read: an error stands without it. */
async function readLog<T extends Keywords>(at: Act<T>, log: string): Promise<string> {
  return (await at.local.file(log).catch(() => undefined)) ?? '';
}
