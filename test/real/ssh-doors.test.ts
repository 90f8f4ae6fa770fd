import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Doors } from '../../agent/driver/doors.ts';
import { listFolder, readText, resolvePath, statFile } from '../../agent/io/files.ts';
import { sshDoors } from '../../agent/io/ssh/doors.ts';
import { must, tryTo } from '../support/command.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { sshdNeeds } from '../support/sshd.ts';
import { failure, useSshLab } from './ssh-lab.ts';

// The other machine is this one, so the doors of agent/io/files.ts say what the right answer is.
describeUnless(missing(sshdNeeds), 'real: ssh doors', () => {
  const lab = useSshLab();
  let doors: Doors;
  before('open the doors', () => {
    doors = sshDoors(lab().pool(), lab().host());
  });

  it('read a file as the local ones do: text, empty, absent, too large, a folder', async () => {
    const file = lab().path('text');
    writeFileSync(file, 'é one\n\ntwo');
    for (const path of [file, '/dev/null', lab().path('absent'), `${file}/below`])
      expect(await doors.readText(path), path).to.equal(await readText(path));
    const large = lab().path('large');
    writeFileSync(large, 'x'.repeat(1_048_576));
    expect((await doors.readText(large))?.length).to.equal(1_048_576);
    writeFileSync(large, 'x'.repeat(1_048_577));
    expect((await failure(doors.readText(large))).message).to.include('larger than 1048576 bytes');
    expect((await failure(doors.readText(lab().folder))).code).to.equal('COMMAND');
  });

  it('stat what is there as the local ones do', async () => {
    const link = lab().path('link to text');
    symlinkSync(lab().path('text'), link);
    const [block = '/dev/null'] = readdirSync('/sys/block').map((name) => `/dev/${name}`);
    for (const path of ['/', lab().folder, link, '/dev/null', block, '/dev/tty', lab().path('absent')]) {
      const [theirs, ours] = [await doors.statFile(path), await statFile(path)];
      expect(theirs === undefined ? theirs : { ...theirs, modifiedMs: Math.floor(theirs.modifiedMs) }, path).to.deep.equal(
        ours === undefined ? ours : { ...ours, modifiedMs: Math.floor(ours.modifiedMs) },
      );
    }
  });

  it('list a folder as the local ones do, odd names too', async () => {
    const folder = lab().path('a folder');
    mkdirSync(folder);
    for (const name of ['b', '.hidden', 'a b', '-n', 'line\nbreak', '*', '..x']) writeFileSync(`${folder}/${name}`, '');
    symlinkSync('nowhere', `${folder}/dangling`);
    for (const path of [folder, lab().path('absent'), lab().path('text'), '/dev', '/proc/self/attr'])
      expect(await doors.listFolder(path), path).to.deep.equal(await listFolder(path));
  });

  it('resolve links as the local ones do', async () => {
    for (const path of [lab().path('link to text'), lab().path('absent'), lab().path('a folder/dangling'), '/bin/sh'])
      expect(await doors.resolvePath(path), path).to.equal(await resolvePath(path));
  });

  it('replace a file whole, keeping its mode and owner', async () => {
    const file = lab().path('conf');
    await doors.writeAtomic(file, 'one\n');
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).to.deep.equal(['one\n', 0o644]);
    chmodSync(file, 0o640);
    chownSync(file, 1, 2);
    await doors.writeAtomic(file, '');
    const kept = statSync(file);
    expect([kept.size, kept.mode & 0o777, kept.uid, kept.gid]).to.deep.equal([0, 0o640, 1, 2]);
    await doors.writeAtomic(file, 'three', 0o600);
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).to.deep.equal(['three', 0o600]);
    symlinkSync(file, lab().path('link to conf'));
    await doors.writeAtomic(lab().path('link to conf'), 'through the link');
    expect(readFileSync(file, 'utf8')).to.equal('through the link');
    expect(readdirSync(lab().folder).filter((name) => name.startsWith('conf'))).to.deep.equal(['conf']);
  });

  it('leave the old file and no piece of the new one when the disk is full', async () => {
    const mount = lab().path('small');
    mkdirSync(mount);
    must('mount', '-t', 'tmpfs', '-o', 'size=64k', 'svt', mount);
    try {
      writeFileSync(`${mount}/conf`, 'old');
      const error = await failure(doors.writeAtomic(`${mount}/conf`, 'x'.repeat(200_000)));
      expect([error.code, error.facts['diskFull']]).to.deep.equal(['COMMAND', true]);
      expect([readdirSync(mount), readFileSync(`${mount}/conf`, 'utf8')]).to.deep.equal([['conf'], 'old']);
    } finally {
      tryTo('umount', mount);
    }
    expect((await failure(doors.writeAtomic(lab().path('no/such/folder/conf'), 'x'))).code).to.equal('COMMAND');
  });

  it('know which programs are there', async () => {
    expect(
      await Promise.all(['sh', 'mount', 'no-such-program-here', '/bin/sh', '/etc/passwd'].map((name) => doors.hasTool(name))),
    ).to.deep.equal([true, true, false, true, false]);
  });

  it('run commands, and refuse what only the agent over there can do', async () => {
    const lines: string[] = [];
    const result = await doors.run(['sh', '-c', 'cat; pwd'], {
      input: 'in\n',
      cwd: '/usr',
      timeoutMs: 5000,
      dieWithParent: true,
      onLine: (_, line) => lines.push(line),
    });
    expect([result.stdout, lines]).to.deep.equal(['in\n/usr\n', ['in', '/usr']]);
    for (const work of [
      doors.launch(['true'], { scope: 's' }),
      doors.scopeProcesses('s'),
      doors.signalScope('s', 'TERM'),
      doors.scopeMark('s'),
      doors.run(['true'], { leaves: true }),
      doors.run(['true'], { user: 'nobody' }),
    ])
      expect((await failure(work)).code).to.equal('UNSUPPORTED');
  });
});
