import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';

const root = path.resolve(import.meta.dirname, '../../..');
const mocha = path.join(root, 'node_modules/mocha/lib/cli/cli.js');
const tsx = pathToFileURL(path.join(root, 'node_modules/tsx/dist/loader.mjs')).href;
const reporter = path.join(root, 'test/support/reporter.mjs');
const skip = path.join(root, 'test/support/skip.ts');

/** Runs mocha as a child over one suite file `test/<folder>/suite.mjs` of a temporary project. */
function runSuite(text: string, options: { folder?: string; mustRun?: string; argv?: string[] } = {}) {
  const project = mkdtempSync(path.join(tmpdir(), 'svt-reporter-'));
  try {
    const file = path.join(project, 'test', options.folder ?? 'unit', 'suite.mjs');
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    const argv = ['--import', tsx, mocha, '--no-config', '--no-package', '--reporter', reporter, ...(options.argv ?? []), file];
    const env = { PATH: process.env['PATH'], SVCMGR_MUST_RUN: options.mustRun ?? '' };
    const done = spawnSync(process.execPath, argv, { cwd: project, env, encoding: 'utf8', timeout: 15_000 });
    const lines = done.stdout.trimEnd().split('\n');
    return { code: done.status, lines, last: lines.at(-1), text: done.stdout + done.stderr };
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

describe('test support: reporter', function () {
  this.timeout(30_000);

  it('ends with the counts when green', () => {
    const run = runSuite(`describe('a', () => { it('one', () => {}); it('two', () => {}); it('later'); });`);
    expect(run.last, run.text).to.equal('tests: 2 passed, 0 failed, 1 skipped');
    expect(run.code).to.equal(0);
    expect(run.lines).to.include('  - a: no reason given (1 tests)');
  });

  it('ends with the counts when red, after the failure details', () => {
    const run = runSuite(`describe('a', () => { it('one', () => {}); it('two', () => { throw new Error('deliberate'); }); });`);
    expect(run.last).to.equal('tests: 1 passed, 1 failed, 0 skipped');
    expect(run.code).to.equal(1);
    expect(run.text).to.match(/Error: deliberate/);
  });

  it('ends with the line, one failure and a non-zero status when a file does not load', () => {
    const run = runSuite(`import './no-such-file.mjs';`);
    expect(run.last, run.text).to.equal('tests: 0 passed, 1 failed, 0 skipped');
    expect(run.code).to.equal(1);
  });

  it('turns red when something ends the process with status 0', () => {
    for (const where of ['process.exit(0);', `it('one', () => {}); it('two', () => process.exit(0));`]) {
      const run = runSuite(where);
      expect(run.last, run.text).to.match(/^tests: [01] passed, 1 failed, 0 skipped$/);
      expect(run.code).to.equal(1);
    }
  });

  it('turns red when a test fails after its end', () => {
    const late = `it('one', () => { setTimeout(() => Promise.reject(new Error('late')), 20); }); it('two', (done) => setTimeout(done, 200));`;
    const run = runSuite(late);
    expect(run.last, run.text).to.match(/^tests: \d passed, [1-9] failed, 0 skipped$/);
    expect(run.code).not.to.equal(0);
  });

  it('turns red when there is no test', () => {
    const run = runSuite('', { argv: ['--fail-zero'] });
    expect(run.last, run.text).to.equal('tests: 0 passed, 1 failed, 0 skipped');
    expect(run.code).not.to.equal(0);
  });

  it('lists skipped suites with the recorded reason, from a hook, a whole suite and a title', () => {
    const run = runSuite(`
      import { describeUnless, skipSuite } from ${JSON.stringify(skip)};
      describe('hooked', () => { before(function () { skipSuite(this, 'no array here'); }); it('one', () => {}); it('two', () => {}); });
      describeUnless('needs root', 'whole', () => { throw new Error('the body must not run'); });
      describeUnless(undefined, 'present', () => { it('one', () => {}); });
      describe('titled', () => { it.skip('one [skipped: no kernel module]', () => {}); });
      describe('single', () => { it('one', function () { skipSuite(this, 'no cgroup'); }); it('two', () => {}); });
    `);
    expect(run.last, run.text).to.equal('tests: 2 passed, 0 failed, 5 skipped');
    expect(run.lines).to.include('  - hooked: no array here (2 tests)');
    expect(run.lines).to.include('  - whole: needs root (1 tests)');
    expect(run.lines).to.include('  - titled: no kernel module (1 tests)');
    expect(run.lines).to.include('  - single: no cgroup (1 tests)');
  });

  const half = `describe('disks', () => { it('one', () => {}); it.skip('two', () => {}); });`;

  it('fails a skipped suite that must run, by folder and by title', () => {
    for (const mustRun of ['real', 'disks', 'unit, real']) {
      const run = runSuite(half, { folder: 'real/fs', mustRun });
      expect(run.code, run.text).to.be.greaterThan(0);
      expect(run.last).to.match(/^tests: 1 passed, [12] failed, 1 skipped$/);
    }
    const run = runSuite(half, { folder: 'real/fs', mustRun: 'real/fs' });
    expect(run.lines).to.include('FAILED: real/fs must run, but 1 of its tests were skipped');
  });

  it('fails when nothing of a suite that must run was there, and not when it ran', () => {
    const gone = runSuite(`describe('disks', () => { it('one', () => {}); });`, { mustRun: 'contract' });
    expect(gone.lines).to.include('FAILED: contract must run, but no test of it ran');
    expect(gone.code).to.equal(1);
    const ran = runSuite(`describe('disks', () => { it('one', () => {}); });`, { mustRun: 'unit,disks' });
    expect(ran.last, ran.text).to.equal('tests: 1 passed, 0 failed, 0 skipped');
    expect(ran.code).to.equal(0);
  });
});
