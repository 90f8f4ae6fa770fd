/** Runs a tool of the test's own set-up; the code under test never goes through here. */
import { execFileSync } from 'node:child_process';

/** Stdout of a command that must succeed; throws with its stderr otherwise. Never waits longer than 30 s. */
export function must(...argv: readonly [string, ...string[]]): string {
  const [file, ...rest] = argv;
  try {
    return execFileSync(file, rest, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 });
  } catch (thrown) {
    const stderr = thrown instanceof Error && 'stderr' in thrown ? String(thrown.stderr).trim() : String(thrown);
    throw new Error(`${argv.join(' ')}: ${stderr}`, { cause: thrown });
  }
}

/** The same for tidying up: true when it succeeded, never throws. */
export function tryTo(...argv: readonly [string, ...string[]]): boolean {
  try {
    must(...argv);
    return true;
  } catch {
    return false;
  }
}
