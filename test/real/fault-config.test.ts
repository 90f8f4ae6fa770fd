import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { runCli } from '../support/cli.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { useService } from './fault-service.ts';

const good = '[fs#1]\ntype = flag\n[app#1]\ntype = forking\nstart = sleep 0\ncheck = test -e HOME/up\n';

/** A fault of a service file: where `validate` must say it is, and words that must stand in that line. */
interface Fault {
  readonly text: string;
  readonly line: number;
  readonly says: readonly RegExp[];
}

const faults: Readonly<Record<string, Fault>> = {
  'an unknown keyword': {
    text: '[fs#1]\ntype = flag\nstart_timout = 5s\n',
    line: 3,
    says: [/fs#1/, /start_timout/, /did you mean start_timeout|start_timeout/],
  },
  'an unknown keyword of the service': {
    text: '[DEFAULT]\nlock_timout = 5s\n[fs#1]\ntype = flag\n',
    line: 2,
    says: [/DEFAULT/, /lock_timout/, /lock_timeout/],
  },
  'an unknown type': { text: '[fs#1]\ntype = flagg\n', line: 2, says: [/fs#1/, /flagg/, /flag\b/] },
  'an unknown group': { text: '[fz#1]\ntype = flag\n', line: 1, says: [/fz#1/, /fs/] },
  'an unknown section': { text: '[DEFALT]\nnodes = a\n[fs#1]\ntype = flag\n', line: 1, says: [/DEFALT/, /DEFAULT/] },
  'a resource without its keyword': { text: '[fs#1]\ntype = directory\n', line: 1, says: [/fs#1/, /path/] },
  'a value that is none': { text: '[fs#1]\ntype = flag\nstart_timeout = soon\n', line: 3, says: [/fs#1/, /start_timeout/, /soon/] },
  'an enum with its choices': {
    text: '[DEFAULT]\norchestrate = hha\n[fs#1]\ntype = flag\n',
    line: 2,
    says: [/orchestrate/, /hha/, /no.*start.*ha/],
  },
  'a reference to nothing': {
    text: '[fs#1]\ntype = directory\npath = /srv/{env.foldr}\n[env]\nfolder = x\n',
    line: 3,
    says: [/fs#1/, /env\.foldr/, /folder/],
  },
  'a reference loop': {
    text: '[env]\na = {env.b}\nb = {env.a}\n[fs#1]\ntype = directory\npath = /srv/{env.a}\n',
    line: 6,
    says: [/env\.a.*env\.b|env\.b.*env\.a/],
  },
  'a requirement of a resource that is not there': {
    text: '[fs#1]\ntype = flag\nstart_requires = fs#2(up)\n',
    line: 3,
    says: [/fs#1/, /fs#2/],
  },
  'a duplicate key': { text: '[fs#1]\ntype = flag\ncomment = a\ncomment = b\n', line: 4, says: [/comment/, /line 3|:3/] },
  'a duplicate section': { text: '[fs#1]\ntype = flag\n[fs#1]\ntype = flag\n', line: 3, says: [/fs#1/, /line 1|:1/] },
  'a line that is nothing': { text: '[fs#1]\ntype = flag\nand now what\n', line: 3, says: [/neither \[section\], key = value/] },
  'a section that is not closed': { text: '[fs#1\ntype = flag\n', line: 1, says: [/not a section header/] },
  'a key that would poison': { text: '[fs#1]\ntype = flag\n__proto__ = x\n', line: 3, says: [/__proto__/] },
};

describe('real faults: configuration through the command line', function () {
  this.timeout(60_000);
  const svc = useService();
  const file = () => svc.file('services.d', 'svc1.conf');

  /** The service is up by a good file. */
  async function bringUp(): Promise<void> {
    svc.write(good);
    svc.script('../up', '');
    await svc.must(0, ['start']);
  }

  for (const [title, { text, line, says }] of Object.entries(faults)) {
    it(`${title}: validate and start exit 2 with its file, line and the nearest name`, async () => {
      svc.write(text);
      const { code, stdout, stderr } = await svc.cli(['validate']);
      expect(code, stdout + stderr).to.equal(2);
      const found = (stdout + stderr).split('\n').find((one) => one.startsWith(`${file()}:${line}: error: `));
      expect(found, stdout + stderr).to.be.a('string');
      for (const words of says) expect(found).to.match(words);
      expect(await svc.must(2, ['start'])).to.contain(`${file()}:${line}`);
    });
  }

  it('a scope that names no node is a warning, with --strict an error; it never stops a start', async () => {
    svc.write('[DEFAULT]\nnodes = {nodename}\n[fs#1]\ntype = flag\ncomment@nod2 = x\n');
    const { code, stdout, stderr } = await svc.cli(['validate']);
    expect(code, stdout + stderr).to.equal(0);
    expect(stdout + stderr).to.match(/svc1\.conf:5: warning: .*nod2/);
    expect((await svc.cli(['validate', '--strict'])).code).to.equal(2);
    await svc.must(0, ['start']);
  });

  it('says every fault at once', async () => {
    svc.write('[fs#1]\ntype = flagg\n[app#1]\ntype = forking\nchek = x\n[fs#2]\ntype = directory\n');
    const { stdout } = await svc.cli(['validate']);
    expect([...stdout.matchAll(/svc1\.conf:(\d+): error/g)].map((match) => match[1])).to.deep.equal(['2', '5', '6']);
  });

  describe('a file that cannot be used at all', () => {
    const unusable: Readonly<Record<string, { make(): void; says: RegExp }>> = {
      'larger than 1 MiB': {
        make: () => writeFileSync(file(), `${good.replaceAll('HOME', '/tmp')}# ${'x'.repeat(1_048_576)}\n`),
        says: /larger than 1 MiB/,
      },
      'of too many lines': {
        make: () => writeFileSync(file(), `${good.replaceAll('HOME', '/tmp')}${'#\n'.repeat(10_001)}`),
        says: /lines/,
      },
      binary: { make: () => writeFileSync(file(), Buffer.from('7f454c46020101000000000000000000', 'hex')), says: /binary|NUL/ },
      'not UTF-8': { make: () => writeFileSync(file(), Buffer.from('[fs#1]\ncomment = \xe9t\xe9\n', 'latin1')), says: /UTF-8/ },
      'a folder': { make: () => renameSync(svc.file('etc'), file()), says: /not a file/ },
    };

    for (const [title, { make, says }] of Object.entries(unusable)) {
      it(`${title}: validate says why, start is refused, status shows the last good definition, stop works by it`, async () => {
        await bringUp();
        renameSync(file(), svc.file('good.conf'));
        make();
        const { code, stdout, stderr } = await svc.cli(['validate']);
        expect(code, stdout + stderr).to.equal(2);
        expect(stdout + stderr)
          .to.match(says)
          .and.to.contain(file());
        expect(await svc.must(2, ['start'])).to.match(says);
        const { overall, invalid } = await svc.status();
        expect(overall).to.equal('up');
        expect(invalid).to.match(says);
        svc.script('../up', '');
        renameSync(svc.file('up'), svc.file('down'));
        await svc.must(0, ['stop']);
        expect(await svc.states()).to.deep.equal({ 'fs#1': 'down', 'app#1': 'down' });
      });
    }
  });

  it('while the file is wrong: status goes on with the last good one and says so in a title line, start is refused, stop works by it', async () => {
    await bringUp();
    svc.write(`${good}[fs#2]\ntype = flagg\n`);
    const tree = await svc.cli(['print', 'status']);
    expect(tree.code).to.equal(0);
    const [name, ...title] = tree.stdout.split('\noverall')[0]?.split('\n') ?? [];
    expect(name).to.equal('svc1');
    expect(title.join(' '))
      .to.match(/^# invalid file: /)
      .and.to.contain('last good');
    expect((await svc.status()).invalid).to.match(/svc1\.conf:8: .*flagg/);
    expect(tree.stdout).not.to.match(/^\|.*fs#2 /m);
    expect(Object.keys((await svc.status()).resources)).to.deep.equal(['fs#1', 'app#1']);
    expect(await svc.must(2, ['start'])).to.match(/svc1\.conf:\d+: .*flagg/);
    expect(await svc.must(2, ['restart'])).to.contain('flagg');
    renameSync(svc.file('up'), svc.file('down'));
    expect(await svc.must(0, ['stop'])).to.match(/WARN SVC1 .*last good definition/);
    expect(await svc.states()).to.deep.equal({ 'fs#1': 'down', 'app#1': 'down' });
    svc.write(good);
    renameSync(svc.file('down'), svc.file('up'));
    await svc.must(0, ['start']);
    expect((await svc.status()).invalid).to.equal(null);
  });

  it('a file that was never good: status and stop exit 2 with its faults, nothing is guessed', async () => {
    svc.write('[fs#1]\ntype = flagg\n');
    expect((await svc.cli(['print', 'status'])).code).to.equal(2);
    expect(await svc.must(2, ['stop'])).to.contain('svc1.conf:2');
  });

  it('two files for one service: refused by both names; status and stop go on with the last good one', async () => {
    await bringUp();
    writeFileSync(svc.file('services.d', 'svc1.ini'), readFileSync(file()));
    const { code, stdout, stderr } = await svc.cli(['validate']);
    expect(code).to.equal(2);
    expect(stdout + stderr)
      .to.contain(file())
      .and.to.contain('svc1.ini');
    expect(await svc.must(2, ['start']))
      .to.contain('svc1.conf')
      .and.to.contain('svc1.ini');
    expect((await svc.status()).overall).to.equal('up');
    renameSync(svc.file('up'), svc.file('down'));
    await svc.must(0, ['stop']);
  });

  it('a service named like a verb, or like a name that means many: refused', async () => {
    for (const name of ['start', 'print', 'allservices']) {
      svc.write('[fs#1]\ntype = flag\n', name);
      const { code, stdout, stderr } = await runCli(['validate', svc.file('services.d', `${name}.conf`)], { home: svc.home() });
      expect(code, stdout + stderr).to.equal(2);
      expect(stdout + stderr).to.match(new RegExp(`${name}\\.conf:1: error: .*${name}`));
    }
  });

  it('a selector that matches nothing, a verb or an option that does not exist: exit 3 and 2 with the nearest name', async () => {
    svc.write(good);
    const { code, stderr } = await svc.cli(['statr']);
    expect({ code, near: /start/.test(stderr) }).to.deep.equal({ code: 2, near: true });
    expect(await svc.must(2, ['start', '--dry-rnu'])).to.contain('--dry-run');
    expect(await svc.must(2, ['start', '--timeout', 'soon'])).to.contain('soon');
    expect(await svc.must(3, ['start', '--rid', 'fs#7'])).to.contain('fs#7');
    renameSync(file(), svc.file('services.d', 'svc2.conf'));
    expect(await svc.must(3, ['start'])).to.contain('svc1');
  });
});

describeUnless(missing({ root: true }), 'real faults: a service file that the user may not read', function () {
  this.timeout(30_000);
  const svc = useService();

  it('validate exits 2 and names the file; what he may read is validated all the same', async () => {
    svc.write(good);
    svc.write('[fs#1]\ntype = flag\n', 'svc2');
    chmodSync(svc.home().folder, 0o755);
    const secret = svc.file('services.d', 'svc1.conf');
    chmodSync(secret, 0o600);
    const { code, stdout, stderr } = await svc.cli(['validate'], { uid: 65534 });
    expect(code).to.equal(2);
    expect(stdout + stderr).to.contain(`${secret}:1: error: cannot read ${secret}: EACCES`);
    expect((await svc.cli(['validate', svc.file('services.d', 'svc2.conf')].slice(0, 2), { uid: 65534 })).code).to.equal(0);
  });
});
