/** Commands of the lab on the machine itself: awaited, with a limit, so that the test process goes on serving its nodes. */
import { execFile } from 'node:child_process';

export interface HostOptions {
  readonly cwd?: string;
  /** Default 30 s. */
  readonly timeoutMs?: number;
}

/** Stdout of a command that must succeed. */
export function runHost(argv: readonly string[], options: HostOptions = {}): Promise<string> {
  const [file = '', ...rest] = argv;
  const env = { ...process.env, LC_ALL: 'C.UTF-8', PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
  const limits = { timeout: options.timeoutMs ?? 30_000, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 * 1024 } as const;
  return new Promise((resolve, reject) => {
    const cwd = options.cwd === undefined ? {} : { cwd: options.cwd };
    execFile(file, rest, { ...cwd, ...limits, env, encoding: 'utf8' }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${argv.join(' ')}: ${stderr.trim() || error.message}`, { cause: error }));
    });
  });
}

/** The same; undefined when it failed. */
export async function attempt(argv: readonly string[], options: HostOptions = {}): Promise<string | undefined> {
  try {
    return await runHost(argv, options);
  } catch {
    return undefined;
  }
}
