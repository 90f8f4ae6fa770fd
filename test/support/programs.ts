/** Tiny programs that misbehave in one way each; what they do stands in their second line. */
import path from 'node:path';

export type Program = 'fail' | 'flood' | 'hang' | 'leave' | 'notify-socket' | 'serve' | 'slow';

/** The path of a program in test/support/programs. */
export function program(name: Program): string {
  return path.join(import.meta.dirname, 'programs', name);
}
