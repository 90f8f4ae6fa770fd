import { expect } from 'chai';
import { must } from '../support/command.ts';
import { lxcNeeds } from '../support/lxc.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { linesOf, useContainerService } from './lxc-service.ts';

const file = `
[ip#1]
type = host
encap = true
ipname = 10.77.0.9
ipdev = eth0
netmask = 24
check_conflict = false
announce = false

[app#1]
type = simple
encap = true
start = /bin/sleep 4712
`;

describeUnless(missing(lxcNeeds), 'real: the agent dies while it works on a container', () => {
  const svc = useContainerService();
  const states = async () => Object.values(await svc.states()).join(' ');
  const sleepers = (): readonly string[] => {
    const namespace = must('readlink', `/proc/${svc.container().pid()}/ns/pid`);
    const pids = must('sh', '-c', 'pgrep -x -f "/bin/sleep 4712" || true')
      .split('\n')
      .filter((pid) => pid !== '');
    return pids.filter((pid) => must('readlink', `/proc/${pid}/ns/pid`) === namespace);
  };

  for (const [where, line] of [
    ['when lxc-start begins', /lxc-start -d/],
    ['when lxc-start is done', /start done in/],
    ['while it waits for commands', /wait for container operational/],
    ['when the address is added inside', /ip addr add/],
    ['when the application is launched inside', /\/bin\/sleep 4712 \(in/],
  ] as const) {
    it(`completes a start that was killed ${where}, and starts nothing twice`, async () => {
      svc.file0(file);
      const cut = svc.spawn(['start']);
      await cut.sees(line);
      await cut.crash();
      const again = await svc.start();
      expect(again.code, again.stderr).to.equal(0);
      expect(await states()).to.equal('up up up');
      expect(sleepers()).to.have.length(1);
      expect((await svc.stop()).code).to.equal(0);
      expect(svc.container().state()).to.equal('STOPPED');
    });
  }

  for (const [where, line] of [
    ['when the application is told to end', /kill -TERM/],
    ['when the address is removed inside', /ip addr del/],
    ['when lxc-stop begins', /lxc-stop -n/],
    ['while it waits for the end', /wait for container down status/],
  ] as const) {
    it(`completes a stop that was killed ${where}`, async () => {
      svc.file0(file);
      expect((await svc.start()).code).to.equal(0);
      const cut = svc.spawn(['stop']);
      await cut.sees(line);
      await cut.crash();
      const again = await svc.stop();
      expect(again.code, again.stderr).to.equal(0);
      expect(await states()).to.equal('down down n/a');
      expect(svc.container().monitor()).to.equal(undefined);
      expect((await svc.start()).code).to.equal(0);
    });
  }

  it('stops a container whose start was killed', async () => {
    svc.file0(file);
    const cut = svc.spawn(['start']);
    await cut.sees(/lxc-start -d/);
    await cut.crash();
    const stopped = await svc.stop();
    expect(stopped.code, stopped.stderr).to.equal(0);
    expect(svc.container().state()).to.equal('STOPPED');
    expect(linesOf(await svc.stop(), 'container#0')).to.deep.equal([`container ${svc.container().name} already stopped`]);
  });

  it('waits for a command that lives on inside after its agent died, instead of running it beside', async () => {
    svc.file0(`[app#1]
type = forking
encap = true
start = /bin/sh -c 'echo up >/tmp/state'
stop = /bin/sh -c 'echo begun >>/tmp/stops; sleep 2; echo down >/tmp/state; echo ended >>/tmp/stops'
check = /bin/grep -q up /tmp/state
`);
    expect((await svc.start()).code).to.equal(0);
    const cut = svc.spawn(['stop', '--rid', 'app#1']);
    await cut.sees(/echo begun.*\(in container#0\)/);
    await svc.container().waitFor('/tmp/stops');
    await cut.crash();
    const again = await svc.stop('--rid', 'app#1');
    expect(again.code, again.stderr).to.equal(0);
    expect(svc.container().run('cat', '/tmp/stops')).to.equal('begun\nended\n');
    expect(await states()).to.equal('up down');
  });
});
