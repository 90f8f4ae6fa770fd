/**
 * Two agents against each other: hundreds of random steps on real nodes, an observer of the mount table all the time.
 * `npm run test:two-nodes -- [SEED] [STEPS] [LOCK]`; without a seed a new one is drawn and printed. With the name of a lock file it
 * walks a few steps at a time under flock(1), so that other heavy work of the machine gets its turn in between.
 */
import { findLeftovers, isAlive, removeLeftovers } from '../support/leftovers.ts';
import { makePair } from '../support/pair.ts';
import { walkPair } from '../support/pair-walk.ts';
import { type Turn, turnOn } from '../support/turn.ts';

const stepsATurn = 25;

const [seedText, stepsText, lockFile] = process.argv.slice(2);
const seed = Number(seedText ?? Math.floor(Math.random() * 1_000_000));
const steps = Number(stepsText ?? 200);
const begun = Date.now();
let turn: Turn | undefined;

async function nextTurn(step: number): Promise<void> {
  if (lockFile === undefined || step % stepsATurn !== 0) return;
  turn?.release();
  turn = await turnOn(lockFile);
}

removeLeftovers(findLeftovers((pid) => !isAlive(pid)));
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    removeLeftovers(findLeftovers((pid) => pid === process.pid));
    process.exit(130);
  });
}

console.log(`seed ${seed}, ${steps} steps`);
await nextTurn(0);
const pair = await makePair();
try {
  await walkPair(pair, { seed, steps, log: (line) => console.log(line), afterStep: nextTurn });
  console.log(`two-nodes: ${steps} steps in ${Math.round((Date.now() - begun) / 1000)} s, never mounted on both`);
} catch (error) {
  console.error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await pair.remove();
  turn?.release();
}
