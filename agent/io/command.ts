/** Everything that can be refused before a child exists: program, folder, account, wrappers, environment. */
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import type { Argv } from '../driver/contract.ts';
import { SvcError } from '../errors.ts';
import { type Account, findAccount, findGroup } from './account.ts';
import { childEnv, requireProgram } from './environment.ts';
import { wrapArgv } from './gate.ts';
import { commandMarker } from './process.ts';
import { quoteArgv } from './redact.ts';
import { type Scopes, scopeEnv } from './scope.ts';

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly user?: string;
  readonly group?: string;
  readonly scope?: string;
  readonly scopes?: Scopes;
  readonly dieWithParent?: boolean;
  readonly beforeExec?: unknown;
  readonly limits?: Readonly<Record<string, string>>;
}

export interface Command {
  /** For messages. */
  readonly text: string;
  /** With the gate and the wrappers around it. */
  readonly wrapped: Argv;
  readonly gated: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly marker: string;
  /** When it runs as another account than the agent. */
  readonly account: Account | undefined;
}

/** Throws UNSUPPORTED, COMMAND or CONFIG when the command cannot possibly run; spawns nothing. */
export async function prepareCommand(argv: Argv, options: CommandOptions): Promise<Command> {
  if (argv.some((word) => word.includes('\0'))) throw new SvcError('CONFIG', `a NUL byte in ${quoteArgv(argv)}`);
  const account = options.user === undefined || options.user === '' ? undefined : await findAccount(options.user);
  const gid = options.group === undefined || options.group === '' ? undefined : await findGroup(options.group);
  const isChange = (account !== undefined && account.uid !== process.getuid?.()) || (gid !== undefined && gid !== process.getgid?.());
  if (isChange && process.getuid?.() !== 0) {
    throw new SvcError('COMMAND', `cannot run ${argv[0]} as ${options.user ?? options.group}: only root may change the account`, {
      hint: 'run as root',
    });
  }
  const person = account === undefined || !isChange ? {} : { HOME: account.home, USER: account.name, LOGNAME: account.name };
  const marked = options.scope === undefined || options.scopes === undefined ? {} : scopeEnv(options.scopes, options.scope);
  const marker = randomBytes(6).toString('hex');
  const env = childEnv({ ...person, ...options.env, ...marked, [commandMarker]: marker });
  const path = env['PATH'] ?? '';
  checkFolder(options.cwd);
  requireProgram(argv[0], path, options.cwd);
  const gated = options.beforeExec !== undefined || options.scope !== undefined || options.dieWithParent === true;
  const changed = isChange ? { account, gid } : { account: undefined, gid: undefined };
  const wrapped = wrapArgv(argv, { path, gated, dieWithParent: options.dieWithParent === true, ...changed, limits: options.limits ?? {} });
  return { text: quoteArgv(argv), wrapped, gated, env, marker, account: changed.account };
}

/** A missing folder and a missing program are the same ENOENT to spawn. */
function checkFolder(cwd: string | undefined): void {
  if (cwd === undefined) return;
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) {
    throw new SvcError('COMMAND', `cannot run in ${cwd}: no such folder`, { facts: { cwd } });
  }
}
