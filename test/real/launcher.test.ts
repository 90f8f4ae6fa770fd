import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { svcmgr } from '../support/cli.ts';
import { removeFolder } from '../support/leftovers.ts';
import { makeFolder } from '../support/names.ts';

const echo = `console.log(JSON.stringify({ argv: process.argv.slice(2), link: process.env.SVCMGR_ARGV0 ?? null, ca: process.env.NODE_EXTRA_CA_CERTS ?? null }));`;

describe('launcher', () => {
  let folder = '';

  beforeEach(() => {
    folder = makeFolder();
    for (const name of ['app/bin', 'app/dist', 'node', 'links']) mkdirSync(path.join(folder, name), { recursive: true });
    copyFileSync(svcmgr, path.join(folder, 'app/bin/svcmgr'));
    writeFileSync(path.join(folder, 'app/dist/svcmgr.cjs'), echo);
    // The only program on PATH: whatever else the launcher would start is not found.
    symlinkSync(process.execPath, path.join(folder, 'node/node'));
  });
  afterEach(() => removeFolder(folder));

  function start(program: string, options: { argv?: string[]; path?: string; cwd?: string } = {}) {
    const env = { PATH: options.path ?? path.join(folder, 'node'), SVCMGR_ARGV0: 'inherited', NODE_EXTRA_CA_CERTS: '/etc/ssl/some.crt' };
    const done = spawnSync(path.join(folder, program), options.argv ?? [], { env, cwd: options.cwd ?? '/', encoding: 'utf8' });
    return { code: done.status, stderr: done.stderr, said: done.stdout === '' ? undefined : (JSON.parse(done.stdout) as unknown) };
  }

  it('starts node with the arguments as they are, without spawning, without the certificates', () => {
    const argv = ['-s', 'svc 1', '', '*', '--kw=a"b'];
    expect(start('app/bin/svcmgr', { argv }).said).to.deep.equal({ argv, link: null, ca: null });
  });

  it('finds its place through a chain of links, absolute and relative', () => {
    symlinkSync(path.join(folder, 'app/bin/svcmgr'), path.join(folder, 'links/one'));
    symlinkSync('links/one', path.join(folder, 'svcmgr'));
    expect(start('svcmgr', { path: `${folder}/node:/usr/bin:/bin` }).said).to.deep.equal({ argv: [], link: null, ca: null });
  });

  it('tells the name of a link that is a service', () => {
    symlinkSync('../app/bin/svcmgr', path.join(folder, 'links/svc1.example.com'));
    const { said } = start('links/svc1.example.com', { path: `${folder}/node:/usr/bin:/bin`, argv: ['print', 'status'] });
    expect(said).to.deep.equal({ argv: ['print', 'status'], link: 'svc1.example.com', ca: null });
  });

  it('says what to do when the build is missing', () => {
    rmSync(path.join(folder, 'app/dist/svcmgr.cjs'));
    const { code, stderr } = start('app/bin/svcmgr');
    expect(stderr).to.match(/svcmgr\.cjs is missing: run npm run build/);
    expect(code).to.equal(4);
  });

  it('says what to do when there is no node', () => {
    const { code, stderr } = start('app/bin/svcmgr', { path: path.join(folder, 'links') });
    expect(stderr).to.match(/node is not on PATH: install Node\.js/);
    expect(code).to.equal(4);
  });
});
