/**
 * Tells systemd how the daemon is (sd_notify(3)): ready, alive, stopping. Node has no unix datagrams, so systemd's own tool sends
 * them; where NOTIFY_SOCKET is set by systemd the tool is installed (same Debian package), and it sends in the name of its parent.
 */
import { spawn } from 'node:child_process';
import { childEnv } from './environment.ts';

export interface Notifier {
  /** `READY=1`, `STATUS=…`; settles when it was sent, also when it could not be. */
  tell(...words: readonly string[]): Promise<void>;
  /** How often systemd wants to hear that we live, ms; undefined: it does not watch. */
  readonly watchdogMs: number | undefined;
}

type Env = Readonly<Record<string, string | undefined>>;

/** @param onFault told once when it cannot be sent */
export function createNotifier(env: Env, onFault: (text: string) => void): Notifier {
  const socket = env['NOTIFY_SOCKET'];
  if (socket === undefined || socket === '') return { tell: async () => undefined, watchdogMs: undefined };
  const usec = Number(env['WATCHDOG_USEC'] ?? '0');
  let told = false;
  const fault = (text: string): void => {
    if (!told) onFault(`systemd is not told: ${text}`);
    told = true;
  };
  return {
    tell: (...words) => send(socket, words, fault),
    watchdogMs: usec > 0 ? usec / 1000 : undefined,
  };
}

const sendMs = 5000;

function send(socket: string, words: readonly string[], fault: (text: string) => void): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn('systemd-notify', [...words], {
      stdio: 'ignore',
      env: { ...childEnv(), NOTIFY_SOCKET: socket },
      cwd: '/',
      timeout: sendMs,
    });
    child.once('error', (error) => {
      fault(error.message);
      resolve();
    });
    child.once('exit', (code, signal) => {
      if (code !== 0) fault(`systemd-notify ended with ${code ?? signal}`);
      resolve();
    });
  });
}
