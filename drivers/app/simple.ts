import {
  type Act,
  type Blocker,
  defineDriver,
  type Note,
  type Observe,
  type ProcessInfo,
  type Report,
  type State,
} from '../../agent/driver/contract.ts';
import type { Config, Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { describeProcesses, endProcesses, isSameProcess, waitUntilGone } from '../lib/app-processes.ts';
import { asArgv, onlySet, programName } from '../lib/argv.ts';
import { forgetIfKept, recallForBoot, rememberForBoot } from '../lib/boot-memory.ts';
import { parseEnvironment } from '../lib/environment.ts';
import { limitKeywords, limitsOf } from '../lib/process-limits.ts';
import { parseRetcodes, runCheck } from '../lib/retcodes.ts';
import { includesStart } from '../lib/verbs.ts';
import { codeOf, messageOf } from '../lib/error-code.ts';

const keywords = {
  start: {
    kind: 'argv',
    required: true,
    text: 'Program to run and keep in the foreground, with its arguments.',
    example: '/usr/bin/node server.js',
  },
  stop: {
    kind: 'argv',
    text: 'Command that asks the program to end; TERM when not set, KILL when it does not end in time.',
    example: '/opt/svc1/bin/ctl stop',
  },
  check: {
    kind: 'argv',
    text: 'Command whose exit code tells whether the running program really works.',
    example: '/opt/svc1/bin/ctl ping',
  },
  retcodes: { kind: 'list', default: '0:up 1:down', text: 'What the exit codes of check mean, as CODE:STATE; every other code is warn.' },
  timeout: { kind: 'duration', default: '30s', text: 'How long start waits for check to say up, and stop for the processes to end.' },
  user: { kind: 'string', text: 'User that the program and its commands run as.', example: 'app1' },
  group: { kind: 'string', text: 'Group that the program and its commands run as.', example: 'app1' },
  cwd: { kind: 'path', text: 'Working folder of the program and its commands.', example: '/opt/svc1' },
  environment: { kind: 'argv', text: 'Variables given to the program and its commands.', example: 'PORT=8080 MOTD="hello world"' },
  ...limitKeywords,
} as const satisfies Keywords;

type At = Observe<typeof keywords>;
type Acting = Act<typeof keywords>;

/** The launched process, remembered: gone without a stop means that it ended by itself. */
const launchedKey = 'launched';

/** Remembered in its place before a stop tells it to end: after a crash it must not be taken for a running one. */
const toldToEnd = 'told to end';

/** How often, and how far apart, a fresh process is looked at before it counts as started. */
const looks = 3;
const lookMs = 100;

function runAs(config: Config<typeof keywords>) {
  const { user, group, cwd } = config;
  return { ...onlySet({ user, group, cwd }), env: parseEnvironment(config.environment) };
}

async function status(at: At): Promise<Report> {
  const processes = await at.local.processes();
  const kept = await recallForBoot(at, launchedKey);
  const launched = parseLaunched(kept);
  if (processes.length === 0) {
    return { state: 'down', notes: launched === undefined ? [] : [note(at, 'the program ended by itself', 'start')] };
  }
  if (kept === toldToEnd)
    return { state: 'warn', notes: [note(at, endingText(processes), 'stop')], facts: { processes: processes.length } };
  const facts = { processes: processes.length, ...(launched === undefined ? {} : { pid: launched.pid }) };
  if (launched !== undefined && !processes.some((process) => isSameProcess(process, launched))) {
    return { state: 'warn', notes: [{ level: 'warn', text: `the program has ended, but left ${describeProcesses(processes)}` }], facts };
  }
  const checked = await check(at);
  return { ...(checked ?? { state: 'up' }), facts };
}

function note(at: At, text: string, verb: 'start' | 'stop'): Note {
  return { level: 'warn', text, mend: `svcmgr -s ${at.service} ${verb} --rid ${at.rid}` };
}

function endingText(processes: readonly ProcessInfo[]): string {
  return `the program was told to end and has not ended yet: ${describeProcesses(processes)}`;
}

async function check(at: At): Promise<Report | undefined> {
  const { check: words, retcodes, timeout: timeoutMs } = at.config;
  if (words === undefined) return undefined;
  return runCheck(at.local, asArgv(words, 'check'), retcodes, { ...runAs(at.config), timeoutMs });
}

/** `4711 98765`: pid and start time. */
function parseLaunched(text: string | undefined): Pick<ProcessInfo, 'pid' | 'startTicks'> | undefined {
  const [, pid, startTicks] = /^(\d+) (\d+)$/.exec(text ?? '') ?? [];
  return pid === undefined || startTicks === undefined ? undefined : { pid: Number(pid), startTicks: Number(startTicks) };
}

async function leftOver(at: At): Promise<string | undefined> {
  const processes = await at.local.processes();
  const kept = await recallForBoot(at, launchedKey);
  if (kept === toldToEnd && processes.length > 0) return endingText(processes);
  const launched = parseLaunched(kept);
  if (processes.length === 0 || launched === undefined || processes.some((process) => isSameProcess(process, launched))) return undefined;
  return `processes of a former start are left: ${describeProcesses(processes)}`;
}

async function blockers(at: At, verb: string): Promise<readonly Blocker[]> {
  if (!includesStart(verb)) return [];
  parseRetcodes(at.config.retcodes);
  parseEnvironment(at.config.environment);
  const text = await leftOver(at);
  return text === undefined ? [] : [{ text: `${text}: stop the resource first`, endsWithStop: true }];
}

async function start(at: Acting): Promise<void> {
  const left = await leftOver(at);
  if (left !== undefined) throw new SvcError('REFUSED', left, { hint: `svcmgr -s ${at.service} stop --rid ${at.rid}` });
  const running = await at.local.processes();
  if (running.length > 0) {
    at.log.info(`already running: ${describeProcesses(running)}`);
    // The start that launched it may have been killed while the program was still warming up.
    if (at.config.check !== undefined) await waitForCheck(at, (state) => state !== 'down');
    return;
  }
  const process = await at.local.launch(asArgv(at.config.start, 'start'), { ...runAs(at.config), limits: limitsOf(at.config) });
  await rememberForBoot(at, launchedKey, `${process.pid} ${process.startTicks}`);
  await mustStayAlive(at, process);
  if (at.config.check !== undefined) await waitForCheck(at, (state) => state === 'up');
}

async function mustStayAlive(at: Acting, process: ProcessInfo): Promise<void> {
  let seen = 0;
  const probe = async (): Promise<'alive' | 'gone' | undefined> => {
    const isAlive = (await at.local.processes()).some((each) => isSameProcess(each, process));
    seen++;
    if (!isAlive) return at.dryRun ? undefined : 'gone';
    return seen >= looks ? 'alive' : undefined;
  };
  const outcome = await at.poll(probe, { timeoutMs: 10_000, intervalMs: lookMs, what: 'the program to stay alive', assume: 'alive' });
  if (outcome === 'alive') return;
  await forgetIfKept(at, launchedKey);
  throw new SvcError('COMMAND', `${programName(at.config.start)} ended at once`, {
    hint: 'its output is in the log folder; start must not put itself into the background (else use app.forking)',
  });
}

/** A program may need a while before it answers; one that ends meanwhile will not answer any more. */
async function waitForCheck(at: Acting, isEnough: (state: State) => boolean): Promise<void> {
  const probe = async (): Promise<'up' | 'gone' | undefined> => {
    if ((await at.local.processes()).length === 0) return at.dryRun ? undefined : 'gone';
    return isEnough((await check(at))?.state ?? 'up') ? 'up' : undefined;
  };
  const outcome = await at.poll(probe, { timeoutMs: at.config.timeout, intervalMs: 500, what: 'check to say up', assume: 'up' });
  if (outcome === 'gone') throw new SvcError('COMMAND', `${programName(at.config.start)} ended before its check said up`);
}

async function stop(at: Acting): Promise<void> {
  const { stop: words, timeout: timeoutMs } = at.config;
  if ((await at.local.processes()).length > 0) {
    await rememberForBoot(at, launchedKey, toldToEnd);
    const isGone = words !== undefined && (await askToEnd(at, words)) && (await waitUntilGone(at, timeoutMs));
    if (!isGone) await endProcesses(at, timeoutMs);
  } else at.log.info('already stopped');
  await forgetIfKept(at, launchedKey);
}

/** What counts is that the processes end; when the stop command cannot do it, TERM will. */
async function askToEnd(at: Acting, words: readonly string[]): Promise<boolean> {
  try {
    await at.local.change(asArgv(words, 'stop'), { ...runAs(at.config), timeoutMs: at.config.timeout });
    return true;
  } catch (error) {
    if (!['COMMAND', 'UNSUPPORTED', 'TIMEOUT'].includes(codeOf(error) ?? '')) throw error;
    at.log.warn(`the stop command failed, TERM follows: ${messageOf(error)}`);
    return false;
  }
}

export default defineDriver({
  summary: 'A program that runs in the foreground; svcmgr launches it and watches it.',
  needs: [],
  keywords,
  reads: (config) => (config.check === undefined ? [] : [config.check]),
  label: (config) => `simple: ${programName(config.start)}`,
  status,
  blockers,
  start,
  stop,
});
