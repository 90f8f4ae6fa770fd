/**
 * `npm test`: the tests in two lanes side by side, each a mocha of its own, because most of them wait most of the time. They share
 * the machine as two runs beside each other do: whatever they make carries the number of its process (test/README.md "Cleaning up").
 * The last line is the sum. With words after `npm test --`, one mocha with those words.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';

const mocha = path.resolve(import.meta.dirname, '../../node_modules/mocha/bin/mocha.js');

/** About half of the time is theirs: the laboratory, agents that are killed, nodes, containers. */
const secondLane = ['test/lab/*.test.ts', 'test/real/{crash,demo,lxc,relocate,rsync,two-nodes}*.test.ts'];

/** Suites that must run are told to the lane they are in; a title that is no folder to the first. */
function mustRunOf(lane) {
  const names = (process.env.SVCMGR_MUST_RUN ?? '').split(',').filter((name) => name !== '');
  return names.filter((name) => (lane === 1 ? name !== 'lab' : name === 'lab' || name === 'real')).join(',');
}

/** @param onText gets what it prints, as it comes */
function start(lane, words, onText) {
  const child = spawn(process.execPath, [mocha, ...words], {
    env: { ...process.env, SVCMGR_MUST_RUN: mustRunOf(lane) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', onText);
  return new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)));
}

const tallyLine = /^tests: (\d+) passed, (\d+) failed, (\d+) skipped\n?$/m;

/** What a lane has printed but its last line, which is taken away and counted. */
function takeTally(text, sums) {
  const found = tallyLine.exec(text);
  // A lane that says nothing at its end has failed, whatever it exits with.
  const counts = found === null ? [0, 1, 0] : found.slice(1).map(Number);
  for (const [at, count] of counts.entries()) sums[at] += count;
  return found === null ? text : text.replace(tallyLine, '');
}

function runOne(words) {
  spawn(process.execPath, [mocha, ...words], { stdio: 'inherit' }).once('close', (code) => process.exit(code ?? 1));
}

async function runBoth() {
  // Ctrl-C reaches both lanes by itself; we stay to print what they came to.
  process.on('SIGINT', () => undefined);
  const lines = { held: '' };
  let other = '';
  const first = start(1, secondLane.flatMap((files) => ['--ignore', files]), (text) => {
    const all = lines.held + text;
    const end = all.lastIndexOf('\n', all.length - 2) + 1;
    process.stdout.write(all.slice(0, end));
    lines.held = all.slice(end);
  });
  const second = start(2, secondLane, (text) => (other += text));
  const sums = [0, 0, 0];
  const codes = [await first];
  process.stdout.write(takeTally(lines.held, sums));
  process.stdout.write('\nthe second lane: laboratory, crashes, demos, containers, nodes\n');
  codes.push(await second);
  process.stdout.write(takeTally(other, sums));
  process.stdout.write(`tests: ${sums[0]} passed, ${sums[1]} failed, ${sums[2]} skipped\n`);
  process.exitCode = codes.every((code) => code === 0) ? 0 : Math.max(1, Math.min(255, sums[1]));
}

const words = process.argv.slice(2);
if (words.length > 0) runOne(words);
else await runBoth();
