/** What both parts of the demo need: running the command line in view, and ending when a person says so. */
import { type ChildProcess, spawn } from 'node:child_process';

export const say = (text = ''): void => void process.stdout.write(`${text}\n`);

/** Ctrl-C, or another signal that ends the demo. */
export class Interrupted extends Error {}

export interface Call {
  /** What stands before the command line on the screen: `node1`. */
  readonly where?: string;
  readonly program: string;
  readonly argv: readonly string[];
  /** Put before the program: `nsenter …`. */
  readonly prefix?: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The command line is killed (kill -9) when its log shows this. */
  readonly killAt?: RegExp;
}

export interface Stage {
  interruptedBy(): NodeJS.Signals | undefined;
  /** @throws Interrupted when a person ended the demo */
  mustGoOn(): void;
  /** Prints the command line and runs it; its lines come through as they are. Its exit status, null after a kill. */
  run(call: Call): Promise<number | null>;
  /** The same; ends the demo when it fails. */
  mustRun(call: Call): Promise<void>;
}

/** A signal to us is handed on once to the running command line, so that it can undo what it was about. */
export function openStage(): Stage {
  let running: ChildProcess | undefined;
  let interrupted: NodeJS.Signals | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (interrupted === undefined) running?.kill('SIGINT');
      interrupted = signal;
    });
  }
  // A reader that went away (| head) must not leave things behind: go on without a word.
  process.stdout.on('error', () => undefined);
  const mustGoOn = () => {
    if (interrupted !== undefined) throw new Interrupted();
  };
  const run = async (call: Call) => {
    const child = start(call);
    running = child;
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', resolve);
    });
    running = undefined;
    return code;
  };
  return {
    interruptedBy: () => interrupted,
    mustGoOn,
    run,
    mustRun: async (call) => {
      mustGoOn();
      const code = await run(call);
      mustGoOn();
      if (code !== 0) throw new Error(`svcmgr ${call.argv.join(' ')} ended with ${code}`);
    },
  };
}

function start({ where, program, argv, prefix = [], env, killAt }: Call): ChildProcess {
  const words = argv.map((word) => (/\s/.test(word) ? `'${word}'` : word));
  say(bold(`\n${where === undefined ? '' : `${where} `}$ svcmgr ${words.join(' ')}`));
  const [file = program, ...rest] = [...prefix, program, ...argv];
  const stdio = killAt === undefined ? 'inherit' : 'pipe';
  // In a process group of its own: Ctrl-C reaches it through us, once.
  const child = spawn(file, rest, { env, stdio: ['ignore', stdio, stdio], detached: true });
  if (killAt !== undefined) killWhenSeen(child, killAt);
  return child;
}

function killWhenSeen(child: ChildProcess, killAt: RegExp): void {
  let seen = '';
  const forward = (chunk: Buffer) => {
    process.stdout.write(chunk);
    seen += chunk.toString();
    // A little later the command itself runs: it survives, and resume waits for it.
    if (killAt.test(seen)) setTimeout(() => child.kill('SIGKILL'), 300);
  };
  child.stdout?.on('data', forward);
  child.stderr?.on('data', forward);
}

function bold(text: string): string {
  return process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text;
}
