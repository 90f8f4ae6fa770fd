/** What kind of error was caught. By its shape, not its class: a driver and the engine may have been loaded as two copies. */
import { type ErrorCode, errorKinds } from '../../agent/errors.ts';

/** The code of an svcmgr error; undefined for anything else that was thrown. */
export function codeOf(error: unknown): ErrorCode | undefined {
  const code = error instanceof Error && 'code' in error && 'facts' in error ? error.code : undefined;
  return typeof code === 'string' && isErrorCode(code) ? code : undefined;
}

/** The exit code of the tool behind a COMMAND error; undefined when no tool had failed (its output was not understood). */
export function exitCodeOf(error: unknown): number | undefined {
  if (codeOf(error) !== 'COMMAND' || !(error instanceof Error) || !('facts' in error)) return undefined;
  const exitCode = (error.facts as Readonly<Record<string, unknown>>)['exitCode'];
  return typeof exitCode === 'number' ? exitCode : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorKinds, code);
}

/** A fact of an svcmgr error: plain data of whoever threw it. */
export function factOf(error: unknown, name: string): unknown {
  return codeOf(error) === undefined ? undefined : ((error as { facts: Readonly<Record<string, unknown>> }).facts[name] ?? undefined);
}
