/** An error as machines read it. */
import type { SvcError } from '../errors.ts';

export function errorData(error: SvcError): Readonly<Record<string, unknown>> {
  return { code: error.code, message: error.message, hint: error.hint ?? null, facts: error.facts };
}
