import { chmodSync } from 'node:fs';
import { expect } from 'chai';
import { program } from '../support/programs.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { filesIn, loopAndExt4, makeExt4, useService } from './fault-service.ts';

const needs = { root: true, tools: ['losetup', 'mkfs.ext4'], files: ['/dev/loop-control'] };
const nobody = 65534;

describeUnless(missing(needs), 'real faults: a user who is not root', function () {
  this.timeout(60_000);
  const svc = useService();
  const up = { 'vg#1': 'up', 'fs#1': 'up', 'app#1': 'up' };
  const write = () => {
    svc.write(`${loopAndExt4}[app#1]\ntype = simple\nstart = ${program('serve')} ${svc.file('serve.pid')}\n`);
    makeExt4(svc);
  };
  const asNobody = () => ({ uid: nobody });
  const letIn = () => chmodSync(svc.home().folder, 0o755);

  it('sees the status', async () => {
    write();
    letIn();
    await svc.must(0, ['start']);
    expect(await svc.states(asNobody())).to.deep.equal(up);
    const { stderr } = await svc.cli(['print', 'status'], asNobody());
    expect(stderr).to.match(/whether an action was interrupted is not known: .*journal.*permission denied/);
    await svc.must(0, ['stop']);
    // A loop device over somebody's image that he may not look at could be over this one: then it is not known.
    for (const [rid, { status, notes }] of Object.entries((await svc.status(asNobody())).resources)) {
      if (status === 'undef') expect(notes[0]?.text, rid).to.contain('permission denied');
      else expect(status, rid).to.equal('down');
    }
  });

  it('cannot start: a clear error before anything is changed, nothing left behind', async () => {
    write();
    letIn();
    const before = filesIn(svc.home().folder);
    const { code, stderr } = await svc.cli(['start'], asNobody());
    expect(code, stderr).to.be.oneOf([5, 7]);
    expect(stderr)
      .to.match(/permission denied|EACCES|root/i)
      .and.not.to.match(/\n +at /);
    expect(filesIn(svc.home().folder)).to.deep.equal(before);
    await svc.must(0, ['start']);
    const { code: stopped, stderr: said } = await svc.cli(['stop'], asNobody());
    expect(stopped, said).to.be.oneOf([1, 5, 7]);
    expect(await svc.states()).to.deep.equal(up);
    expect((await svc.status()).monitor.interrupted).to.equal(null);
    await svc.must(0, ['stop']);
  });

  it('is told what cannot be read, not that it is down', async () => {
    write();
    letIn();
    await svc.must(0, ['start']);
    chmodSync(svc.file('services.d', 'svc1.conf'), 0o600);
    const { code, stderr } = await svc.cli(['print', 'status'], asNobody());
    expect(code, stderr).to.equal(2);
    expect(stderr)
      .to.contain(`cannot read ${svc.file('services.d', 'svc1.conf')}: EACCES`)
      .and.to.contain('run as root');
    await svc.must(0, ['stop']);
  });
});
