import { existsSync, readFileSync, statSync } from 'node:fs';
import { expect } from 'chai';
import { spawnCli, svcmgr } from '../support/cli.ts';
import { program } from '../support/programs.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { until } from './crash-lab.ts';
import { isAttached, isRunning, loopAndExt4, makeExt4, mountsIn, useService } from './fault-service.ts';

const needs = { root: true, tools: ['losetup', 'mkfs.ext4'], files: ['/dev/loop-control'] };

describeUnless(missing(needs), 'real faults: applications and limits', function () {
  this.timeout(60_000);
  const svc = useService();

  const allDown = { 'vg#1': 'down', 'fs#1': 'down', 'app#1': 'down' };
  const write = (app: string) => {
    svc.write(`${loopAndExt4}[app#1]\n${app}\n`);
    if (!existsSync(svc.file('image'))) makeExt4(svc);
  };
  const serve = () => `type = simple\nstart = ${program('serve')} ${svc.file('serve.pid')}`;
  const pidIn = (name: string) => Number(readFileSync(svc.file(name), 'utf8'));
  const isUndone = async () => {
    expect(await svc.states()).to.deep.equal(allDown);
    expect(mountsIn(svc)).to.deep.equal([]);
    expect(isAttached(svc)).to.equal(false);
  };

  it('a start command that hangs is ended at start_timeout, also when it ignores TERM: rolled back, exit 1; later it starts', async () => {
    const hang = svc.script('hang', `echo $$ > ${svc.file('hang.pid')}\nexec ${program('hang')}`);
    write(`type = forking\nstart = ${hang}\ncheck = test -e ${svc.file('never')}\nstart_timeout = 1s`);
    const said = await svc.must(1, ['start']);
    expect(said)
      .to.match(/app#1|APP#1/)
      .and.to.match(/no answer in 1 s/)
      .and.to.match(/rollback: stop/);
    expect(isRunning(pidIn('hang.pid'))).to.equal(false);
    await isUndone();
    write(serve());
    await svc.must(0, ['start']);
    await svc.must(0, ['stop']);
  });

  it('--timeout ends a start as a whole: rolled back, not an exit of success', async () => {
    write(`type = forking\nstart = sleep 3600\ncheck = test -e ${svc.file('never')}`);
    const { code, stderr } = await svc.cli(['start', '--timeout', '1s']);
    expect(code, stderr).to.equal(1);
    expect(stderr).to.match(/no answer in 1 s/);
    await isUndone();
  });

  it('a program that dies at once fails the start: its last words, rolled back, exit 1', async () => {
    write(`type = simple\nstart = ${program('fail')} 5`);
    const said = await svc.must(1, ['start']);
    expect(said).to.match(/fail 5 ended at once \(exit 5\): it did not work/);
    await isUndone();
    write(serve());
    await svc.must(0, ['start']);
    expect(await svc.states()).to.include({ 'app#1': 'up' });
    await svc.must(0, ['stop']);
  });

  it('a program that dies a moment later, with success, fails the start all the same', async () => {
    write('type = simple\nstart = sleep 0.1');
    expect(await svc.must(1, ['start'])).to.match(/sleep ended at once/);
    await isUndone();
  });

  it('a program outlives the command line, and a kill of its whole process group and session', async () => {
    write(
      `${serve()}\ncheck = ${svc.script('slow-check', `echo $$ >> ${svc.file('checked')}; [ -e ${svc.file('serve.pid')} ] || exit 1; sleep 3600`)}\nretcodes = 0:up`,
    );
    // The start, leader of a session, waits in its check while we kill its group: the program is up, the command line is not done.
    const cli = spawnCli([svcmgr, '-s', 'svc1', 'start'], { home: svc.home(), program: 'setsid' });
    await until(() => existsSync(svc.file('checked')) && existsSync(svc.file('serve.pid')), 'the program to come up');
    process.kill(-cli.pid, 'SIGKILL');
    expect((await cli.done).signal).to.equal('SIGKILL');
    const pid = pidIn('serve.pid');
    expect(isRunning(pid)).to.equal(true);
    write(serve());
    expect((await svc.status()).monitor.interrupted).to.include({ verb: 'start', rid: 'app#1' });
    const said = await svc.must(0, ['start']);
    expect(said).not.to.contain('programs/serve');
    expect(pidIn('serve.pid')).to.equal(pid);
    expect(isRunning(pid)).to.equal(true);
    await svc.must(0, ['stop']);
    expect(isRunning(pid)).to.equal(false);
  });

  it('a program that is still warming up after a killed start: the next start waits for its check and does not start another', async () => {
    const check = svc.script('check', `echo >> ${svc.file('checked')}; [ -e ${svc.file('warm')} ]`);
    write(`${serve()}\ncheck = ${check}\ntimeout = 20s`);
    const cli = svc.spawn(['start']);
    await until(() => existsSync(svc.file('checked')) && existsSync(svc.file('serve.pid')), 'the check to be asked');
    await cli.crash();
    const pid = pidIn('serve.pid');
    const asked = statSync(svc.file('checked')).size;
    const again = svc.spawn(['start']);
    // Once for its state, then until it says up.
    await until(() => statSync(svc.file('checked')).size >= asked + 3, 'the check to be asked again');
    svc.script('../warm', '');
    const { code, stderr } = await again.done;
    expect(code, stderr).to.equal(0);
    expect(pidIn('serve.pid')).to.equal(pid);
    expect(await svc.states()).to.deep.equal({ 'vg#1': 'up', 'fs#1': 'up', 'app#1': 'up' });
    await svc.must(0, ['stop']);
  });

  it('a program that a killed stop has told to end is not taken for a running one', async () => {
    const stubborn = svc.script(
      'stubborn',
      `trap ': > ${svc.file('told')}' TERM\ncd ${svc.home().folder}\nwhile [ ! -e ended ]; do sleep 0.05; done`,
    );
    write(`type = simple\nstart = ${stubborn}\ntimeout = 20s`);
    await svc.must(0, ['start']);
    const stop = svc.spawn(['stop']);
    await until(() => existsSync(svc.file('told')), 'the program to be told');
    await stop.crash();
    const app = (await svc.status()).resources['app#1'];
    expect(app?.status).to.equal('warn');
    expect(app?.notes[0]).to.have.property('mend', 'svcmgr -s svc1 stop --rid app#1');
    expect(await svc.must(5, ['start'])).to.match(
      /app#1: the program was told to end and has not ended yet: \d+ .*: stop the resource first/,
    );
    svc.script('../ended', '');
    await svc.must(0, ['stop']);
    await isUndone();
    svc.script('stubborn', 'exec sleep 3600');
    await svc.must(0, ['start']);
    expect(await svc.states()).to.include({ 'app#1': 'up' });
    await svc.must(0, ['stop']);
  });

  describe('Ctrl-C', () => {
    /** The start hangs in its application, after the filesystem is mounted. */
    async function hangingStart(ignoresTerm: boolean) {
      const hang = svc.script('hang', `echo $$ > ${svc.file('hang.pid')}\n${ignoresTerm ? `exec ${program('hang')}` : 'exec sleep 3600'}`);
      write(`type = forking\nstart = ${hang}\ncheck = test -e ${svc.file('never')}`);
      const cli = svc.spawn(['start']);
      await until(() => existsSync(svc.file('hang.pid')), 'the start to hang');
      return cli;
    }

    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      it(`${signal} during a start: its command is ended, everything rolled back, exit 130`, async () => {
        const cli = await hangingStart(false);
        cli.child.kill(signal);
        const { code, stderr } = await cli.done;
        expect(code, stderr).to.equal(130);
        expect(stderr)
          .to.contain(`${signal}: ending the action`)
          .and.to.match(/SVC1\.FS#1 rollback: stop/);
        expect(isRunning(pidIn('hang.pid'))).to.equal(false);
        await isUndone();
        expect((await svc.status()).monitor.interrupted).to.equal(null);
      });
    }

    it('twice: it leaves at once with 130, status says what was interrupted, and a stop clears up', async () => {
      const cli = await hangingStart(true);
      cli.child.kill('SIGINT');
      await cli.sees(/once more to leave at once/);
      cli.child.kill('SIGINT');
      const { code, stderr } = await cli.done;
      expect(code, stderr).to.equal(130);
      expect((await svc.status()).monitor.interrupted).to.include({ verb: 'start', rid: 'app#1' });
      expect(await svc.states()).to.deep.equal({ 'vg#1': 'up', 'fs#1': 'up', 'app#1': 'down' });
      process.kill(-pidIn('hang.pid'), 'SIGKILL');
      write(serve());
      await svc.must(0, ['stop']);
      await isUndone();
      expect((await svc.status()).monitor.interrupted).to.equal(null);
    });
  });

  it('a check that hangs makes its resource undef, "no answer in N s", and the others are told on time', async () => {
    const both = (check: string) =>
      `${loopAndExt4}[app#1]\ntype = forking\nstart = sleep 0\ncheck = ${check}\nstatus_timeout = 1s\n[app#2]\n${serve()}\n`;
    svc.write(both('sleep 0'));
    makeExt4(svc);
    await svc.must(0, ['start']);
    // It ignores TERM as well.
    svc.write(both(program('hang')));
    const { resources, overall } = await svc.status();
    expect(resources['app#1']?.status).to.equal('undef');
    expect(resources['app#1']?.notes[0]?.text).to.match(/no answer in 1 s/);
    for (const rid of ['vg#1', 'fs#1', 'app#2']) expect(resources[rid]?.status, rid).to.equal('up');
    expect(overall, 'undef never hides').to.equal('warn');
    svc.write(both('sleep 0'));
    await svc.must(0, ['stop', '--rid', 'app#2,fs,vg']);
  });

  it('a requirement that is not met refuses by name, and what the same start had brought up is rolled back', async () => {
    write(`${serve()}\nstart_requires = app#2(up)\n[app#2]\ntype = forking\nstart = sleep 0\ncheck = test -e ${svc.file('never')}`);
    const said = await svc.must(1, ['start']);
    expect(said).to.match(/app#1: .*app#2.*up.*down|app#1: .*app#2.*down.*up/);
    expect(said).not.to.contain('programs/serve');
    expect(await svc.states()).to.include(allDown);
    expect(await svc.must(1, ['start', '--rid', 'app#1'])).to.contain('app#2');
  });
});
