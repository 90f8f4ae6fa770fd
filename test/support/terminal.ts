/** A real terminal of 80x24 with a shell in it, read and typed into through tmux. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { svcmgr } from './cli.ts';
import { eventually } from './eventually.ts';
import type { Home } from './home.ts';

export interface Terminal {
  /** A shell whose prompt is `ready$ `; `$svcmgr` is the command line of this home. */
  open(home: Home): Promise<void>;
  /** Its 24 lines. */
  screen(): readonly string[];
  /** Names of keys, or texts. */
  type(...keys: readonly string[]): void;
  /** Until the screen is so; fails with what is on it. */
  until(what: string, isSo: (lines: readonly string[]) => boolean): Promise<readonly string[]>;
  tmux(...argv: readonly string[]): string;
  /** Pid of the one program that the shell waits for. */
  program(): number;
  /** The terminal is gone, and whoever is on it gets HUP. */
  hangUp(): void;
}

const limitMs = 30_000;

/** Inside `describe`: closed after each test. Call before `useHome`. */
export function useTerminal(): Terminal {
  let socket = '';
  const tmux = (...argv: readonly string[]): string =>
    execFileSync('tmux', ['-S', socket, '-f', '/dev/null', ...argv], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const close = (): void => {
    try {
      tmux('kill-server');
    } catch {
      // It ended by itself.
    }
  };
  afterEach('end the terminal', close);
  const screen = (): readonly string[] => tmux('capture-pane', '-p').split('\n').slice(0, 24);
  const until: Terminal['until'] = async (what, isSo) => {
    let lines = screen();
    const comes = eventually(() => {
      lines = screen();
      return isSo(lines);
    }, limitMs);
    await comes.catch(() => {
      throw new Error(`${what} did not come:\n${lines.join('\n')}`);
    });
    return lines;
  };
  return {
    open: async (home) => {
      socket = home.path('tmux.sock');
      tmux('new-session', '-d', '-x', '80', '-y', '24', `env SVCMGR_HOME=${home.folder} svcmgr=${svcmgr} PS1='ready$ ' sh`);
      await until('the prompt', (lines) => lines[0]?.startsWith('ready$') === true);
    },
    screen,
    type: (...keys) => void tmux('send-keys', ...keys),
    until,
    tmux,
    program: () => {
      const shell = tmux('display-message', '-p', '#{pane_pid}').trim();
      const [pid, other] = readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8').trim().split(' ').map(Number);
      if (pid === undefined || other !== undefined) throw new Error('the shell waits for no one program');
      return pid;
    },
    hangUp: close,
  };
}
