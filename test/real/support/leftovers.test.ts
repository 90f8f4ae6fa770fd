import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { openScopes, scopeEnv } from '../../../agent/io/scope.ts';
import { must } from '../../support/command.ts';
import { makeHome } from '../../support/home.ts';
import { findLeftovers, isAlive, removeLeftovers } from '../../support/leftovers.ts';
import { attachLoop, loopsOver, makeImage } from '../../support/loop.ts';
import { namePrefix } from '../../support/names.ts';
import { makeNetns } from '../../support/netns.ts';
import { describeUnless, missing } from '../../support/skip.ts';

/** The number of a process that has ended, as of a crashed test run. */
function deadPid(): number {
  const { pid } = spawnSync('true');
  expect(isAlive(pid)).to.equal(false);
  return pid;
}

describeUnless(
  missing({ root: true, tools: ['losetup', 'mkfs.ext4', 'ip', 'nsenter'], files: ['/dev/loop-control'] }),
  'test support: leftovers',
  () => {
    it('takes a home apart: the process in it, the mount, the loop device and the folder', async () => {
      const home = makeHome();
      const image = makeImage(home.path('disk.img'), 16 << 20);
      const device = attachLoop(image);
      must('mkfs.ext4', '-q', device);
      mkdirSync(path.join(home.folder, 'mnt'));
      must('mount', device, path.join(home.folder, 'mnt'));
      const guest = spawn('sleep', ['300'], { cwd: path.join(home.folder, 'mnt'), stdio: 'ignore' });
      const gone = once(guest, 'exit');
      home.remove();
      await gone;
      expect(loopsOver(image)).to.deep.equal([]);
      expect(existsSync(home.folder)).to.equal(false);
    });

    it('ends an application that was started from a home, by the mark of its scope, and removes the cgroup', async () => {
      const home = makeHome();
      const scopes = openScopes(path.join(home.folder, 'var'));
      const cgroup = path.join(scopes.folder ?? home.folder, 'svc1.app#1.scope');
      mkdirSync(cgroup, { recursive: true });
      const app = spawn('sleep', ['300'], {
        cwd: '/',
        stdio: 'ignore',
        env: { PATH: process.env['PATH'], ...scopeEnv(scopes, 'svc1.app#1') },
      });
      const gone = once(app, 'exit');
      home.remove();
      expect(await gone).to.deep.equal([null, 'SIGKILL']);
      expect(existsSync(cgroup)).to.equal(false);
    });

    it('finds what a crashed run left by its dead pid, and removes it in order', () => {
      const pid = deadPid();
      const crashed = path.join(tmpdir(), `${namePrefix(pid)}x`);
      mkdirSync(crashed);
      const device = attachLoop(makeImage(path.join(crashed, 'disk.img'), 1 << 20));
      must('ip', 'netns', 'add', `${namePrefix(pid)}a`);
      const left = findLeftovers((one) => one === pid);
      expect(left).to.deep.equal([
        { kind: 'loop', name: device },
        { kind: 'netns', name: `${namePrefix(pid)}a` },
        { kind: 'folder', name: crashed },
      ]);
      expect(removeLeftovers(left)).to.deep.equal([]);
      expect(findLeftovers((one) => one === pid)).to.deep.equal([]);
    });

    it('joins two namespaces and leaves the mounts alone', () => {
      const [one, two] = [makeNetns('one'), makeNetns('two')];
      try {
        one.cable('svc0', two, 'svc0');
        one.device('svc1', '10.98.0.1/24');
        expect(must('ip', '-n', two.name, '-brief', 'link', 'show', 'svc0')).to.match(/^svc0@.* UP /);
        expect(one.run('ip', '-brief', 'address', 'show', 'svc1')).to.include('10.98.0.1/24');
        expect(one.run('readlink', '/proc/self/ns/mnt')).to.equal(must('readlink', '/proc/self/ns/mnt'));
      } finally {
        one.remove();
        two.remove();
      }
      expect(findLeftovers((pid) => pid === process.pid).filter(({ kind }) => kind === 'netns')).to.deep.equal([]);
    });
  },
);
