/** Completion scripts: valid for the shells that are here, and in bash they complete, from the service files alone, without a node. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { runCli } from '../support/cli.ts';
import { type Home, useHome } from '../support/home.ts';
import { findTool } from '../support/skip.ts';

async function scriptOf(home: Home, shell: string): Promise<string> {
  const done = await runCli(['completion', shell], { home });
  expect(done.code, done.stderr).to.equal(0);
  const file = home.path(`completion.${shell}`);
  writeFileSync(file, done.stdout);
  return file;
}

/** A PATH on which every program leaves a trace: completing must start none. */
function trapFolder(home: Home): { folder: string; trace: string } {
  const folder = path.join(home.folder, 'trap');
  const trace = home.path('started');
  mkdirSync(folder, { recursive: true });
  for (const name of ['node', 'svcmgr', 'sed', 'grep', 'awk', 'cat', 'ls', 'basename']) {
    writeFileSync(path.join(folder, name), `#!/bin/sh\necho ${name} >>${trace}\n`);
    chmodSync(path.join(folder, name), 0o755);
  }
  return { folder, trace };
}

/** What bash offers for the last word. */
function complete(home: Home, script: string, words: readonly string[]): readonly string[] {
  const { folder, trace } = trapFolder(home);
  const program =
    'script=$1; shift; source "$script"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _svcmgr; printf "%s\\n" "${COMPREPLY[@]}"; complete -p svcmgr >&2';
  const bash = findTool('bash') ?? 'bash';
  const done = spawnSync(bash, ['--norc', '-c', program, 'bash', script, 'svcmgr', ...words], {
    encoding: 'utf8',
    env: { PATH: folder },
    cwd: home.folder,
  });
  expect(done.stderr).to.equal('complete -F _svcmgr svcmgr\n');
  expect(existsSync(trace), 'a program was started').to.equal(false);
  return done.stdout.split('\n').filter((word) => word !== '');
}

describe('real: completion', () => {
  const home = useHome();

  beforeEach(() => {
    home().service(
      'web',
      '[DEFAULT]\ncomment = x\n[fs#1]\ntype = flag\n[app#10] # the app\ntype = flag\n[subset#app:a]\nparallel = true\n',
    );
    home().service('db.example.com', '[fs#9]\ntype = flag');
  });

  for (const shell of ['bash', 'zsh', 'fish'].filter((name) => findTool(name) !== undefined)) {
    it(`${shell} reads its script`, async () => {
      const script = await scriptOf(home(), shell);
      const checked = spawnSync(shell, [shell === 'fish' ? '--no-execute' : '-n', script], { encoding: 'utf8' });
      expect(checked).to.include({ status: 0, stderr: '' });
    });
  }

  it('completes in bash', async () => {
    const script = await scriptOf(home(), 'bash');
    const offers = (...words: string[]) => complete(home(), script, words);
    expect(offers('')).to.include.members(['print', 'start', 'stop', 'web', 'db.example.com']);
    expect(offers('w')).to.deep.equal(['web']);
    expect(offers('-s', '')).to.include.members(['web', 'db.example.com', 'allservices']).and.not.include('start');
    expect(offers('-s', 'web', 'st')).to.deep.equal(['start', 'stop']);
    expect(offers('web', 'st')).to.deep.equal(['start', 'stop']);
    expect(offers('web', 'w')).to.deep.equal([]);
    expect(offers('print', '')).to.deep.equal(['status', 'config', 'schedule', 'plan']);
    expect(offers('-s', 'web', 'print', 'plan', 'st')).to.deep.equal(['start', 'stop']);
    expect(offers('node', 'print', '')).to.deep.equal(['config']);
    expect(offers('doc', 'fs.e')).to.deep.equal(['fs.ext4']);
    expect(offers('completion', '')).to.deep.equal(['bash', 'zsh', 'fish']);
    expect(offers('ls', 'd')).to.deep.equal(['db.example.com']);
  });

  it('completes options of the verb and their values in bash', async () => {
    const script = await scriptOf(home(), 'bash');
    const offers = (...words: string[]) => complete(home(), script, words);
    expect(offers('web', 'start', '--dr')).to.deep.equal(['--dry-run']);
    expect(offers('web', 'print', 'status', '--r')).to.deep.equal(['--refresh']);
    expect(offers('web', 'start', '--rid', '')).to.deep.equal(['fs#1', 'app#10']);
    expect(offers('-s', 'db.example.com', 'start', '--upto', '')).to.deep.equal(['fs#9']);
    expect(offers('--format', 'j')).to.deep.equal(['json', 'jsonl']);
    expect(offers('web', 'print', 'status', '--format', 'json', '--color', 'n')).to.deep.equal(['never']);
    expect(offers('print', 'config', '--file', 'serv')).to.deep.equal(['services.d']);
  });

  it('keeps a strange folder one word', async () => {
    const odd = home().path("it's $HOME", 'services.d', 'x.conf');
    writeFileSync(odd, '[fs#1]\ntype = flag\n');
    const done = await runCli(['completion', 'bash'], { home: home(), env: { SVCMGR_HOME: path.resolve(odd, '../..') } });
    const script = home().path('odd.bash');
    writeFileSync(script, done.stdout);
    expect(complete(home(), script, ['-s', 'x'])).to.deep.equal(['x']);
  });

  it('is refused for a shell it does not know', async () => {
    const done = await runCli(['completion', 'tcsh'], { home: home() });
    expect(done).to.include({ code: 2, stdout: '' });
    expect(done.stderr).to.match(/tcsh[\s\S]*one of bash, zsh, fish/);
  });
});
