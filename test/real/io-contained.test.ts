import { type FileHandle, mkdir, open, readFile, readlink, rename, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { containedFiles, openRootOf } from '../../agent/io/contained-files.ts';
import type { SvcError } from '../../agent/errors.ts';
import { useHome } from '../support/home.ts';

describe('real: files below another root', () => {
  const home = useHome();
  const root = () => path.join(home().folder, 'root');
  const openRoot = (): Promise<FileHandle> => open(root());
  const files = () => containedFiles(openRoot);
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'no error',
      (error: SvcError) => `${error.code} ${String(error.facts['errno'] ?? '')}`.trim(),
    );

  beforeEach('make a root', async () => {
    await mkdir(path.join(root(), 'etc/deep'), { recursive: true });
    await writeFile(path.join(root(), 'etc/name'), 'inside\n');
    await writeFile(path.join(home().folder, 'secret'), 'outside\n');
    for (const [link, target] of [
      ['abs', '/etc/name'],
      ['up', '../../../../../../etc/name'],
      ['out', path.join(home().folder, 'secret')],
      ['climb', '../secret'],
      ['etc/deep/back', '../../etc/./deep/../name'],
      ['chain', 'abs'],
      ['loop', 'loop'],
      ['folder', '/etc'],
      ['dangling', '/nowhere/at/all'],
    ] as const)
      await symlink(target, path.join(root(), link));
  });

  it('follows links as the inside sees them: nothing leads out', async () => {
    for (const name of [
      '/etc/name',
      '/abs',
      '/up',
      '/chain',
      '/folder/name',
      '/etc/deep/back',
      '//etc//./name',
      '/../../etc/name',
      'etc/name',
    ])
      expect(await files().readText(name), name).to.equal('inside\n');
    for (const name of ['/out', '/climb', '/dangling', '/nothing', '/etc/name/below'])
      expect(await files().readText(name), name).to.equal(undefined);
    expect(await codeOf(files().readText('/loop'))).to.equal('COMMAND ELOOP');
    expect(await files().resolvePath('/folder/deep/back')).to.equal('/etc/name');
    expect(await files().resolvePath('/')).to.equal('/');
    expect(await files().resolvePath('/out')).to.equal(undefined);
  });

  it('stats and lists', async () => {
    expect(await files().statFile('/abs')).to.include({ kind: 'file', sizeBytes: 7 });
    expect(await files().statFile('/folder')).to.include({ kind: 'directory' });
    expect(await files().statFile('/out')).to.equal(undefined);
    expect(await files().listFolder('/folder')).to.deep.equal(['deep', 'name']);
    expect(await files().listFolder('/nowhere')).to.deep.equal([]);
    expect(await codeOf(files().readText('/etc'))).to.equal('COMMAND EISDIR');
  });

  it('writes through a link to the file it means, and keeps its mode', async () => {
    await files().writeAtomic('/abs', 'new\n');
    expect(await readFile(path.join(root(), 'etc/name'), 'utf8')).to.equal('new\n');
    expect(await readlink(path.join(root(), 'abs'))).to.equal('/etc/name');
    await files().writeAtomic('/folder/fresh', 'x', 0o600);
    expect((await stat(path.join(root(), 'etc/fresh'))).mode & 0o777).to.equal(0o600);
    await files().writeAtomic('/folder/fresh', 'y');
    expect((await stat(path.join(root(), 'etc/fresh'))).mode & 0o777).to.equal(0o600);
    expect(await files().listFolder('/etc')).to.deep.equal(['deep', 'fresh', 'name']);
  });

  it('never writes outside, nor leaves anything beside what it could not write', async () => {
    for (const name of ['/climb', '/out']) await files().writeAtomic(name, 'evil\n');
    expect(await readFile(path.join(home().folder, 'secret'), 'utf8')).to.equal('outside\n');
    expect(await codeOf(files().writeAtomic('/nowhere/x', ''))).to.equal('COMMAND ENOENT');
    expect(await codeOf(files().writeAtomic('/etc', ''))).to.match(/^COMMAND/);
    expect(await files().listFolder('/')).not.to.include.members(['.etc']);
  });

  it('stays below when a folder becomes a link in the middle', async () => {
    const swapping = containedFiles(async () => {
      const handle = await openRoot();
      await rename(path.join(root(), 'etc'), path.join(root(), 'old'));
      await symlink(home().folder, path.join(root(), 'etc'));
      return handle;
    });
    expect(await swapping.readText('/etc/secret')).to.equal(undefined);
  });

  it('keeps no descriptor', async () => {
    const before = (await files().listFolder('/')).length;
    const count = async () => (await containedFiles(() => open('/')).listFolder('/proc/self/fd')).length;
    const [first] = [await count()];
    for (let round = 0; round < 20; round += 1) {
      await files().readText('/chain');
      await files()
        .readText('/loop')
        .catch(() => undefined);
      await files().writeAtomic('/etc/name', 'x');
    }
    expect(await count()).to.be.at.most(first + 2);
    expect((await files().listFolder('/')).length).to.equal(before);
  });

  it('opens the root of a process', async () => {
    const handle = await openRootOf(process.pid);
    expect((await handle.stat()).ino).to.equal((await stat('/')).ino);
    await handle.close();
    expect(await codeOf(openRootOf(2 ** 22 + 1))).to.equal('COMMAND ENOENT');
  });
});
