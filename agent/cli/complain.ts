/** The one form of every error a person sees on stderr: what happened, then what to do next. */
import { errorKinds, SvcError } from '../errors.ts';
import { printableLines } from './render/width.ts';

/** Ends with a newline. A stack, with those of its causes, only when asked for (`--debug`). */
export function complaint(error: SvcError, debug = false): string {
  const lines = [`svcmgr: ${error.message}`, ...(hintOf(error)?.split('\n') ?? []).map((line) => `  ${line}`)];
  return `${printableLines([...lines, ...(debug ? stacks(error) : [])].join('\n'))}\n`;
}

/** Exit status of a call that ended with this error. */
export function exitOf(error: SvcError): number {
  return errorKinds[error.code].exit;
}

/** A defect has no hint of its own: whoever meets it needs to know what to send, and that looking is safe. */
function hintOf(error: SvcError): string | undefined {
  if (error.hint !== undefined || error.code !== 'BUG') return error.hint;
  return 'this is a defect of svcmgr; the same call with --debug shows where, print status shows how things are';
}

function stacks(error: SvcError): readonly string[] {
  const lines: string[] = [];
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    const code = one instanceof SvcError ? `${one.code} ` : '';
    lines.push(`${lines.length === 0 ? '' : 'caused by '}${code}${one.stack ?? one.message}`);
  }
  return lines;
}
