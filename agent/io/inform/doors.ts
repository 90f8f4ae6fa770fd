/**
 * The doors of an array with the InForm command line: one command at a time, over a kept ssh connection or through the command line
 * tool on this node. What an array has no door for (files, processes) is UNSUPPORTED.
 */
import { userInfo } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Argv } from '../../driver/contract.ts';
import type { DoorResult, DoorRunOptions, Doors } from '../../driver/doors.ts';
import { SvcError } from '../../errors.ts';
import { quoteArgv } from '../redact.ts';
import type { Semaphore } from '../semaphore.ts';
import type { SshHost } from '../ssh/host.ts';
import type { SshPool } from '../ssh/pool.ts';
import { bodyOnTerminal, cleanErrors, cleanLine, cleanTranscript, type Dialect } from './transcript.ts';

/** How the commands get there. */
export type InformWay =
  | { readonly method: 'ssh'; readonly pool: SshPool; readonly host: SshHost; readonly dialect: Dialect }
  | {
      readonly method: 'cli';
      readonly local: Pick<Doors, 'run' | 'hasTool'>;
      readonly program: string;
      readonly system: string;
      /** Holds the encrypted password (setpassword -saveonly); only its path is ever a word. */
      readonly passwordFile: string;
    };

/** An array without a free connection answers this instead of running the command (spec/hp3par.md §1.2). */
const isBusy = /^(Too many local CLI connections\.|Connection closed by remote host)/m;
const busyTries = 10;
const busyPauseMs = 1000;

/** @param looks how many commands that only look may run at once; changes wait for nobody */
export function informDoors(name: string, way: InformWay, looks: Semaphore): Doors {
  const refuse = async (): Promise<never> => {
    throw new SvcError('UNSUPPORTED', `${name} is an array: it only runs commands`, { facts: { array: name } });
  };
  return {
    run: async (argv, options) => {
      const run = () => runPatiently(name, way, checkWords(argv), options);
      return isLook(argv) ? looks.run(run, options.signal) : run();
    },
    hasTool: async (tool) => (way.method === 'cli' ? way.local.hasTool(tool) : true),
    launch: refuse,
    readText: refuse,
    statFile: refuse,
    listFolder: refuse,
    resolvePath: refuse,
    writeAtomic: refuse,
    scopeProcesses: refuse,
    signalScope: refuse,
    scopeMark: refuse,
  };
}

function isLook(argv: Argv): boolean {
  return argv[0].startsWith('show');
}

/** The command line of an array is a shell of its own (Tcl): nothing but plain words gets there. */
function checkWords(argv: Argv): Argv {
  const wrong = argv.find((word) => !/^[\w.,:@%+=/-]+$/.test(word));
  if (wrong === undefined) return argv;
  throw new SvcError('CONFIG', `${quoteArgv([wrong])} is no word for the command line of an array`, {
    hint: 'only letters, digits and . , : @ % + = / - _',
  });
}

/** Busy means that nothing was run: it is asked again, as long as the command's own limit allows. */
async function runPatiently(name: string, way: InformWay, argv: Argv, options: DoorRunOptions): Promise<DoorResult> {
  const endsAt = performance.now() + (options.timeoutMs ?? Number.POSITIVE_INFINITY);
  for (let left = busyTries; ; left--) {
    const ran = await runOnce(way, argv, options);
    const isLast = left <= 1 || performance.now() + busyPauseMs > endsAt;
    if (!isBusy.test(ran.stdout) && !isBusy.test(ran.stderr)) return ran;
    if (isLast)
      throw new SvcError('UNREACHABLE', `${name} has no free connection: ${quoteArgv(argv)} was not run`, {
        facts: { array: name, level: 'busy' },
      });
    await delay(busyPauseMs, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}

async function runOnce(way: InformWay, argv: Argv, options: DoorRunOptions): Promise<DoorResult> {
  // Commas are asked for, headings are kept: without them a part that is missing could not be told from one that is empty.
  const switches = isLook(argv) ? ['-csvtable'] : [];
  if (way.method === 'cli') return runTool(way, argv, switches, options);
  return way.dialect === 'exec' ? runWords(way, [...argv, ...switches], options) : runSession(way, argv, options);
}

type Ssh = Extract<InformWay, { method: 'ssh' }>;

async function runWords({ pool, host }: Ssh, argv: Argv, options: DoorRunOptions): Promise<DoorResult> {
  const { remoteRun } = await import('../ssh/remote-exec.ts');
  return remoteRun(pool, host, argv, { ...kept(options), bare: true });
}

/** Wide enough that few rows are broken. */
const terminal = { columns: 512 };

/** No exit code of the command comes back, only that of the session: who reads the output decides. */
async function runSession({ pool, host, dialect }: Ssh, argv: Argv, options: DoorRunOptions): Promise<DoorResult> {
  const { remoteRun } = await import('../ssh/remote-exec.ts');
  const { onLine, ...others } = kept(options);
  const command = argv.join(' ');
  const typed = ['setclienv csvtable 1', command, 'exit'];
  const ran = await remoteRun(pool, host, argv, {
    ...others,
    bare: true,
    ...(dialect === 'pty' ? { shell: terminal, input: `${typed.join('\n')}\n` } : { shell: {}, input: typed.join(' ; ') }),
    ...(onLine === undefined ? {} : { onLine: linesTo(onLine, dialect, command) }),
  });
  return {
    ...ran,
    stdout: isBusy.test(ran.stdout) ? ran.stdout : cleanTranscript(ran.stdout, dialect, command),
    stderr: cleanErrors(ran.stderr),
  };
}

function linesTo(onLine: NonNullable<DoorRunOptions['onLine']>, dialect: Dialect, command: string): typeof onLine {
  const body = bodyOnTerminal(command);
  const plain = (line: string) => (dialect === 'pty' ? (body.take(line) ?? '') : cleanLine(line));
  return (stream, line) => {
    const text = stream === 'stdout' ? plain(line) : cleanErrors(line);
    if (text.trim() !== '') onLine(stream, text);
  };
}

async function runTool(
  { local, program, system, passwordFile }: Extract<InformWay, { method: 'cli' }>,
  argv: Argv,
  switches: readonly string[],
  options: DoorRunOptions,
): Promise<DoorResult> {
  // Which certificates it trusts it keeps below HOME, which a daemon may not have.
  const env = { HOME: userInfo().homedir, TPDPWFILE: passwordFile, TPDNOCERTPROMPT: '1' };
  const ran = await local.run([program, '-sys', system, '-pwf', passwordFile, ...switches, ...argv], { ...options, env });
  if (/^The authenticity of the storage system cannot be established\./m.test(ran.stderr)) {
    throw new SvcError('UNREACHABLE', `3par connection error. array ssl cert is not trusted. open interactive session to trust it.`, {
      hint: `${program} -sys ${system}`,
      facts: { level: 'host-key' },
    });
  }
  return ran;
}

function kept(options: DoorRunOptions): Pick<DoorRunOptions, 'timeoutMs' | 'idleTimeoutMs' | 'maxBytes' | 'signal' | 'onLine'> {
  const { timeoutMs, idleTimeoutMs, maxBytes, signal, onLine } = options;
  return Object.fromEntries(
    Object.entries({ timeoutMs, idleTimeoutMs, maxBytes, signal, onLine }).filter(([, value]) => value !== undefined),
  );
}
