/** Replication copies real bytes, and what hosts may not write they cannot write: loop devices, filesystems on them, and the checker. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { must, tryTo } from '../../support/command.ts';
import { describeUnless, missing } from '../../support/skip.ts';
import { documentPair, type GroupConfig } from './config.ts';
import type { Controls } from './controls.ts';
import { makeStage, removeStage, type Stage } from './use.ts';

const [one, two] = ['hp3par1.opensvc.com', 'hp3par2.opensvc.com'] as const;
const volume = 'VV_SVC1_ROOT';

/** What a host does with the volume: through its device, flushed to the array. */
function write(controls: Controls, array: string, text: string, at = 0): void {
  const device = openSync(controls.volume(array, volume).path, 'r+');
  try {
    writeSync(device, text, at);
    fsyncSync(device);
  } finally {
    closeSync(device);
  }
}

function read(controls: Controls, array: string, length: number, at = 0): string {
  const device = openSync(controls.volume(array, volume).path, 'r');
  try {
    const bytes = Buffer.alloc(length);
    readSync(device, bytes, 0, length, at);
    return bytes.toString().replace(/\0/g, '.');
  } finally {
    closeSync(device);
  }
}

async function withArrays(group: Partial<GroupConfig>, act: (stage: Stage) => Promise<void> | void): Promise<void> {
  const stage = await makeStage((user) => {
    const pair = documentPair(user, 8);
    return { ...pair, groups: pair.groups.map((one) => ({ ...one, ...group })), devices: true };
  });
  try {
    await act(stage);
    expect(stage.sim.controls.violations()).to.deep.equal([]);
  } finally {
    await removeStage(stage);
  }
}

async function run(controls: Controls, array: string, ...lines: readonly string[]): Promise<void> {
  for (const line of lines) expect(await controls.run(array, line), line).to.deep.include({ exit: 0 });
}

const periodic: Partial<GroupConfig> = {};
const sync: Partial<GroupConfig> = { mode: 'Sync', periodMs: 0 };
const needs = { root: true, tools: ['losetup', 'blockdev'], files: ['/dev/loop-control'] };

describeUnless(missing(needs), 'hp3par simulator: bytes', () => {
  it('a secondary can be read and not written', () =>
    withArrays(periodic, ({ sim: { controls } }) => {
      const { path: device } = controls.volume(two, volume);
      expect(must('blockdev', '--getro', device).trim()).to.equal('1');
      expect(() => write(controls, two, 'x')).to.throw(/EPERM|EACCES|EROFS|EBADF|EIO/);
      // Another who sets it writable again gains nothing: the loop driver itself refuses.
      tryTo('blockdev', '--setrw', device);
      expect(() => write(controls, two, 'x')).to.throw(/EIO|EPERM|EACCES/);
      expect(read(controls, two, 1)).to.equal('.');
    }));

  it('periodic: the other side has what was written before the last synchronization, and nothing since', () =>
    withArrays(periodic, async ({ sim: { controls } }) => {
      write(controls, one, 'first');
      await run(controls, one, 'syncrcopy -w MYRCG');
      write(controls, one, 'after');
      expect(read(controls, two, 5)).to.equal('first');
      controls.elapse(302_000);
      expect(read(controls, two, 5)).to.equal('after');
      write(controls, one, 'gone!');
      await controls.kill(one);
      expect(existsSync(controls.volume(one, volume).path)).to.equal(false);
      await run(controls, two, 'setrcopygroup failover -f -waittask MYRCG.r12345');
      expect(read(controls, two, 5)).to.equal('after');
      write(controls, two, 'newer');
      await controls.revive(one);
      expect(() => write(controls, one, 'older')).to.throw(/EPERM|EACCES|EROFS/);
      await run(controls, two, 'setrcopygroup recover -f -waittask MYRCG.r12345');
      controls.elapse(10_000);
      expect(read(controls, one, 5)).to.equal('newer');
      await run(controls, two, 'setrcopygroup restore -f -waittask MYRCG.r12345');
      write(controls, one, 'home!');
      expect(() => write(controls, two, 'x')).to.throw();
    }));

  it('periodic: what a synchronization copies is what there was when it began, all of it or nothing', () =>
    withArrays(periodic, async ({ sim: { controls } }) => {
      write(controls, one, 'begin');
      await run(controls, one, 'syncrcopy MYRCG');
      write(controls, one, 'later');
      controls.elapse(1000);
      expect(read(controls, two, 5)).to.equal('.....');
      controls.elapse(1000);
      expect(read(controls, two, 5)).to.equal('begin');
      await run(controls, one, 'syncrcopy MYRCG');
      controls.elapse(1000);
      controls.links(one, two, false);
      controls.elapse(20_000);
      await run(controls, two, 'setrcopygroup failover -f -waittask MYRCG.r12345');
      expect(read(controls, two, 5)).to.equal('begin');
    }));

  it('synchronous: every write is on both sides, up to the moment at which the links go', () =>
    withArrays(sync, async ({ sim: { controls } }) => {
      for (const text of ['one', 'two', 'xyz']) {
        write(controls, one, text);
        expect(read(controls, two, 3)).to.equal(text);
      }
      write(controls, one, 'end');
      controls.links(one, two, false);
      write(controls, one, 'off');
      controls.elapse(20_000);
      await run(controls, two, 'setrcopygroup failover -f -waittask MYRCG.r12345');
      expect(read(controls, two, 3)).to.equal('end');
      expect(read(controls, one, 3)).to.equal('off');
    }));

  it('reverse: what was written behind the stop is lost when the other direction starts', () =>
    withArrays(periodic, async ({ sim: { controls } }) => {
      write(controls, one, 'kept!');
      await run(controls, one, 'syncrcopy -w MYRCG', 'stoprcopygroup -f MYRCG');
      write(controls, one, 'lost!');
      await run(controls, two, 'setrcopygroup reverse -f -waittask MYRCG.r12345');
      write(controls, two, 'there', 512);
      await run(controls, two, 'startrcopygroup -wait MYRCG.r12345');
      expect(read(controls, one, 5)).to.equal('kept!');
      expect(read(controls, one, 5, 512)).to.equal('there');
    }));

  it('a filesystem goes over and back', () =>
    withArrays(periodic, async ({ sim: { controls }, folder }) => {
      const mounts = [one, two].map((array) => path.join(folder, `mnt-${array}`));
      const [left = '', right = ''] = mounts;
      for (const mount of mounts) mkdirSync(mount);
      must('mkfs.ext4', '-q', controls.volume(one, volume).path);
      must('mount', controls.volume(one, volume).path, left);
      writeFileSync(path.join(left, 'file'), 'written on site 1');
      must('umount', left);
      await run(controls, one, 'syncrcopy -w MYRCG', 'stoprcopygroup -f MYRCG');
      await run(controls, two, 'setrcopygroup reverse -f -waittask MYRCG.r12345', 'startrcopygroup MYRCG.r12345');
      must('mount', controls.volume(two, volume).path, right);
      expect(readFileSync(path.join(right, 'file'), 'utf8')).to.equal('written on site 1');
      writeFileSync(path.join(right, 'file'), 'written on site 2');
      must('umount', right);
      await run(controls, two, 'syncrcopy -w MYRCG.r12345', 'stoprcopygroup -f MYRCG.r12345');
      await run(controls, one, 'setrcopygroup reverse -f -waittask MYRCG');
      must('mount', controls.volume(one, volume).path, left);
      expect(readFileSync(path.join(left, 'file'), 'utf8')).to.equal('written on site 2');
      must('umount', left);
    }));

  it('who still has it mounted when it becomes secondary, or its array dies, writes nothing more', () =>
    withArrays(sync, async ({ sim: { controls }, folder }) => {
      const mount = path.join(folder, 'mnt');
      mkdirSync(mount);
      must('mkfs.ext4', '-q', controls.volume(one, volume).path);
      must('mount', controls.volume(one, volume).path, mount);
      await run(controls, two, 'setrcopygroup reverse -f -stopgroups -waittask MYRCG.r12345');
      const before = readFileSync(controls.volume(one, volume).image ?? '');
      expect(tryTo('dd', 'if=/dev/zero', `of=${mount}/file`, 'bs=1M', 'count=2', 'conv=fsync')).to.equal(false);
      must('umount', mount);
      expect(readFileSync(controls.volume(one, volume).image ?? '').equals(before)).to.equal(true);
      expect(must('blockdev', '--getro', controls.volume(one, volume).path).trim()).to.equal('1');
    }));

  it('the checker sees a write to a secondary, and both sides of a split written', async () => {
    const stage = await makeStage((user) => ({ ...documentPair(user, 1), devices: true }));
    const { controls } = stage.sim;
    try {
      const { image } = controls.volume(two, volume);
      writeFileSync(image ?? '', 'behind the back of the array', { flag: 'r+' });
      expect(controls.violations().join()).to.match(/hp3par2.*VV_SVC1_ROOT was written while ro/);
      controls.links(one, two, false);
      controls.elapse(10_000);
      await run(controls, two, 'setrcopygroup failover -f -waittask MYRCG.r12345');
      const known = controls.violations().length;
      write(controls, two, 'new side');
      expect(controls.violations()).to.have.length(known);
      write(controls, one, 'old side');
      expect(controls.violations().at(-1)).to.match(/both sides of .* were written/);
    } finally {
      await removeStage(stage);
    }
  });
});
