/** Globs over names, by picomatch: the one file that imports it. */
import picomatch from 'picomatch';

/** A test for a glob: `*`, `?`, `[ab]`, `{a,b}`. Names with a leading dot match too; `!`, `+(…)` and the like are no glob here. */
export function globTest(pattern: string): (name: string) => boolean {
  return picomatch(pattern, { dot: true, nonegate: true, noextglob: true });
}
