/**
 * Two agents against each other: hundreds of random steps on real nodes, an observer of the mount table all the time.
 * `npm run test:two-nodes -- [SEED] [STEPS]`; without a seed a new one is drawn and printed.
 */
import { makePair } from '../support/pair.ts';
import { walkPair } from '../support/pair-walk.ts';

const [seedText, stepsText] = process.argv.slice(2);
const seed = Number(seedText ?? Math.floor(Math.random() * 1_000_000));
const steps = Number(stepsText ?? 200);
const begun = Date.now();
console.log(`seed ${seed}, ${steps} steps`);
const pair = await makePair();
try {
  await walkPair(pair, { seed, steps, log: (line) => console.log(line) });
  console.log(`two-nodes: ${steps} steps in ${Math.round((Date.now() - begun) / 1000)} s, never mounted on both`);
} catch (error) {
  console.error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await pair.remove();
}
