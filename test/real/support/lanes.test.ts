import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';

const root = path.resolve(import.meta.dirname, '../../..');
const lanes = path.join(root, 'test/support/lanes.mjs');
const settings = {
  extension: ['test.ts'],
  recursive: true,
  'node-option': [`import=${pathToFileURL(path.join(root, 'node_modules/tsx/dist/loader.mjs')).href}`],
  reporter: path.join(root, 'test/support/reporter.mjs'),
};

/** Runs both lanes over a temporary project: a file of the first, and one of the second. */
function runLanes(first: string, second: string, mustRun = '') {
  const project = mkdtempSync(path.join(tmpdir(), 'svt-lanes-'));
  try {
    for (const folder of ['unit', 'real']) mkdirSync(path.join(project, 'test', folder), { recursive: true });
    writeFileSync(path.join(project, '.mocharc.json'), JSON.stringify(settings));
    writeFileSync(path.join(project, 'test/unit/a.test.ts'), first);
    writeFileSync(path.join(project, 'test/real/crash-b.test.ts'), second);
    const env = { PATH: process.env['PATH'], SVCMGR_MUST_RUN: mustRun };
    const { status, stdout, stderr } = spawnSync(process.execPath, [lanes], { cwd: project, env, encoding: 'utf8', timeout: 60_000 });
    return { code: status, lines: stdout.trimEnd().split('\n'), last: stdout.trimEnd().split('\n').at(-1), text: stdout + stderr };
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

const green = `describe('a', () => { it('one', () => {}); it('later'); });`;
const red = `describe('b', () => { it('two', () => { throw new Error('deliberate'); }); });`;

describe('test support: lanes', function () {
  this.timeout(120_000);

  it('end with the sum of both, once', () => {
    const run = runLanes(green, green);
    expect([run.code, run.last], run.text).to.deep.equal([0, 'tests: 2 passed, 0 failed, 2 skipped']);
    expect(run.lines.filter((line) => line.startsWith('tests: '))).to.have.length(1);
  });

  it('are red when either is, with what it said', () => {
    for (const [first, second] of [
      [green, red],
      [red, green],
    ] as const) {
      const run = runLanes(first, second);
      expect([run.code, run.last], run.text).to.deep.equal([1, 'tests: 1 passed, 1 failed, 1 skipped']);
      expect(run.text).to.include('Error: deliberate');
    }
  });

  it('are red when one ends without a word', () => {
    const run = runLanes(green, `process.kill(process.pid, 'SIGKILL');`);
    expect([run.code, run.last], run.text).to.deep.equal([1, 'tests: 1 passed, 1 failed, 1 skipped']);
  });

  it('keep what must run: a skipped test of the second lane is told by it', () => {
    const run = runLanes(green.replace(`it('later');`, ''), green, 'unit,real');
    expect(run.code).not.to.equal(0);
    expect(run.lines).to.include('FAILED: real must run, but 1 of its tests were skipped');
  });
});
