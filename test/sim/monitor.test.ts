import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { isFrozen, readKept, setFrozen } from '../../agent/engine/kept-state.ts';
import { createRestarter, type Restarter } from '../../agent/engine/restarter.ts';
import { readWatches } from '../../agent/engine/watch-store.ts';
import { SvcError } from '../../agent/errors.ts';
import { acquireLock } from '../../agent/io/lock.ts';
import { formatLine } from '../../agent/journal/record.ts';
import { bootId, currentProcess } from '../../agent/io/process.ts';
import { type Bench, svc, useBench } from '../support/engine.ts';
import { createTestResidence, type TestResidence } from '../support/residence.ts';

const file = `[DEFAULT]
monitor_action = none

[fs#1]
type = double

[app#1]
type = double
monitor = true
restart = 2
restart_delay = 1s
`;

interface Scene {
  readonly residence: TestResidence;
  readonly restarter: Restarter;
  readonly drastic: string[];
  /** Another daemon of the same home: what the first one kept is read back. */
  again(boot?: string): Scene;
}

function liveOn(bench: Bench, boot = bootId()): Scene {
  const residence = createTestResidence(bench);
  const drastic: string[] = [];
  const node = { reboot: async () => void drastic.push('reboot'), crash: async () => void drastic.push('crash') };
  const switchAway = async (service: string): Promise<void> => void drastic.push(`switch ${service}`);
  const restarter = createRestarter(residence, { node, switchAway }, boot);
  residence.live(restarter);
  return { residence, restarter, drastic, again: (other = boot) => liveOn(bench, other) };
}

/** One look, and all that follows. */
async function round({ residence, restarter }: Scene, bench: Bench, afterMs = 10_000): Promise<void> {
  bench.wait(afterMs);
  await residence.look(svc);
  await restarter.idle();
}

describe('sim: monitor', () => {
  const bench = useBench();
  let scene: Scene;

  beforeEach('start the service', async () => {
    bench().service(file);
    scene = liveOn(bench());
    expect((await bench().act('start')).ok).to.equal(true);
    await round(scene, bench());
    bench().stage.events.splice(0);
  });

  const starts = (): readonly string[] => bench().stage.events;

  it('starts again what went down, as an action like any other, and says so', async () => {
    bench().stage.set({ 'app#1': 'down' });
    await round(scene, bench());
    expect(starts()).to.deep.equal(['start app#1']);
    expect((await bench().status()).overall).to.equal('up');
    const begin = (await bench().journal()).filter((record) => record.kind === 'begin').at(-1);
    expect(begin).to.include({ verb: 'start', reason: 'app#1 went down, restart 1 of 2' });
    expect(scene.residence.events.map(({ rid, text }) => `${rid}: ${text}`)).to.deep.equal(['app#1: restart 1 of 2']);
    expect((await readKept(bench().world, svc)).expected, 'the daemon wishes nothing').to.equal('up');
  });

  it('leaves alone what is neither monitored nor restarted, and what is up', async () => {
    bench().stage.set({ 'fs#1': 'down' });
    await round(scene, bench());
    expect(starts()).to.deep.equal([]);
  });

  it('starts nothing on a mount point that is gone', async () => {
    bench().stage.set({ 'fs#1': 'down', 'app#1': 'down' });
    await round(scene, bench());
    expect(starts()).to.deep.equal([]);
    expect(scene.restarter.held(svc)).to.deep.equal([{ rid: 'app#1', text: 'stands on fs#1, which is down' }]);
  });

  it('a restart loop ends: pauses that grow, then given up, once', async () => {
    bench().stage.part('app#1').startTo = 'down';
    bench().stage.set({ 'app#1': 'down' });
    for (let look = 0; look < 8; look++) await round(scene, bench());
    expect(starts().filter((event) => event === 'start app#1')).to.have.length(2);
    expect(scene.residence.events.at(-1)?.text).to.equal('given up: started again 2 times in vain; monitor_action none');
    expect(scene.residence.events.filter(({ text }) => text.startsWith('given up'))).to.have.length(1);
  });

  it('a beat ends a pause: no new look is needed', async () => {
    bench().stage.part('app#1').startTo = 'down';
    bench().stage.set({ 'app#1': 'down' });
    await round(scene, bench());
    expect(scene.restarter.held(svc)[0]?.text).to.equal('restart 2 of 2 after a pause');
    scene.residence.beat(900);
    await scene.restarter.idle();
    expect(starts().filter((event) => event === 'start app#1')).to.have.length(1);
    scene.residence.beat(101);
    await scene.restarter.idle();
    expect(starts().filter((event) => event === 'start app#1')).to.have.length(2);
  });

  it('what the operator stopped stays stopped: all of it, or one resource', async () => {
    await bench().act('stop', { rid: 'app#1' });
    bench().stage.events.splice(0);
    for (let look = 0; look < 3; look++) await round(scene, bench());
    expect(starts()).to.deep.equal([]);
    await bench().act('start', { rid: 'app#1' });
    bench().stage.set({ 'app#1': 'down' });
    bench().stage.events.splice(0);
    await round(scene, bench());
    expect(starts(), 'started again by the operator: watched again').to.deep.equal(['start app#1']);
    await bench().act('stop');
    bench().stage.events.splice(0);
    await round(scene, bench());
    expect(starts()).to.deep.equal([]);
  });

  it('what a shutdown of the machine stopped is for boot, or for an operator: it is not started again while the machine goes down', async () => {
    // Nothing below it holds it off.
    bench().service(file.replace('[fs#1]\ntype = double\n', ''));
    await round(scene, bench());
    await bench().act('shutdown');
    bench().stage.events.splice(0);
    for (let look = 0; look < 4; look++) await round(scene, bench());
    expect(starts()).to.deep.equal([]);
    const next = scene.again();
    for (let look = 0; look < 4; look++) await round(next, bench());
    expect(starts(), 'another daemon of the same boot').to.deep.equal([]);
    expect((await readKept(bench().world, svc)).expected, 'it is no wish').to.equal('up');
    await bench().act('start');
    await round(next, bench());
    bench().stage.set({ 'app#1': 'down' });
    bench().stage.events.splice(0);
    await round(next, bench());
    expect(starts(), 'started again: watched again').to.deep.equal(['start app#1']);
  });

  it('a stop that failed further on is still a stop', async () => {
    bench().stage.part('fs#1').fails.stop = { error: new SvcError('COMMAND', 'busy') };
    expect((await bench().act('stop')).ok).to.equal(false);
    bench().stage.events.splice(0);
    await round(scene, bench());
    expect((await bench().status()).resources['app#1']?.status).to.equal('down');
    expect(starts()).to.deep.equal([]);
  });

  it('a start that failed and was undone is no wish', async () => {
    await bench().act('stop');
    bench().stage.part('app#1').fails.start = { error: new SvcError('COMMAND', 'no') };
    await bench().act('start');
    bench().stage.events.splice(0);
    await round(scene, bench());
    expect(starts()).to.deep.equal([]);
  });

  it('leaves a frozen service alone, and goes on when it is thawed', async () => {
    await setFrozen(bench().world, svc, true, 'test');
    bench().stage.set({ 'app#1': 'down' });
    for (let look = 0; look < 3; look++) await round(scene, bench());
    expect(starts()).to.deep.equal([]);
    expect(scene.restarter.held(svc)[0]?.text).to.match(/frozen/);
    await setFrozen(bench().world, svc, false, 'test');
    await round(scene, bench());
    expect(starts()).to.deep.equal(['start app#1']);
  });

  it('freezestop: frozen, then stopped; still expected up, so that somebody hears of it', async () => {
    bench().service(file.replace('= none', '= freezestop'));
    bench().stage.part('app#1').startTo = 'down';
    bench().stage.set({ 'app#1': 'down' });
    for (let look = 0; look < 6; look++) await round(scene, bench());
    expect(scene.residence.acts.slice(-1)).to.deep.equal(['stop']);
    expect(await isFrozen(bench().world, svc)).to.equal(true);
    expect((await bench().status()).resources['fs#1']?.status).to.equal('down');
    expect((await readKept(bench().world, svc)).expected).to.equal('up');
    const notes = (await bench().journal()).flatMap((record) => (record.kind === 'note' ? [record.text] : []));
    expect(notes.some((text) => text.startsWith('monitor_action freezestop'))).to.equal(true);
    const count = scene.residence.acts.length;
    for (let look = 0; look < 3; look++) await round(scene, bench());
    expect(scene.residence.acts).to.have.length(count);
  });

  for (const action of ['reboot', 'crash', 'switch'] as const) {
    it(`${action} comes once, after the restarts`, async () => {
      bench().service(file.replace('= none', `= ${action}`));
      bench().stage.part('app#1').startTo = 'down';
      bench().stage.set({ 'app#1': 'down' });
      for (let look = 0; look < 8; look++) await round(scene, bench());
      expect(scene.drastic).to.deep.equal([action === 'switch' ? `switch ${svc}` : action]);
    });
  }

  it('a node that came up again is not rebooted at once, and nothing is restarted that this boot has not seen up', async () => {
    bench().service(file.replace('= none', '= reboot'));
    bench().stage.part('app#1').startTo = 'down';
    bench().stage.set({ 'app#1': 'down' });
    for (let look = 0; look < 6; look++) await round(scene, bench());
    expect(scene.drastic).to.deep.equal(['reboot']);
    const next = scene.again('another boot');
    bench().stage.events.splice(0);
    for (let look = 0; look < 4; look++) await round(next, bench());
    expect(starts(), 'down since the boot: for boot to start').to.deep.equal([]);
    bench().stage.set({ 'app#1': 'up' });
    await round(next, bench());
    bench().stage.set({ 'app#1': 'down' });
    for (let look = 0; look < 8; look++) await round(next, bench());
    expect(next.drastic).to.deep.equal([]);
    expect(next.restarter.held(svc)).to.deep.equal([]);
    expect(starts().filter((event) => event === 'start app#1')).to.have.length(2);
  });

  it('a daemon that was killed brings no second budget', async () => {
    bench().stage.part('app#1').startTo = 'down';
    bench().stage.set({ 'app#1': 'down' });
    await round(scene, bench());
    const second = scene.again();
    for (let look = 0; look < 6; look++) await round(second, bench());
    expect(starts().filter((event) => event === 'start app#1')).to.have.length(2);
    const third = scene.again();
    for (let look = 0; look < 3; look++) await round(third, bench());
    expect(starts().filter((event) => event === 'start app#1')).to.have.length(2);
    expect((await readWatches(bench().world, svc, bootId()))['app#1']).to.include({ attempts: 2, gaveUp: true });
  });

  it('what died while no daemon ran is started again by the next one', async () => {
    bench().stage.set({ 'app#1': 'down' });
    const second = scene.again();
    await round(second, bench());
    expect(starts()).to.deep.equal(['start app#1']);
  });

  it('waits while somebody else is at work, and then has its whole budget', async () => {
    const held = await acquireLock(
      bench().home.path('run', 'locks', `${svc}.lock`),
      { ...currentProcess(), who: 'somebody', action: 'stop', service: svc, sid: 'x', since: '2026-11-21T12:00:00Z' },
      { waitMs: 0 },
    );
    bench().stage.set({ 'app#1': 'down' });
    await round(scene, bench());
    expect(scene.residence.acts).to.deep.equal([]);
    held.release();
    await round(scene, bench());
    expect(scene.residence.acts).to.deep.equal(['start app#1']);
  });

  it('a lock taken between the look and the restart costs no attempt', async () => {
    const release: (() => void)[] = [];
    bench().stage.set({ 'app#1': 'down' });
    const act = scene.residence.act;
    Object.assign(scene.residence, {
      act: async (...asked: Parameters<typeof act>) => {
        const owner = { ...currentProcess(), who: 'somebody', action: 'stop', service: svc, sid: 'x', since: '2026-11-21T12:00:00Z' };
        const lock = await acquireLock(bench().home.path('run', 'locks', `${svc}.lock`), owner, { waitMs: 0 });
        release.push(() => lock.release());
        return act(...asked);
      },
    });
    await round(scene, bench());
    expect((await readWatches(bench().world, svc, bootId()))['app#1']?.attempts).to.equal(0);
    expect(scene.residence.events.at(-1)?.text).to.match(/^restart 1 of 2 did not begin/);
    for (const one of release) one();
  });

  it('does not touch what a cut stop has left, until a person has settled it', async () => {
    const journal = bench().home.path('var', 'journal', svc, '000009.log');
    const dead = { pid: 1, startTicks: 1, boot: 'no such boot' };
    const begin = {
      kind: 'begin',
      sid: 'cut',
      service: svc,
      verb: 'stop',
      options: {},
      node: 'node1',
      who: { user: 'root' },
      ...dead,
    } as const;
    mkdirSync(bench().home.path('var', 'journal', svc), { recursive: true });
    writeFileSync(journal, formatLine(begin, { at: Date.now() }));
    bench().stage.set({ 'app#1': 'down' });
    await round(scene, bench());
    expect(scene.residence.acts).to.deep.equal([]);
    expect(scene.restarter.held(svc)[0]?.text).to.match(/stop was interrupted/);
  });

  it('one service that cannot be decided on does not end the monitoring of another', async () => {
    bench().service(file, 'svc2');
    await bench().actOn('svc2', 'start');
    bench().stage.events.splice(0);
    bench().stage.set({ 'app#1': 'down' });
    // A folder where the file of wishes should be cannot be read.
    rmSync(bench().home.path('var', 'services', svc, 'wishes.json'));
    mkdirSync(bench().home.path('var', 'services', svc, 'wishes.json'));
    await scene.residence.look(svc);
    await scene.residence.look('svc2');
    await scene.restarter.idle();
    expect(scene.residence.events.map(({ service, text }) => `${service} ${text.split(':')[0]}`)).to.deep.equal([
      `${svc} the monitor could not decide`,
      'svc2 restart 1 of 2',
    ]);
  });

  it('does nothing once the daemon is being stopped', async () => {
    bench().stage.set({ 'app#1': 'down' });
    const { residence, restarter } = scene;
    await residence.look(svc);
    residence.leave();
    await restarter.stop?.();
    const count = residence.acts.length;
    residence.beat(60_000);
    await restarter.idle();
    expect(residence.acts).to.have.length(count);
  });
});
