import { type Act, type Argv, type Blocker, defineDriver, type Note, type Observe, type Report } from '../../agent/driver/contract.ts';
import type { Config, Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { describeProcesses, hiddenBy, waitUntilGone } from '../lib/app-processes.ts';
import { onlySet, programName } from '../lib/argv.ts';
import { forgetIfKept, recallForBoot, rememberForBoot } from '../lib/boot-memory.ts';
import { exitCodeOf } from '../lib/error-code.ts';
import { parseEnvironment } from '../lib/environment.ts';
import { parseRetcodes, runCheck } from '../lib/retcodes.ts';
import { infoFacts, scriptCommand } from '../lib/script-command.ts';
import { includesStart } from '../lib/verbs.ts';

const keywords = {
  script: {
    kind: 'path',
    text: 'Program that is called with start, stop, check or info where those keywords are `true`.',
    example: '/opt/svc1/bin/launcher',
  },
  start: { kind: 'argv', text: 'How to start: `true` calls the script, `false` or nothing does nothing, else a command.', example: 'true' },
  stop: { kind: 'argv', text: 'How to stop: `true` calls the script, `false` or nothing does nothing, else a command.', example: 'true' },
  check: { kind: 'argv', text: 'How to ask for the state: `true` calls the script, else a command; its exit code tells.', example: 'true' },
  info: { kind: 'argv', text: 'How to ask for facts: `true` calls the script, else a command that prints lines `key: value`.' },
  retcodes: { kind: 'list', default: '0:up 1:down', text: 'What the exit codes of check mean, as CODE:STATE; every other code is warn.' },
  timeout: {
    kind: 'duration',
    text: 'How long each of these commands may take, and the processes to end after stop; the limits of the agent when not set.',
    example: '3m',
  },
  user: { kind: 'string', text: 'User that the commands run as.', example: 'app1' },
  group: { kind: 'string', text: 'Group that the commands run as.', example: 'app1' },
  cwd: { kind: 'path', text: 'Working folder of the commands.', example: '/opt/svc1' },
  environment: { kind: 'argv', text: 'Variables given to the commands.', example: 'PORT=8080 MOTD="hello world"' },
} as const satisfies Keywords;

type At = Observe<typeof keywords>;
type Acting = Act<typeof keywords>;
type Verb = 'start' | 'stop' | 'check' | 'info';

/**
 * Remembered since the last boot: the last action and how many processes were there. It decides where no check can tell. `stopping`
 * stays behind a stop that was cut or did not end in time: until a stop has finished, what still answers may be about to end.
 */
const lastKey = 'last_action';

interface LastAction {
  readonly verb: 'started' | 'stopping' | 'stopped' | undefined;
  readonly left: number;
}

async function lastAction(at: At): Promise<LastAction> {
  const [, verb, left] = /^(started|stopping|stopped) (\d+)$/.exec((await recallForBoot(at, lastKey)) ?? '') ?? [];
  return { verb: verb as LastAction['verb'], left: Number(left ?? 0) };
}

/** How long processes may take to end after the stop command has returned, where `timeout` does not say. */
const lingerMs = 10_000;

function commandOf(config: Config<typeof keywords>, verb: Verb): Argv | undefined {
  return scriptCommand(verb, config[verb], config.script);
}

function runAs(config: Config<typeof keywords>) {
  const { user, group, cwd, timeout: timeoutMs } = config;
  return { ...onlySet({ user, group, cwd, timeoutMs }), env: parseEnvironment(config.environment) };
}

async function status(at: At): Promise<Report> {
  const check = commandOf(at.config, 'check');
  const processes = await at.local.processes();
  const hidden = check === undefined || processes.length > 0 ? undefined : await hiddenBy(at, check[0]);
  if (hidden !== undefined)
    return { state: 'down', notes: [{ level: 'info', text: `${check?.[0]} is on ${hidden}, which is not mounted` }] };
  const told =
    check === undefined ? await unchecked(at, processes.length) : await runCheck(at.local, check, at.config.retcodes, runAs(at.config));
  const report = told.state === 'up' ? ((await unfinishedStop(at)) ?? told) : told;
  const notes: Note[] = [...(report.notes ?? []), ...idleNotes(at.config)];
  const info = report.state === 'up' ? await readInfo(at) : { facts: {}, notes: [] };
  const facts = { ...info.facts, ...(processes.length > 0 ? { processes: processes.length } : {}) };
  return { state: report.state, notes: [...notes, ...info.notes], facts };
}

/** Without a check: alive processes mean up; processes that were there and are gone mean down; else nothing is known. */
async function unchecked(at: At, count: number): Promise<Report> {
  if (count > 0) return { state: 'up' };
  const { verb, left } = await lastAction(at);
  if (verb === 'started' && left > 0) return { state: 'down', notes: [{ level: 'warn', text: 'its processes have ended by themselves' }] };
  if (verb === 'stopping' && left > 0) return { state: 'down' };
  return { state: 'n/a', notes: [{ level: 'info', text: 'no check is set: the state is not known' }] };
}

const unfinishedText = 'it was told to stop and has not ended yet';

/** It still answers, and may be about to end. */
async function unfinishedStop(at: At): Promise<Report | undefined> {
  if ((await lastAction(at)).verb !== 'stopping') return undefined;
  return { state: 'warn', notes: [{ level: 'warn', text: unfinishedText, mend: `svcmgr -s ${at.service} stop --rid ${at.rid}` }] };
}

function idleNotes(config: Config<typeof keywords>): readonly Note[] {
  if (commandOf(config, 'start') !== undefined || commandOf(config, 'stop') !== undefined) return [];
  return [{ level: 'info', text: 'neither start nor stop is set: actions do nothing here' }];
}

async function readInfo(at: At) {
  const info = commandOf(at.config, 'info');
  if (info === undefined) return { facts: {}, notes: [] };
  return infoFacts((await at.local.read(info, runAs(at.config))).stdout);
}

async function blockers(at: At, verb: string): Promise<readonly Blocker[]> {
  if (!includesStart(verb)) return [];
  parseRetcodes(at.config.retcodes);
  parseEnvironment(at.config.environment);
  commandOf(at.config, 'start');
  const isEnding = (await lastAction(at)).verb === 'stopping' && (await isUp(at));
  return isEnding ? [{ text: `${unfinishedText}: stop the resource first`, endsWithStop: true }] : [];
}

async function start(at: Acting): Promise<void> {
  const command = commandOf(at.config, 'start');
  if (command === undefined) return;
  if (await isUp(at)) {
    if ((await lastAction(at)).verb === 'stopping')
      throw new SvcError('REFUSED', unfinishedText, { hint: `svcmgr -s ${at.service} stop --rid ${at.rid}` });
    at.log.info('already up');
    return;
  }
  await at.local.change(command, { ...runAs(at.config), leaves: true });
  await rememberForBoot(at, lastKey, `started ${(await at.local.processes()).length}`);
}

/** `up` by check; where there is none, by living processes or, when a start never left any, by what was done last. */
async function isUp(at: At): Promise<boolean> {
  const check = commandOf(at.config, 'check');
  if (check !== undefined) return (await hiddenBy(at, check[0])) === undefined && (await stateByCheck(at, check)) === 'up';
  const { verb, left } = await lastAction(at);
  return (await at.local.processes()).length > 0 || (verb === 'started' && left === 0);
}

async function stateByCheck(at: At, check: Argv): Promise<Report['state']> {
  return (await runCheck(at.local, check, at.config.retcodes, runAs(at.config))).state;
}

async function stop(at: Acting): Promise<void> {
  const command = commandOf(at.config, 'stop');
  if (command === undefined) return;
  const needless = await whyNotStop(at, command);
  if (needless !== undefined) {
    at.log.info(needless);
  } else {
    await tellToStop(at, command);
    await mustBeGone(at);
  }
  await rememberForBoot(at, lastKey, 'stopped 0');
}

/** From this exit code on a signal has ended the command. */
const killed = 128;

/** A command that ran to its end and said no has stopped nothing, as far as anybody can tell: what was known before holds again. */
async function tellToStop(at: Acting, command: Argv): Promise<void> {
  const before = await lastAction(at);
  await rememberForBoot(at, lastKey, `stopping ${(await at.local.processes()).length}`);
  try {
    await at.local.change(command, runAs(at.config));
  } catch (error) {
    if ((exitCodeOf(error) ?? killed) < killed && before.verb !== 'stopping') await restore(at, before);
    throw error;
  }
}

async function restore(at: Acting, { verb, left }: LastAction): Promise<void> {
  if (verb === undefined) await forgetIfKept(at, lastKey);
  else await rememberForBoot(at, lastKey, `${verb} ${left}`);
}

/** Anything but a sure "down" is stopped: also a half-started application and one that nobody can tell about. */
async function whyNotStop(at: Acting, command: Argv): Promise<string | undefined> {
  if ((await at.local.processes()).length > 0) return undefined;
  const hidden = await hiddenBy(at, command[0]);
  if (hidden !== undefined) return `already stopped: ${command[0]} is on ${hidden}, which is not mounted`;
  const check = commandOf(at.config, 'check');
  if (check !== undefined) return (await stateByCheck(at, check)) === 'down' ? 'already stopped' : undefined;
  const { verb, left } = await lastAction(at);
  if (verb === 'started' && left > 0) return 'already stopped: its processes have ended by themselves';
  if (verb === 'stopping' && left > 0) return 'already stopped: its processes have ended';
  return verb === 'stopped' ? 'already stopped' : undefined;
}

/** Processes that a start has left and a stop has not ended would keep the filesystem below them busy. */
async function mustBeGone(at: Acting): Promise<void> {
  if (await waitUntilGone(at, at.config.timeout ?? lingerMs)) return;
  const left = await at.local.processes();
  throw new SvcError('COMMAND', `the stop command returned, but processes are left: ${describeProcesses(left)}`, {
    hint: 'the stop command must end them',
    facts: { pids: left.map((process) => process.pid) },
  });
}

export default defineDriver({
  summary: 'An application with its own start, stop and check commands; start returns when it runs.',
  needs: [],
  keywords,
  reads: (config) => [commandOf(config, 'check'), commandOf(config, 'info')].filter((argv) => argv !== undefined),
  label: (config) => `forking: ${programName([config.script ?? config.start?.[0] ?? config.check?.[0] ?? ''])}`,
  status,
  blockers,
  start,
  stop,
});
