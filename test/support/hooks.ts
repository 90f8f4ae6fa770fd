/** Around every run of mocha: removes what crashed earlier runs left, and fails the run when it leaves something itself. */
import { findLeftovers, isAlive, removeLeftovers } from './leftovers.ts';

export function mochaGlobalSetup(): void {
  const stuck = removeLeftovers(findLeftovers((pid) => !isAlive(pid)));
  for (const { kind, name } of stuck) console.warn(`left by an earlier test run, and it would not go: ${kind} ${name}`);
}

export function mochaGlobalTeardown(): void {
  const left = findLeftovers((pid) => pid === process.pid);
  removeLeftovers(left);
  if (left.length > 0) throw new Error(`tests left behind: ${left.map(({ kind, name }) => `${kind} ${name}`).join(', ')}`);
}
