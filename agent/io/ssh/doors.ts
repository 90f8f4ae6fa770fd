/** The doors of another machine over ssh: looking, running and replacing files there; no long-lived processes, those belong to its own agent. */
import type { Argv } from '../../driver/contract.ts';
import type { DoorRunOptions, Doors } from '../../driver/doors.ts';
import { SvcError } from '../../errors.ts';
import type { SshHost } from './host.ts';
import type { SshPool } from './pool.ts';
import { hasRemoteTool, remoteRun } from './remote-exec.ts';
import { listRemoteFolder, type RunThere, readRemoteText, resolveRemotePath, statRemoteFile, writeRemoteAtomic } from './remote-files.ts';

/** Time limit of looking at a file there, ms. */
const fileTimeoutMs = 10_000;

/**
 * Every door but those of scopes. `run` starts as the user of the connection: `user` and `group` are UNSUPPORTED, and `beforeExec`
 * is not called, since there is no process here: the effect is journaled when it is announced.
 */
export function sshDoors(pool: SshPool, host: SshHost): Doors {
  const run: RunThere = (argv, options = {}) => remoteRun(pool, host, argv, { timeoutMs: fileTimeoutMs, ...options });
  const refuse = async (what: string): Promise<never> => {
    throw new SvcError('UNSUPPORTED', `${what} on ${host.name} over ssh: only its own agent can`, { facts: { node: host.name } });
  };
  return {
    run: (argv, options) => runThere(pool, host, argv, options, refuse),
    launch: () => refuse('cannot launch a long-lived process'),
    readText: (path) => readRemoteText(run, path),
    statFile: (path) => statRemoteFile(run, path),
    listFolder: (path) => listRemoteFolder(run, path),
    resolvePath: (path) => resolveRemotePath(run, path),
    hasTool: (name) => hasRemoteTool(pool, host, name),
    writeAtomic: (path, text, mode) => writeRemoteAtomic(run, path, text, mode),
    scopeProcesses: () => refuse('cannot list processes of a scope'),
    signalScope: () => refuse('cannot signal processes of a scope'),
    scopeMark: () => refuse('cannot mark processes of a scope'),
  };
}

function runThere(
  pool: SshPool,
  host: SshHost,
  argv: Argv,
  options: DoorRunOptions,
  refuse: (what: string) => Promise<never>,
): ReturnType<Doors['run']> {
  if (options.leaves === true) return refuse('cannot leave processes behind');
  if ((options.user ?? '') !== '' || (options.group ?? '') !== '') return refuse('cannot run as another account');
  const { timeoutMs, idleTimeoutMs, input, env, cwd, maxBytes, signal, onLine } = options;
  const given = Object.entries({ timeoutMs, idleTimeoutMs, input, env, cwd, maxBytes, signal, onLine }).filter(
    ([, value]) => value !== undefined,
  );
  return remoteRun(pool, host, argv, Object.fromEntries(given));
}
