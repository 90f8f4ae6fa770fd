import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { program } from '../support/programs.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { isAttached, isRunning, loopAndExt4, makeExt4, mountsIn, useService } from './fault-service.ts';

const needs = { root: true, tools: ['losetup', 'mkfs.ext4'], files: ['/dev/loop-control'] };

describeUnless(missing(needs), 'real faults: triggers', function () {
  this.timeout(60_000);
  const svc = useService();

  /** The service with these lines in the section of its filesystem. */
  const write = (...lines: readonly string[]) => svc.write(`${loopAndExt4}${lines.join('\n')}\n`);
  const allUp = { 'vg#1': 'up', 'fs#1': 'up' };
  const allDown = { 'vg#1': 'down', 'fs#1': 'down' };

  it('a plain one that hangs is ended at start_timeout and logged, and the start goes on', async () => {
    const hang = svc.script('hang', `echo $$ > ${svc.file('hang.pid')}\nexec sleep 3600`);
    write(`pre_start = ${hang}`, 'start_timeout = 1s');
    makeExt4(svc);
    const said = await svc.must(0, ['start']);
    expect(said).to.match(/WARN SVC1\.FS#1 pre_start: .*hang: no answer in 1 s, ended/);
    expect(isRunning(Number(readFileSync(svc.file('hang.pid'), 'utf8')))).to.equal(false);
    expect(await svc.states()).to.deep.equal(allUp);
    await svc.must(0, ['stop']);
  });

  it('a blocking one that hangs is ended at start_timeout and fails the start: rolled back, exit 1', async () => {
    write('blocking_pre_start = sleep 3600', 'start_timeout = 1s');
    makeExt4(svc);
    const said = await svc.must(1, ['start']);
    expect(said)
      .to.match(/blocking_pre_start: sleep 3600: no answer in 1 s, ended/)
      .and.to.match(/SVC1\.VG#1 rollback: stop/);
    expect(await svc.states()).to.deep.equal(allDown);
    expect(isAttached(svc)).to.equal(false);
    write();
    await svc.must(0, ['start']);
    await svc.must(0, ['stop']);
  });

  it('one that leaves a child holding its output: the start does not wait for the child, and the child lives', async () => {
    const leave = svc.script('leave', `cd ${svc.home().folder}; sleep 3600 & echo $! > child.pid; echo left`);
    write(`pre_start = ${leave}`);
    makeExt4(svc);
    const said = await svc.must(0, ['start']);
    expect(said).to.match(/INFO SVC1\.FS#1 output: left/);
    const child = Number(readFileSync(svc.file('child.pid'), 'utf8'));
    expect(isRunning(child)).to.equal(true);
    await svc.must(0, ['stop']);
    expect(isRunning(child), 'a stop ends the application, not what a trigger has left').to.equal(true);
  });

  it('a blocking one that fails aborts the start and all of it is rolled back; the same plain one is only logged', async () => {
    write(`blocking_post_start = ${program('fail')} 3`);
    makeExt4(svc);
    const said = await svc.must(1, ['start']);
    expect(said).to.match(/blocking_post_start: .*fail 3.*3.*it did not work/);
    expect(await svc.states()).to.deep.equal(allDown);
    expect(mountsIn(svc)).to.deep.equal([]);
    write(`post_start = ${program('fail')} 3`);
    expect(await svc.must(0, ['start'])).to.match(/WARN SVC1\.FS#1 post_start: .*fail 3.*it did not work/);
    expect(await svc.states()).to.deep.equal(allUp);
    await svc.must(0, ['stop']);
  });

  it('a blocking one that fails at the stop leaves the rest up, and the stop succeeds once it does not', async () => {
    const gate = svc.script('gate', `[ -e ${svc.file('open')} ]`);
    write(`blocking_pre_stop = ${gate}`);
    makeExt4(svc);
    await svc.must(0, ['start']);
    expect(await svc.must(1, ['stop'])).to.contain('blocking_pre_stop');
    expect(await svc.states()).to.deep.equal(allUp);
    svc.script('../open', '');
    await svc.must(0, ['stop']);
    expect(await svc.states()).to.deep.equal(allDown);
  });

  it('one that is not there: a plain one is logged, a blocking one fails the start by name', async () => {
    write('pre_start = /opt/svcmgr-no-such-trigger');
    makeExt4(svc);
    expect(await svc.must(0, ['start'])).to.match(/WARN SVC1\.FS#1 pre_start: \/opt\/svcmgr-no-such-trigger is not installed/);
    await svc.must(0, ['stop']);
    write('blocking_pre_start = /opt/svcmgr-no-such-trigger');
    expect(await svc.must(1, ['start'])).to.match(/blocking_pre_start: \/opt\/svcmgr-no-such-trigger is not installed/);
    expect(await svc.states()).to.deep.equal(allDown);
  });

  it('one of the whole service runs before the first change, and when it is blocking and fails nothing is changed', async () => {
    const mark = svc.script('mark', `echo "$SVCMGR_SERVICE $SVCMGR_ACTION $SVCMGR_RID." > ${svc.file('mark')}; exit 4`);
    svc.write(`[DEFAULT]\nblocking_pre_start = ${mark}\n${loopAndExt4}`);
    makeExt4(svc);
    const said = await svc.must(1, ['start']);
    expect(said).to.contain('blocking_pre_start').and.not.to.contain('losetup');
    expect(readFileSync(svc.file('mark'), 'utf8')).to.equal('svc1 start .\n');
    expect(isAttached(svc)).to.equal(false);
    expect(existsSync(svc.file('data'))).to.equal(false);
  });
});
