/** The acting half of a context: `change`, `launch`, `signal` and `write`, each recorded before it happens. */
import { maskSecrets, quoteArgv } from '../io/redact.ts';
import { type ActInput, pick } from './context.ts';
import type { Argv, Host, LaunchOptions, ProcessInfo, Reader, Result, RunOptions } from './contract.ts';
import type { HeldChild } from './doors.ts';
import { defaultLimits } from './limits.ts';
import { plainEnv, resultOf, withoutSecrets } from './result.ts';

/** One effect that is about to happen. */
export interface Effect {
  /** The child exists but is held back: this must be durable before it settles. */
  readonly started: (child: HeldChild) => void;
  readonly ended: (exitCode: number, durationMs: number) => void;
}

/** `leaves`: processes may stay on purpose; `launch`: a long-lived process; `other`: no process at all. */
export type EffectKind = 'command' | 'leaves' | 'launch' | 'other';

/** What the engine keeps of a resource's effects: journal, log, the list of a dry-run. */
export interface Effects {
  readonly dryRun: boolean;
  /** Announces an effect: logged, and journaled at once when it is no process (`other`); a process is journaled by `started`. */
  announce(rid: string, text: string, kind: EffectKind): Effect;
  output(rid: string, line: string): void;
  step<V>(rid: string, name: string, s: { done(): Promise<V | undefined>; act(): Promise<V> }): Promise<V>;
}

export function createHost(input: ActInput, reader: Reader): Host {
  return {
    ...reader,
    change: (argv, options) => change(input, argv, options),
    launch: (argv, options) => launch(input, argv, options),
    signal: (name) => signalScope(input, name),
    write: (path, text, mode) => write(input, path, text, mode),
  };
}

async function change(input: ActInput, argv: Argv, options: RunOptions = {}): Promise<Result> {
  input.signal.throwIfAborted();
  const { env, secrets } = plainEnv(options.env);
  const text = maskSecrets(quoteArgv(argv), secrets);
  const effect = announce(input, text, options.leaves === true ? 'leaves' : 'command');
  if (input.effects.dryRun) {
    return { command: text, exitCode: 0, stdout: options.assume ?? '', stderr: '', durationMs: 0, truncated: false };
  }
  const ran = await affecting(input, secrets, () =>
    input.doors.run(argv, {
      ...(options.idleTimeoutMs === undefined ? { timeoutMs: defaultLimits.changeMs } : {}),
      ...pick(options),
      env,
      signal: input.signal,
      beforeExec: effect.started,
      onLine: (stream, line) => {
        if (stream === 'stdout' && options.follow?.(line) === true) return;
        input.effects.output(input.rid, maskSecrets(line, secrets));
      },
      ...(options.leaves === true ? { leaves: true, scope: input.scope } : { dieWithParent: true }),
    }),
  );
  effect.ended(ran.exitCode, ran.durationMs);
  return resultOf(argv, ran, options, { secrets, place: input.place });
}

async function launch(input: ActInput, argv: Argv, options: LaunchOptions = {}): Promise<ProcessInfo> {
  input.signal.throwIfAborted();
  const { env, secrets } = plainEnv(options.env);
  const effect = announce(input, maskSecrets(quoteArgv(argv), secrets), 'launch');
  if (input.effects.dryRun) return { pid: 0, startTicks: 0, command: argv[0] };
  const { user, group, cwd, limits } = options;
  const begun = Date.now();
  const info = await affecting(input, secrets, () =>
    input.doors.launch(argv, {
      scope: input.scope,
      env,
      outputFile: `${input.logFolder}/${input.service}.${input.rid.replace('#', '.')}.out`,
      beforeExec: effect.started,
      signal: input.signal,
      ...Object.fromEntries(Object.entries({ user, group, cwd, limits }).filter(([, value]) => value !== undefined)),
    }),
  );
  effect.ended(0, Date.now() - begun);
  return info;
}

/** A command on another node has no process here: it is journaled before it is sent. */
function announce(input: ActInput, text: string, kind: EffectKind): Effect {
  const { effects, rid, place } = input;
  const where = `${text}${place?.suffix ?? ''}`;
  if (place?.remote !== true) return effects.announce(rid, where, kind);
  return { ...effects.announce(rid, where, 'other'), started: () => undefined };
}

/** What others found out before or during a change may not be true any more. */
async function affecting<V>(input: ActInput, secrets: readonly string[], work: () => Promise<V>): Promise<V> {
  forgetAnswers(input);
  const silent = () => withoutSecrets(secrets, work);
  try {
    return await (input.hold === undefined ? silent() : input.hold(silent));
  } finally {
    forgetAnswers(input);
  }
}

function forgetAnswers({ shared, round, outdates }: ActInput): void {
  shared.forgetAll();
  round?.forgetAll();
  outdates?.forgetAll();
}

async function signalScope(input: ActInput, name: 'TERM' | 'KILL' | 'HUP' | 'INT'): Promise<number> {
  input.signal.throwIfAborted();
  const found = await input.doors.scopeProcesses(input.scope);
  if (found.length === 0) return 0;
  const effect = announce(input, `kill -${name} ${found.map((process) => process.pid).join(' ')}`, 'other');
  if (input.effects.dryRun) return found.length;
  const count = await affecting(input, [], () => input.doors.signalScope(input.scope, name));
  effect.ended(0, 0);
  return count;
}

async function write(input: ActInput, path: string, text: string, mode?: number): Promise<void> {
  input.signal.throwIfAborted();
  const effect = announce(input, `write ${path} (${Buffer.byteLength(text)} bytes)`, 'other');
  if (input.effects.dryRun) return;
  try {
    await affecting(input, [], () => input.doors.writeAtomic(path, text, mode));
  } catch (error) {
    effect.ended(1, 0);
    throw error;
  }
  effect.ended(0, 0);
}
