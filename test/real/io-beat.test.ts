import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const child = fileURLToPath(new URL('beat-child.ts', import.meta.url));

describe('real: the minute beat', () => {
  let beating: ChildProcessByStdio<Writable, Readable, null>;
  let text = '';
  let errors = '';

  beforeEach('begin', async () => {
    text = '';
    errors = '';
    const started = spawn(process.execPath, ['--import', 'tsx', child], { stdio: ['pipe', 'pipe', 'pipe'] });
    started.stdout.on('data', (part) => {
      text += String(part);
    });
    started.stderr.on('data', (part) => {
      errors += String(part);
    });
    beating = started as unknown as typeof beating;
    await until(() => text.includes('ready'));
  });
  afterEach('end', () => void beating.kill('SIGKILL'));

  async function until(isSo: () => boolean): Promise<void> {
    const endsAt = performance.now() + 30_000;
    while (!isSo()) {
      if (performance.now() > endsAt) throw new Error(`it did not come:\n${text}${errors}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  const set = (time: string): void => void beating.stdin.write(`${time}\n`);
  const beats = (): readonly string[] => text.split('\n').filter((line) => line.startsWith('beat '));

  it('comes at each minute, at once when the clock was set, and goes on from there', async function () {
    this.timeout(60_000);
    set('2026-11-25T11:59:58.500Z');
    await until(() => beats().some((line) => line.startsWith('beat 2026-11-25T12:00:0')));
    // An hour back: node-cron alone would wait for 12:01 of that clock.
    set('2026-11-25T10:59:58.500Z');
    await until(() => beats().some((line) => line.startsWith('beat 2026-11-25T10:59:5')));
    await until(() => beats().some((line) => line.startsWith('beat 2026-11-25T11:00:0')));
    // Ten days ahead: node-cron alone would count every minute between.
    set('2026-12-05T10:00:58.500Z');
    await until(() => beats().some((line) => line.startsWith('beat 2026-12-05T10:01:0')));
    expect(beats().length, text).to.be.at.most(8);
    expect(text).not.to.include('trouble');
    expect(errors, 'node-cron writes nothing itself').to.equal('');
  });

  it('ends with stop, and leaves nothing that keeps the process alive', async () => {
    const ended = new Promise((resolve) => beating.on('exit', resolve));
    beating.stdin.write('stop\n');
    expect(await ended).to.equal(0);
  });
});
