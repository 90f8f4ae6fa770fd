/** Commands inside a container: account, folder and variables are those of the inside, and "could not get in" is never an answer of the command. */
import { SvcError } from '../errors.ts';
import { poll } from '../io/poll.ts';
import { readStat } from '../io/process.ts';
import { accountInside, ended, type Inside, programInside } from './container-view.ts';
import type { Argv, ProcessInfo } from './contract.ts';
import type { DoorLaunchOptions, DoorResult, DoorRunOptions } from './doors.ts';

type Wanted = Pick<DoorRunOptions, 'user' | 'group' | 'cwd' | 'env' | 'scope'>;

/** Set by io for every command; `LANG` and `LC_ALL` too. */
const ownVariables = ['SVCMGR_SCOPE', 'SVCMGR_COMMAND', 'LANG', 'LC_ALL'];

/** Variables that would change what the command on this node does before it is inside. */
const hostile = /^(PATH|LD_.*|LXC_.*|GCONV_PATH|MALLOC_.*)$/;

export async function runInside(inside: Inside, argv: Argv, options: DoorRunOptions): Promise<DoorResult> {
  const { user: _user, group: _group, cwd: _cwd, ...rest } = options;
  const wrapped = await wrap(inside, argv, options);
  const ran = await inside.base.run(wrapped.argv, { ...rest, env: wrapped.env });
  if (ran.exitCode !== 0) await mustHaveEntered(inside, ran, options);
  return ran;
}

/** @returns the process inside, by its number on this node */
export async function launchInside(inside: Inside, argv: Argv, options: DoorLaunchOptions): Promise<ProcessInfo> {
  const { user: _user, group: _group, cwd: _cwd, ...rest } = options;
  const wrapped = await wrap(inside, argv, options);
  const outer = await inside.base.launch(wrapped.argv, { ...rest, env: wrapped.env });
  return (await innerOf(inside, options, outer)) ?? outer;
}

async function wrap(inside: Inside, argv: Argv, wanted: Wanted): Promise<{ argv: Argv; env: Record<string, string> }> {
  const { entrance, files, name, base } = inside;
  if (!inside.isAlive()) throw ended(name);
  const { env = {}, cwd, scope } = wanted;
  const account = await accountInside(files, wanted.user, wanted.group, name);
  await mustBeThere(inside, argv[0], wanted);
  const person = { HOME: account.home, ...(account.uid === undefined ? {} : { USER: account.name, LOGNAME: account.name }) };
  const all: Readonly<Record<string, string>> = { ...person, ...env };
  const letThrough = (variable: string): boolean => entrance.keeps && !hostile.test(variable);
  const own = pickNames(all, letThrough);
  const mark = entrance.keeps || scope === undefined ? {} : await base.scopeMark(scope);
  const { uid, gid } = account;
  const visit = {
    keep: entrance.keeps ? [...Object.keys(own), ...ownVariables] : [],
    set: { ...pickNames(all, (variable) => !letThrough(variable)), ...mark },
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  };
  const inFolder: Argv = cwd === undefined ? argv : ['sh', '-c', 'cd "$1" && shift && exec "$@"', 'sh', cwd, ...argv];
  return { argv: entrance.inside(inFolder, visit), env: own };
}

function pickNames(all: Readonly<Record<string, string>>, wanted: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => wanted(name)));
}

/** The same errors as for a command of this node (agent/io/command.ts). */
async function mustBeThere({ files, name }: Inside, program: string, { cwd, env }: Wanted): Promise<void> {
  if (cwd !== undefined && (await files.statFile(cwd))?.kind !== 'directory') {
    throw new SvcError('COMMAND', `cannot run in ${cwd}: no such folder in ${name}`, { facts: { cwd } });
  }
  if ((await programInside(files, program, env?.['PATH'])) !== undefined) return;
  if (program.includes('/') && (await files.statFile(program)) !== undefined) {
    throw new SvcError('COMMAND', `${program} in ${name} is not an executable file`, { facts: { program } });
  }
  throw new SvcError('UNSUPPORTED', `${program} is not installed in ${name}`, { facts: { program } });
}

/** Entering fails with exit codes that a command may have too: asked for a program that is not there, a way in answers 127. */
async function mustHaveEntered(inside: Inside, ran: DoorResult, { signal }: DoorRunOptions): Promise<void> {
  if (!inside.isAlive()) throw ended(inside.name);
  if (ran.exitCode !== 1 && ran.exitCode !== 255) return;
  const probe = inside.entrance.inside(['/.svcmgr-is-not-here'], { keep: [], set: {} });
  const { exitCode, stderr } = await inside.base.run(probe, { timeoutMs: probeMs, ...(signal === undefined ? {} : { signal }) });
  if (exitCode === 127) return;
  throw new SvcError('UNREACHABLE', `cannot run commands in ${inside.name}: ${stderr.trim() || `exit ${exitCode}`}`);
}

const probeMs = 10_000;
const appearMs = 5_000;

/** The child of the command on this node; undefined when it has ended before it was seen. */
async function innerOf(
  { base, entrance }: Inside,
  { scope, signal }: DoorLaunchOptions,
  outer: ProcessInfo,
): Promise<ProcessInfo | undefined> {
  const isOver = (): boolean => readStat(outer.pid)?.startTicks !== outer.startTicks || readStat(outer.pid)?.alive !== true;
  const probe = async (): Promise<ProcessInfo | 'none' | undefined> => {
    const over = isOver();
    const found = await base.scopeProcesses(scope, entrance.init);
    const child = found.find(({ pid, command }) => readStat(pid)?.parent === outer.pid && command !== outer.command);
    return child ?? (over ? 'none' : undefined);
  };
  const limits = { timeoutMs: appearMs, intervalMs: 5, what: 'the program to appear in the container' };
  const seen = await poll(probe, { ...limits, ...(signal === undefined ? {} : { signal }) });
  return seen === 'none' ? undefined : seen;
}
