/**
 * Mocha reporter: the spec reporter, then the skipped suites with their reasons, then always as last line
 * `tests: P passed, F failed, K skipped`, also when a file does not load or the process ends early.
 *
 * SVCMGR_MUST_RUN=unit,real names suites (top-level titles, or folders below test/) that may not skip: a skipped test
 * in one of them, or a named suite of which no test ran, fails the run.
 */
import { writeSync } from 'node:fs';
import path from 'node:path';
import mocha from 'mocha';

const reasonKey = Symbol.for('svcmgr.skipReason');

/** What the run came to so far; the exit handler below exists before any test file is loaded. */
const tally = { passed: 0, failed: 0, skipped: 0, ended: false };

function printTally() {
  tally.ended = true;
  writeSync(1, `tests: ${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped\n`);
}

process.once('exit', (code) => {
  if (tally.ended) return;
  tally.failed = Math.max(1, tally.failed);
  process.exitCode = code === 0 ? 1 : code;
  writeSync(1, 'the run did not reach its end: a file did not load, or something ended the process\n');
  printTally();
});

// Mocha 12 hands a rejection nobody awaited to other listeners only, and without one it is lost: make it an uncaught error,
// which fails the test that is running.
process.on('unhandledRejection', (reason) => {
  throw reason;
});

/** The suites of a test, outermost first, without the unnamed root. */
function suitesOf(test) {
  const suites = [];
  for (let suite = test.parent; suite && !suite.root; suite = suite.parent) suites.unshift(suite);
  return suites;
}

function reasonOf(test) {
  const holder = [test, ...suitesOf(test).reverse()].find((one) => one[reasonKey] !== undefined);
  if (holder) return holder[reasonKey];
  return /\[skipped: (.+)\]$/.exec(test.title)?.[1] ?? 'no reason given';
}

/** Names by which SVCMGR_MUST_RUN may mean a test: its top-level title and every folder below test/ that holds it. */
function namesOf(test) {
  const names = new Set([suitesOf(test)[0]?.title ?? test.title]);
  const parts = test.file ? path.relative(path.resolve('test'), test.file).split(path.sep) : [];
  for (let depth = 1; depth <= parts.length; depth++) names.add(parts.slice(0, depth).join('/'));
  return names;
}

/** `title (reason)` -> number of skipped tests. */
function skippedSuites(tests) {
  const counts = new Map();
  for (const test of tests) {
    const title = suitesOf(test).map((suite) => suite.title).join(' > ') || test.title;
    const line = `${title}: ${reasonOf(test)}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return counts;
}

/** One sentence for each suite that had to run and did not. */
function brokenPromises(mustRun, ran, skipped) {
  return mustRun.flatMap((name) => {
    const missed = skipped.filter((test) => namesOf(test).has(name)).length;
    if (missed > 0) return [`${name} must run, but ${missed} of its tests were skipped`];
    return ran.some((test) => namesOf(test).has(name)) ? [] : [`${name} must run, but no test of it ran`];
  });
}

export default class Reporter extends mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    this.ran = [];
    this.skipped = [];
    runner.on('pass', (test) => this.ran.push(test));
    runner.on('fail', (test) => this.ran.push(test));
    runner.on('pending', (test) => this.skipped.push(test));
    runner.on('pass', () => tally.passed++);
    runner.on('fail', () => tally.failed++);
    runner.on('pending', () => tally.skipped++);
  }

  /** Called by mocha after the end of the run and of the spec reporter's own epilogue. */
  done(failures, finish) {
    const mustRun = (process.env.SVCMGR_MUST_RUN ?? '').split(',').map((name) => name.trim()).filter(Boolean);
    const broken = brokenPromises(mustRun, this.ran, this.skipped);
    const lines = [...skippedSuites(this.skipped)].map(([line, count]) => `  - ${line} (${count} tests)`);
    if (lines.length > 0) console.log(`skipped:\n${lines.join('\n')}`);
    for (const text of broken) console.log(`FAILED: ${text}`);
    // Larger than the count of failed tests when there was no test at all (fail-zero).
    tally.failed = Math.max(tally.failed, failures) + broken.length;
    printTally();
    finish?.(failures + broken.length);
  }
}
