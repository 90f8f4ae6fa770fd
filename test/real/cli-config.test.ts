/** Service files on the command line: made, changed, checked, edited; secrets never shown; one bad file does not hide the others. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { type CliResult, runCli } from '../support/cli.ts';
import { useHome } from '../support/home.ts';

describe('real: configuration on the command line', function () {
  this.timeout(60_000);
  const home = useHome();
  const run = (...argv: string[]): Promise<CliResult> => runCli(argv, { home: home() });
  const fileOf = (name: string) => path.join(home().folder, 'services.d', `${name}.conf`);
  const must = async (...argv: string[]) => {
    const done = await run(...argv);
    expect(done.code, `${argv.join(' ')}: ${done.stderr}`).to.equal(0);
    return done;
  };

  it('create, set, unset and validate go round, and leave the bytes as they were', async () => {
    await must('-s', 'svc1', 'create', '--kw', 'fs#1.type=flag', '--kw', 'app#1.type=simple', '--kw', 'app#1.start=/bin/sleep 9');
    const made = readFileSync(fileOf('svc1'), 'utf8');
    expect(made).to.match(/^\[DEFAULT\]\nnodes = \S+\n\n\[fs#1\]\ntype = flag\n\n\[app#1\]\ntype = simple\nstart = \/bin\/sleep 9\n$/);
    expect((await must('-s', 'svc1', 'set', '--kw', 'app#1.tags=a b', '--kw', 'comment=x')).stdout).to.equal('svc1: changed\n');
    await must('-s', 'svc1', 'set', '--kw', 'app#1.tags+=c');
    expect((await must('-s', 'svc1', 'set', '--kw', 'app#1.tags|=c')).stdout).to.equal('svc1: nothing to change\n');
    await must('-s', 'svc1', 'set', '--kw', 'app#1.tags-=a');
    expect((await must('-s', 'svc1', 'get', '--kw', 'app#1.tags', '--kw', 'comment')).stdout).to.equal('b c\nx\n');
    expect((await must('-s', 'svc1', 'validate')).stdout).to.match(/svc1\.conf: valid\n$/);
    await must('-s', 'svc1', 'unset', '--kw', 'app#1.tags', '--kw', 'comment');
    expect(readFileSync(fileOf('svc1'), 'utf8')).to.equal(made);
  });

  it('refuse what would be wrong, and say what is right', async () => {
    home().service('svc1', '[fs#1]\ntype = flag\n');
    const rows: readonly (readonly [readonly string[], number, RegExp])[] = [
      [['-s', 'svc1', 'set', '--kw', 'fs#1.opional=true'], 2, /svc1\.conf:3: error: \[fs#1\] opional = true: .*did you mean optional\?/],
      [['-s', 'svc1', 'set', '--kw', 'fs#1.type=flog'], 2, /did you mean flag\?/],
      [['-s', 'svc1', 'set', '--kw', 'nonsense'], 2, /there is no =/],
      [['-s', 'svc1', 'set'], 2, /set: which keyword\?\n {2}svcmgr -s svc1 set --kw/],
      [['-s', 'svc1', 'unset', '--kw', 'fs#1.tipe'], 3, /did you mean fs#1\.type\?/],
      [['-s', 'svc1', 'get', '--kw', 'fs#1.opional'], 3, /did you mean optional\?/],
      [['-s', 'svc1', 'get', '--kw', 'fs#2.type'], 3, /no section \[fs#2\]/],
      [['-s', 'svc1', 'create'], 5, /svc1 exists already\n {2}svcmgr -s svc1 edit/],
      [['-s', 'start', 'create'], 2, /word of the command line/],
      [['create'], 2, /create: which name\?/],
      [['-s', 'svc2', 'create', '--kw', 'app#1.type=simple'], 2, /svc2 is not created:\n.*start is required/],
      [['-s', 'scv1', 'print', 'config'], 3, /no service is named scv1\n {2}did you mean svc1\?/],
      [['print', 'config'], 2, /print config: which service\?/],
    ];
    for (const [argv, code, shape] of rows) {
      const done = await run(...argv);
      expect({ code: done.code, stdout: done.stdout }, argv.join(' ')).to.deep.equal({ code, stdout: '' });
      expect(done.stderr, argv.join(' ')).to.match(shape);
    }
    expect(readFileSync(fileOf('svc1'), 'utf8')).to.equal('[fs#1]\ntype = flag\n');
    expect(existsSync(fileOf('svc2'))).to.equal(false);
  });

  it('enable and disable write the keyword, and say when there is nothing to do', async () => {
    home().service('svc1', '[fs#1]\ntype = flag\n[fs#2]\ntype = flag\n');
    expect((await must('-s', 'svc1', 'disable', '--rid', 'fs#2')).stdout).to.equal('svc1: fs#2 disabled\n');
    expect((await must('-s', 'svc1', 'disable', '--rid', 'fs')).stdout).to.equal('svc1: fs#1 disabled\n');
    expect((await must('-s', 'svc1', 'disable', '--rid', 'fs')).stdout).to.equal('svc1: fs#1, fs#2 already disabled\n');
    expect((await must('-s', 'svc1', 'enable', '--rid', 'fs', '--dry-run')).stdout).to.match(/fs#1, fs#2 would be enabled/);
    await must('-s', 'svc1', 'enable', '--rid', 'fs');
    expect(readFileSync(fileOf('svc1'), 'utf8')).to.equal('[fs#1]\ntype = flag\n[fs#2]\ntype = flag\n');
  });

  it('edit installs what is right, keeps what is wrong for another try, and leaves no copy otherwise', async () => {
    home().service('svc1', '[fs#1]\ntype = flag\n');
    const temporary = path.dirname(home().path('tmp', 'x'));
    const copies = () => readdirSync(temporary);
    const edit = (EDITOR: string) => runCli(['-s', 'svc1', 'edit'], { home: home(), env: { EDITOR, TMPDIR: temporary } });
    expect(await edit('true')).to.deep.include({ code: 0, stdout: 'svc1: nothing to change\n' });
    const failed = await edit('false');
    expect(failed.code).to.equal(130);
    expect(failed.stderr).to.match(/false ended with 1; nothing was changed/);
    expect(await edit("sed -i -e '$ a comment = hello'")).to.deep.include({ code: 0, stdout: 'svc1: changed\n' });
    expect(readFileSync(fileOf('svc1'), 'utf8')).to.equal('[fs#1]\ntype = flag\ncomment = hello\n');
    expect(copies()).to.deep.equal([]);
    const other = await edit(`echo '[fs#1]' >${fileOf('svc1')}; sed -i s/hello/bye/`);
    expect(other.code).to.equal(5);
    expect(other.stderr).to.match(/your text is kept in (\S+)\n.*changed by somebody else meanwhile\n {2}diff /);
    home().service('svc1', '[fs#1]\ntype = flag\n');
    const wrong = await edit('sed -i s/flag/flog/');
    expect(wrong.code).to.equal(2);
    expect(wrong.stderr).to.match(/did you mean flag\?/);
    expect(copies(), 'the two that were refused').to.have.length(2);
    expect(readFileSync(fileOf('svc1'), 'utf8')).to.equal('[fs#1]\ntype = flag\n');
  });

  it('never show a secret: print config, get, validate, doctor, node print config', async () => {
    const secret = 'hunter2-s3cret';
    home().service(
      'svc1',
      `[app#1]\ntype = simple\nstart = /bin/x {env.db_password}\nenvironment = PGPASSWORD={env.db_password}\n[env]\ndb_password = ${secret}\n`,
    );
    home().service('bad', `[fs#1]\ntype = flag\n[env]\ndb_password = ${secret}{nosuch}\n`);
    writeFileSync(home().path('etc', 'svcmgr.conf'), `[array#a1]\ntype = hp3par\npassword = ${secret}\n`, { mode: 0o600 });
    const calls = [
      ['-s', 'svc*', 'print', 'config'],
      ['-s', 'svc1', 'print', 'config', '--eval'],
      ['-s', 'bad', 'print', 'config', '--eval'],
      ['-s', 'svc1', 'get', '--kw', 'env.db_password', '--kw', 'app#1.start', '--kw', 'app#1.environment'],
      ['-s', 'svc1', 'get', '--eval', '--kw', 'env.db_password', '--kw', 'app#1.start', '--kw', 'app#1.environment'],
      ['-s', 'bad', 'get', '--eval', '--kw', 'env.db_password'],
      ['validate'],
      ['-s', 'bad', 'start'],
      ['print', 'status'],
      ['node', 'doctor'],
      ['node', 'print', 'config'],
    ];
    for (const argv of calls) {
      for (const format of ['tree', 'json']) {
        const done = await run(...argv, '--format', format);
        expect(done.code, argv.join(' ')).not.to.equal(70);
        expect(done.stdout + done.stderr, argv.join(' ')).not.to.include(secret);
      }
    }
    expect((await run('-s', 'svc1', 'get', '--kw', 'env.db_password')).stdout).to.equal('xxxx\n');
    expect((await run('node', 'print', 'config')).stdout).to.match(/password = xxxx/);
  });

  it('one bad file does not hide the others', async () => {
    home().service('bad', '[fs#1]\ntype = flog\n');
    home().service('good', '[fs#1]\ntype = flag\n');
    const status = await run('print', 'status');
    expect(status.code).to.equal(1);
    expect(status.stdout).to.match(/^good\noverall +down$/m);
    expect(status.stderr).to.match(/bad\.conf:2: error/);
    const check = await run('check');
    expect(check.code).to.equal(3);
    expect(check.stdout).to.match(/^UNKNOWN - bad is undef \(.*\) \| up=0 warn=0 down=1 undef=1\n$/);
    expect((await run('-s', 'allservices', 'freeze')).stdout).to.equal('bad: frozen\ngood: frozen\n');
    expect((await run('-s', 'alldownservices', 'thaw')).stdout).to.equal('good: thawed\n');
    const doctor = await run('node', 'doctor');
    expect(doctor.code).to.equal(1);
    expect(doctor.stdout)
      .to.match(/^fail {2}bad: 1 error in its file\n {8}mend: svcmgr -s bad validate$/m)
      .and.match(/^ok {4}good: valid$/m);
  });
});
