/** A process whose clock can be set: prints a line for each minute beat, and for each trouble. Sets the clock by lines on stdin. */
import { createInterface } from 'node:readline';

const RealDate = Date;
let offsetMs = 0;

class SetDate extends RealDate {
  constructor(...given: [] | [string | number | Date]) {
    if (given.length === 0) super(RealDate.now() + offsetMs);
    else super(given[0]);
  }
  static override now(): number {
    return RealDate.now() + offsetMs;
  }
}
globalThis.Date = SetDate as DateConstructor;

const { startBeat } = await import('../../agent/io/beat.ts');
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const beat = startBeat(() => say(`beat ${new Date().toISOString()}`), { onTrouble: (text) => say(`trouble ${text}`) });
say('ready');
// The beat alone keeps no process alive.
const alive = setInterval(() => undefined, 1000);
createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'stop') {
    beat.stop();
    clearInterval(alive);
    process.stdin.destroy();
    return;
  }
  offsetMs = RealDate.parse(line) - RealDate.now();
  say(`set ${line}`);
});
