import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { runCli, svcmgr } from '../support/cli.ts';
import { must, tryTo } from '../support/command.ts';
import { useNetns } from '../support/netns.ts';
import { program } from '../support/programs.ts';
import { describeUnless, findTool, missing } from '../support/skip.ts';
import { filesIn, isAttached, isRunning, loopAndExt4, makeExt4, mountsIn, smallDisk, useService } from './fault-service.ts';

const needs = { root: true, tools: ['losetup', 'mkfs.ext4', 'unshare', 'ip'], files: ['/dev/loop-control'] };

describeUnless(missing(needs), 'real faults: the node', function () {
  this.timeout(60_000);
  const netns = useNetns('node');
  const svc = useService(netns);
  before('an interface for the address', () => netns().device('svc0'));

  const serve = () => `[app#1]\ntype = simple\nstart = ${program('serve')} ${svc.file('serve.pid')}\n`;
  const up = { 'vg#1': 'up', 'fs#1': 'up', 'app#1': 'up' };
  const down = { 'vg#1': 'down', 'fs#1': 'down', 'app#1': 'down' };
  const write = () => {
    svc.write(loopAndExt4 + serve());
    makeExt4(svc);
  };

  describe('a full disk', () => {
    /** Fills the filesystem until nothing more goes in. */
    function fill(folder: string): void {
      tryTo('dd', 'if=/dev/zero', `of=${path.join(folder, 'full')}`, 'bs=4k');
      tryTo('dd', 'if=/dev/zero', `of=${path.join(folder, 'fuller')}`, 'bs=1');
      // A short record would still fit into the last block of the journal: empty lines, which mean nothing, take that too.
      const log = path.join(folder, 'svc1', '000001.log');
      if (existsSync(log)) tryTo('sh', '-c', `yes '' >> ${log}`);
    }

    it('from the beginning: a start is refused before any change and says what to do; with room it starts', async () => {
      write();
      const journal = smallDisk(svc, '64k', 'var', 'journal');
      fill(journal);
      const said = await svc.must(5, ['start']);
      expect(said).to.contain(`cannot write the journal in ${journal}/svc1: no space left on the device`).and.to.contain('make room');
      expect(isAttached(svc)).to.equal(false);
      expect(existsSync(svc.file('serve.pid'))).to.equal(false);
      for (const name of readdirSync(journal)) if (name.startsWith('full')) rmSync(path.join(journal, name));
      await svc.must(0, ['start']);
      await svc.must(0, ['stop']);
    });

    it('while it is up: a start is refused, a stop works and says aloud where it journals; that comes home later', async () => {
      const journal = smallDisk(svc, '256k', 'var', 'journal');
      write();
      await svc.must(0, ['start']);
      fill(journal);
      await svc.must(5, ['start']);
      await svc.must(5, ['restart']);
      const said = await svc.must(0, ['stop']);
      expect(said).to.match(new RegExp(`ERROR SVC1 .*no space left.*journaled in ${svc.file('run', 'journal')}`));
      expect(await svc.states()).to.deep.equal(down);
      expect(isAttached(svc)).to.equal(false);
      expect((await svc.cli(['history'])).stdout).to.match(/svc1 +stop +ok/);
      rmSync(path.join(journal, 'full'));
      await svc.must(0, ['start']);
      await svc.must(0, ['stop']);
      expect(readFileSync(path.join(journal, 'svc1', '000001.log'), 'utf8').match(/"kind":"begin"[^\n]*"verb":"stop"/g)).to.have.length(2);
    });

    it('everything that svcmgr writes but its run folder is full: the stop works', async () => {
      const state = smallDisk(svc, '512k', 'var');
      const log = smallDisk(svc, '64k', 'log');
      write();
      await svc.must(0, ['start']);
      const pid = Number(readFileSync(svc.file('serve.pid'), 'utf8'));
      fill(state);
      fill(log);
      await svc.must(0, ['stop']);
      expect(isRunning(pid)).to.equal(false);
      expect(mountsIn(svc).filter((point) => point === 'data')).to.deep.equal([]);
      expect(isAttached(svc)).to.equal(false);
      expect(await svc.states()).to.deep.equal(down);
      await svc.must(5, ['start']);
    });

    it('that fills up in the middle of a start: how it ended is journaled all the same, and a later start succeeds', async () => {
      const journal = smallDisk(svc, '256k', 'var', 'journal');
      const filler = svc.script('filler', `dd if=/dev/zero of=${journal}/full bs=4k; dd if=/dev/zero of=${journal}/fuller bs=1; exit 0`);
      svc.write(`${loopAndExt4}post_start = ${filler}\n${serve()}`);
      makeExt4(svc);
      // The room put aside is enough for the rest of this start.
      await svc.must(0, ['start']);
      expect(await svc.states()).to.deep.equal(up);
      expect((await svc.status()).monitor.interrupted).to.equal(null);
      await svc.must(0, ['stop']);
      expect(await svc.states()).to.deep.equal(down);
    });
  });

  describe('a tool that is not installed', () => {
    /** svcmgr in a mount namespace of its own where these programs are no programs. */
    function without(tools: readonly string[], argv: readonly string[]) {
      const hide = tools
        .flatMap((tool) => ['/usr/sbin', '/usr/bin', '/sbin', '/bin'].map((folder) => `${folder}/${tool}`))
        .filter((file) => existsSync(file));
      const script = `for file in ${hide.join(' ')}; do mount --bind /dev/null "$file" || exit 99; done; exec "$@"`;
      return runCli(['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', svcmgr, '-s', 'svc1', ...argv], {
        home: svc.home(),
        netns: netns(),
        program: findTool('unshare') ?? 'unshare',
      });
    }

    it('is named with the resource that needs it, exit 4, before the first change', async () => {
      write();
      for (const tool of ['e2fsck', 'losetup']) {
        const { code, stderr } = await without([tool], ['start']);
        expect(code, stderr).to.equal(4);
        expect(stderr).to.match(new RegExp(`(vg|fs)#1 \\((vg\\.loop|fs\\.ext4)\\) needs ${tool}, which is not installed`));
        expect(isAttached(svc)).to.equal(false);
        expect(existsSync(svc.file('data'))).to.equal(false);
      }
      expect(await svc.states()).to.deep.equal(down);
      await svc.must(0, ['start']);
      await svc.must(0, ['stop']);
    });

    it('mkfs: a provision is refused before the image is made', async () => {
      svc.write(`${loopAndExt4.replace('[fs#1]', 'size = 8m\n[fs#1]')}`);
      const { code, stderr } = await without(['mkfs.ext4'], ['provision']);
      expect(code, stderr).to.equal(4);
      expect(stderr).to.contain('mkfs.ext4');
      expect(existsSync(svc.file('image'))).to.equal(false);
    });

    it('arping: ping asks instead; without both it is not known who has the address, which is refused by name', async () => {
      svc.write('[ip#1]\ntype = host\nipname = 10.9.10.1\nnetmask = 24\nipdev = svc0\n');
      netns().run('ip', 'address', 'replace', '10.9.10.2/24', 'dev', 'svc0');
      const blind = await without(['arping', 'ping'], ['start']);
      expect(blind.code, blind.stderr).to.equal(5);
      expect(blind.stderr).to.contain('cannot tell whether 10.9.10.1 is alive elsewhere').and.to.contain('--allow address-alive');
      const { code, stderr } = await without(['arping', 'ping'], ['start', '--allow', 'address-alive']);
      expect(code, stderr).to.equal(0);
      expect(stderr).to.contain('arping is not installed: the neighbours are not told');
      await svc.must(0, ['stop']);
    });

    it('a program of the service: the start fails by name and is rolled back', async () => {
      svc.write(`${loopAndExt4}[app#1]\ntype = simple\nstart = /opt/svcmgr-no-such-program --serve\n`);
      makeExt4(svc);
      expect(await svc.must(1, ['start'])).to.contain('/opt/svcmgr-no-such-program is not installed');
      expect(await svc.states()).to.deep.equal(down);
    });
  });

  it('--dry-run of every verb changes nothing: mounts, loop devices, addresses, processes, files', async () => {
    svc.write(
      `[ip#1]\ntype = host\nipname = 10.9.11.1\nnetmask = 24\nipdev = svc0\ncheck_conflict = false\n${loopAndExt4}pre_start = touch HOME/trigger\n${serve()}[task#1]\ntype = host\ncommand = touch HOME/ran\n`,
    );
    makeExt4(svc);
    const snapshot = () => [
      readFileSync('/proc/self/mounts', 'utf8')
        .split('\n')
        .filter((line) => line.includes(svc.home().folder)),
      must('losetup', '--all')
        .split('\n')
        .filter((line) => line.includes(svc.home().folder)),
      netns().run('ip', '-4', '-o', 'address', 'show'),
      // What changes by looking (the log, the kept states) is not the world.
      filesIn(svc.home().folder).filter((line) => !/^(log|var|run)\b/.test(line)),
      ['journal', 'locks'].map((name) => existsSync(svc.file('run', name))),
    ];
    const verbs = [
      ['start'],
      ['stop'],
      ['restart'],
      ['provision'],
      ['unprovision'],
      ['run', '--rid', 'task#1'],
      ['disable', '--rid', 'app#1'],
    ];
    for (const isUp of [false, true]) {
      if (isUp) await svc.must(0, ['start']);
      const before = snapshot();
      const records = isUp ? readFileSync(svc.file('var', 'journal', 'svc1', '000001.log'), 'utf8') : undefined;
      for (const verb of verbs) {
        const { code, stdout, stderr } = await svc.cli([...verb, '--dry-run']);
        expect(code, `${verb.join(' ')}: ${stderr}`).to.equal(0);
        expect(stderr, verb.join(' ')).not.to.match(/^\S+ INFO /m);
        expect(snapshot(), verb.join(' ')).to.deep.equal(before);
        if (verb[0] === 'start')
          expect(stdout).to.match(isUp ? /would make 0 changes|nothing to do/ : /start would make [1-9]\d* changes; nothing was done/);
      }
      if (records !== undefined) expect(readFileSync(svc.file('var', 'journal', 'svc1', '000001.log'), 'utf8')).to.equal(records);
    }
    await svc.must(0, ['stop']);
  });

  it('a state folder that is read-only: a start is refused, a stop works', async () => {
    write();
    await svc.must(0, ['start']);
    must('mount', '--bind', svc.file('var'), svc.file('var'));
    must('mount', '-o', 'remount,bind,ro', svc.file('var'));
    expect(await svc.must(5, ['start'])).to.contain('cannot write the journal');
    await svc.must(0, ['stop']);
    must('umount', svc.file('var'));
    expect(await svc.states()).to.deep.equal(down);
  });

  it('an unusable node file: a start is refused, status and stop go on and say so', async () => {
    write();
    await svc.must(0, ['start']);
    mkdirSync(svc.file('etc'), { recursive: true });
    writeFileSync(svc.file('etc', 'svcmgr.conf'), '[node]\nnmae = other\n');
    expect(await svc.must(2, ['start'])).to.match(/svcmgr\.conf:2: .*nmae/);
    expect((await svc.cli(['print', 'status'])).stderr).to.match(/svcmgr\.conf:2: .*nmae/);
    await svc.must(0, ['stop']);
    expect(await svc.states()).to.deep.equal(down);
  });
});
