/** What can go wrong at the doors of the arrays, as their clients meet it. */
import { expect } from 'chai';
import { documentPair } from './config.ts';
import { connectControls } from './control-socket.ts';
import { execCommand, type Heard, type Place, withConnection } from './ssh-client.ts';
import { useHp3par } from './use.ts';

const [one, two] = ['hp3par1.opensvc.com', 'hp3par2.opensvc.com'] as const;

describe('hp3par simulator: faults', () => {
  const stage = useHp3par((user) => documentPair(user));
  const place = (array: string = one): Place => ({ ...stage().sim.ssh(array), user: stage().user });
  const groupStatus = () => stage().sim.controls.state()[one]?.groups['MYRCG']?.status;

  it('a fault meets the commands that it names, so many times', async () => {
    const { controls } = stage().sim;
    controls.fault({ kind: 'too-many', array: one, command: 'showrcopy', times: 2 });
    const refused = { stdout: '', stderr: 'Too many local CLI connections.\n', code: 1 };
    expect(await execCommand(place(), 'showrcopy')).to.deep.equal(refused);
    expect((await execCommand(place(), 'showsys')).code).to.equal(0);
    expect((await execCommand(place(two), 'showrcopy')).code).to.equal(0);
    expect(await execCommand(place(), 'showrcopy links')).to.deep.equal(refused);
    expect((await execCommand(place(), 'showrcopy')).code).to.equal(0);
  });

  it('garbage, words on stderr, and their end', async () => {
    const { controls } = stage().sim;
    controls.fault({ kind: 'garbage', command: 'showrcopy' });
    expect((await execCommand(place(), 'showrcopy groups')).stdout).to.match(/^Segment 0x7f/);
    controls.clearFaults();
    controls.fault({ kind: 'error', text: 'internal error 17', times: 1 });
    expect(await execCommand(place(), 'stoprcopygroup -f MYRCG')).to.deep.equal({ stdout: '', stderr: 'internal error 17\n', code: 1 });
    expect(groupStatus()).to.equal('Started');
    expect((await execCommand(place(), 'showrcopy groups')).stdout).to.match(/MYRCG/);
  });

  it('half an answer, and the connection is gone', async () => {
    const whole = (await execCommand(place(), 'showrcopy')).stdout;
    stage().sim.controls.fault({ kind: 'half', times: 1 });
    const heard: Heard[] = [];
    await execCommand(place(), 'showrcopy').then(
      (half) => heard.push(half),
      () => undefined,
    );
    for (const { stdout, code } of heard) {
      expect(whole.startsWith(stdout)).to.equal(true);
      expect(code).to.equal(-1);
    }
    expect((await execCommand(place(), 'showrcopy')).stdout).to.equal(whole);
  });

  it('a connection that is cut, before the command is done or behind it', async () => {
    const { controls } = stage().sim;
    controls.fault({ kind: 'close', command: 'stoprcopygroup', times: 1 });
    await execCommand(place(), 'stoprcopygroup -f MYRCG').catch(() => undefined);
    expect(groupStatus()).to.equal('Started');
    controls.fault({ kind: 'close', command: 'stoprcopygroup', times: 1, takesEffect: true });
    await execCommand(place(), 'stoprcopygroup -f MYRCG').catch(() => undefined);
    expect(groupStatus()).to.equal('Stopped');
  });

  it('a command that hangs does not keep others from an answer', async () => {
    const { controls } = stage().sim;
    controls.fault({ kind: 'hang', command: 'stoprcopygroup', times: 1, takesEffect: true });
    let answered = false;
    void execCommand(place(), 'stoprcopygroup -f MYRCG').then(
      () => {
        answered = true;
      },
      () => undefined,
    );
    while (groupStatus() === 'Started') await execCommand(place(), 'showrcopy');
    expect((await execCommand(place(), 'showrcopy groups')).stdout).to.match(/Stopped/);
    expect(answered).to.equal(false);
  });

  it('a slow one answers later', async () => {
    stage().sim.controls.fault({ kind: 'slow', ms: 300, times: 1 });
    const began = performance.now();
    expect((await execCommand(place(), 'showsys')).code).to.equal(0);
    expect(performance.now() - began).to.be.at.least(290);
  });

  it('a manager that nobody can reach, and its return on the same port', async () => {
    const { controls } = stage().sim;
    const before = stage().sim.ssh(one).port;
    await controls.door(one, { management: 'refuse' });
    expect(await failure(execCommand(place(), 'showsys'))).to.match(/ECONNREFUSED/);
    expect(controls.state()[one]).to.deep.include({ alive: true });
    await controls.door(one, { management: 'open' });
    expect((await execCommand(place(), 'showsys')).code).to.equal(0);
    expect(stage().sim.ssh(one).port).to.equal(before);
  });

  it('a manager that hangs: new connections and those that exist', async () => {
    const { controls } = stage().sim;
    await withConnection(place(), async (client) => {
      await controls.door(one, { management: 'hang' });
      let answered = false;
      client.exec('showsys', () => {
        answered = true;
      });
      const fresh = await failure(execCommand({ ...place(), readyTimeoutMs: 200 }, 'showsys'));
      expect(fresh).to.match(/Timed out while waiting for handshake/);
      expect(answered).to.equal(false);
      await controls.door(one, { management: 'open' });
      while (!answered) await new Promise((resolve) => setTimeout(resolve, 5));
    });
    expect((await execCommand(place(), 'showsys')).code).to.equal(0);
  });

  it('a manager that lets nobody in', async () => {
    await stage().sim.controls.door(one, { login: 'refused' });
    expect(await failure(execCommand(place(), 'showsys'))).to.match(/authentication methods failed/);
  });

  it('a dead array: no manager, its peer sees the links down, then the target failed', async () => {
    const { controls } = stage().sim;
    await controls.kill(one);
    expect(await failure(execCommand(place(), 'showsys'))).to.match(/ECONNREFUSED/);
    const links = (await execCommand(place(two), 'showrcopy links -csvtable -nohdtot')).stdout.split('\n');
    expect(links.filter((line) => line.startsWith(one)).every((line) => line.endsWith(',Down,-'))).to.equal(true);
    expect(links.filter((line) => line.startsWith('receive')).every((line) => line.endsWith(',Up,-'))).to.equal(true);
    const target = async () => (await execCommand(place(two), 'showrcopy targets -csvtable -nohdtot')).stdout.split(',')[3];
    expect(await target()).to.equal('failing');
    controls.elapse(10_000);
    expect(await target()).to.equal('failed');
    await controls.revive(one);
    expect(await target()).to.equal('ready');
    expect((await execCommand(place(), 'showsys')).code).to.equal(0);
  });

  it('one link of two is enough', () => {
    const { controls } = stage().sim;
    controls.link(one, '0:2:4', false);
    controls.elapse(60_000);
    expect(controls.state()[one]?.targets).to.deep.equal({ [two]: 'ready' });
    controls.link(one, '1:2:3', false);
    expect(controls.state()[two]?.targets).to.deep.equal({ [one]: 'failing' });
    expect(() => controls.link(one, '9:9:9', false)).to.throw(/no link at 9:9:9/);
  });

  it('links of one way alone are no connection', () => {
    const { controls } = stage().sim;
    controls.links(one, two, false, 'there');
    controls.elapse(10_000);
    expect(Object.values(controls.state()).map(({ targets }) => Object.values(targets)[0])).to.deep.equal(['failed', 'failed']);
    controls.links(one, two, true, 'there');
    expect(groupStatus()).to.equal('Started');
  });
});

describe('hp3par simulator: control socket', () => {
  const stage = useHp3par((user) => documentPair(user));

  it('gives another process the same controls', async () => {
    const { sim } = stage();
    const remote = await connectControls(sim.controlSocket);
    await remote.links(one, two, false);
    await remote.elapse(10_000);
    expect(await remote.state()).to.deep.equal(JSON.parse(JSON.stringify(sim.controls.state())));
    expect((await remote.run(two, 'setrcopygroup failover -f -waittask MYRCG.r12345')).stdout).to.match(/Task 2576 done/);
    expect(await failure(remote.links('nosuch', two, true))).to.match(/no array nosuch/);
    expect(await remote.violations()).to.deep.equal([]);
    remote.disconnect();
  });
});

async function failure(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'it succeeded',
    (error: unknown) => String(error),
  );
}
