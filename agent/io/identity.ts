/** Who asks: for the journal, the history and the owner text of locks (spec/cli.md "Safety" 6). */
import { readlinkSync } from 'node:fs';
import { userInfo } from 'node:os';

export interface Who {
  readonly user: string;
  /** Who became `user` through sudo. */
  readonly sudoUser?: string;
  /** Address of the ssh client. */
  readonly ssh?: string;
  readonly tty?: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The person behind this process, from the account, SUDO_USER, SSH_CONNECTION (or SSH_CLIENT) and the terminal. */
export function findWho(env: Env, look: { user?: () => string; tty?: () => string | undefined } = {}): Who {
  const user = (look.user ?? accountName)();
  const sudoUser = clean(env['SUDO_USER']);
  const ssh = clean((env['SSH_CONNECTION'] ?? env['SSH_CLIENT'])?.split(' ')[0]);
  const tty = (look.tty ?? terminal)();
  return {
    user,
    ...(sudoUser === undefined || sudoUser === user ? {} : { sudoUser }),
    ...(ssh === undefined ? {} : { ssh }),
    ...(tty === undefined ? {} : { tty }),
  };
}

/** "alice as root from 10.0.0.1 on pts/3" */
export function describeWho(who: Who): string {
  const name = who.sudoUser === undefined ? who.user : `${who.sudoUser} as ${who.user}`;
  return `${name}${who.ssh === undefined ? '' : ` from ${who.ssh}`}${who.tty === undefined ? '' : ` on ${who.tty}`}`;
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`; // an account without a passwd entry
  }
}

function terminal(): string | undefined {
  for (const fd of [0, 1, 2]) {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      if (/^\/dev\/(pts\/|tty|console)/.test(target)) return target.slice('/dev/'.length);
    } catch {
      // a closed descriptor is no terminal
    }
  }
  return undefined;
}

/** Values come from the caller's environment: kept short and printable. */
function clean(text: string | undefined): string | undefined {
  return text?.replace(/[^\x21-\x7e]/g, '').slice(0, 64) || undefined;
}
