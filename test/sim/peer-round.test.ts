/** What the daemon knows of the other nodes: asked each minute, shown with its age, and nobody waits for a node that hangs. */
import { expect } from 'chai';
import { createResidence, type Daemon } from '../../agent/engine/residence.ts';
import { SvcError } from '../../agent/errors.ts';
import { statusIntervalMs } from '../../agent/state/look-due.ts';
import { svc, useBench } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { replied } from '../support/peers.ts';
import { documentOf, resource } from '../support/status-documents.ts';

const file = '[DEFAULT]\nnodes = node1 node2 node3\n\n[fs#1]\ntype = double\n';

describe('sim: peers: the rounds of the daemon', () => {
  let clock: { ms: number };
  let daemon: Daemon;
  /** Questions, as `node2: svc1,svc2`. */
  let asked: string[];
  // Before the home goes: what it still knows is written when it ends.
  afterEach('stop the daemon', async () => {
    await eventually(() => daemon.busyLooks() === 0);
    await daemon.stop(new SvcError('CANCELLED', 'the test is over'), 0);
  });
  const bench = useBench();

  const begin = async (services: readonly string[] = [svc], text = file): Promise<void> => {
    asked = [];
    for (const name of services) bench().service(text, name);
    for (const name of ['node2', 'node3']) answersAlways(name);
    clock = { ms: 1_000_000 };
    daemon = createResidence({ world: bench().world, renew: async () => undefined, nowMs: () => clock.ms });
    await daemon.open();
    daemon.beat();
    await eventually(() => services.every((name) => daemon.get(name)?.status !== undefined));
  };
  const statusOf = (name: string, service: string) =>
    documentOf(service, { node: name, updated: bench().world.now().toISOString(), overall: 'down', avail: 'down' });
  const answersAlways = (name: string): void => {
    bench().peers.node(name).onRead = ([, selector = '']) => {
      asked.push(`${name}: ${selector}`);
      const documents = selector.split(',').map((service) => statusOf(name, service));
      return replied(documents.length === 1 ? documents[0] : { schema: 1, services: documents });
    };
  };
  const pass = (ms: number): void => {
    clock.ms += ms;
    bench().wait(ms);
    daemon.beat();
  };
  const shown = (name = svc) => daemon.shown(name);
  const instances = (name = svc) => Object.keys(shown(name)?.instances ?? {});

  it('asks every other node at once, and again each minute', async () => {
    await begin();
    await eventually(() => instances().length === 2);
    expect(asked).to.have.members(['node2: svc1', 'node3: svc1']);
    expect(shown()?.instances['node2']).to.include({ overall: 'down', stale: false, updated: bench().world.now().toISOString() });
    for (let second = 0; second < 59; second += 1) pass(1000);
    expect(asked).to.have.lengthOf(2);
    pass(1000);
    await eventually(() => asked.length === 4);
  });

  it('asks about many services in few questions', async () => {
    const services = Array.from({ length: 100 }, (_, at) => `svc${at}`);
    await begin(services);
    await eventually(() => services.every((name) => instances(name).length === 2));
    expect(asked).to.have.lengthOf(6);
  });

  it('a node that hangs delays neither what another one says nor the looks here; its old answer is told as old', async () => {
    await begin();
    await eventually(() => instances().length === 2);
    let release: () => void = () => undefined;
    bench().peers.node('node2').onRead = async () => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      throw new SvcError('TIMEOUT', 'node2: no answer in 5 s');
    };
    const before = shown()?.instances['node3']?.updated;
    bench().stage.set({ 'fs#1': 'up' });
    pass(statusIntervalMs);
    await eventually(() => shown()?.instances['node3']?.updated !== before);
    await eventually(() => shown()?.resources['fs#1']?.status === 'up');
    expect(shown()?.instances['node2']).to.include({ stale: false, updated: before });
    for (const one of [1, 2]) pass(statusIntervalMs + one);
    expect(shown()?.instances['node2']).to.include({ stale: true, updated: before });
    release();
    await eventually(() => shown()?.unanswered['node2'] === 'node2: no answer in 5 s');
    expect(instances()).to.deep.equal(['node3']);
    answersAlways('node2');
    await eventually(() => {
      pass(statusIntervalMs);
      return shown()?.instances['node2']?.stale === false;
    });
  });

  it('an answer that says that it is old is told as old, and so is one by a clock far ahead of ours', async () => {
    await begin();
    await eventually(() => instances().length === 2);
    const ahead = new Date(bench().world.now().getTime() + 3_600_000).toISOString();
    bench().peers.node('node2').onRead = () => replied({ ...statusOf('node2', svc), stale: true });
    bench().peers.node('node3').onRead = () => replied({ ...statusOf('node3', svc), updated: ahead });
    pass(statusIntervalMs);
    await eventually(() => shown()?.instances['node3']?.updated === ahead);
    await eventually(() => shown()?.instances['node2']?.stale === true);
    expect(shown()?.instances['node3']?.stale).to.equal(true);
  });

  it('one that is not there is asked once in a round, whatever the number of services', async () => {
    const services = Array.from({ length: 100 }, (_, at) => `svc${at}`);
    bench().peers.node('node2').fault = 'unreachable';
    await begin(services);
    await eventually(() => services.every((name) => shown(name)?.unanswered['node2'] !== undefined && instances(name).length === 1));
    expect(shown('svc99')?.unanswered).to.deep.equal({ node2: 'node2: no route to host' });
    expect(asked.filter((question) => question.startsWith('node2'))).to.deep.equal([]);
    expect(bench().peers.node('node2').asked).to.equal(0);
  });

  it('a service that it cannot tell of does not hide the others', async () => {
    const services = ['svc1', 'svc2', 'svc3'];
    bench().peers.node('node2').fault = 'no service';
    await begin(services);
    bench().peers.node('node2').onRead = () => replied({ schema: 1, services: [statusOf('node2', 'svc1'), { nonsense: 1 }] }, 1);
    pass(statusIntervalMs);
    await eventually(() => shown('svc2')?.unanswered['node2'] === 'it is no service');
    expect([instances('svc1'), instances('svc2'), instances('svc3')]).to.deep.equal([['node2', 'node3'], ['node3'], ['node3']]);
  });

  it('says that it is up on two nodes, as soon as one of them says so', async () => {
    await begin();
    bench().stage.set({ 'fs#1': 'up' });
    await daemon.look(svc);
    const up = { overall: 'up', avail: 'up', resources: { 'fs#1': resource('fs') } } as const;
    bench().peers.node('node2').onRead = () => replied({ ...statusOf('node2', svc), ...up });
    pass(statusIntervalMs);
    await eventually(() => shown()?.split.length === 2);
    expect(shown()).to.deep.include({ overall: 'warn', split: ['node1', 'node2'] });
  });

  it('forgets a node that the file does not name any more', async () => {
    await begin();
    await eventually(() => instances().length === 2);
    bench().service(file.replace('node1 node2 node3', 'node1 node3'));
    await daemon.reload();
    pass(statusIntervalMs);
    await eventually(() => instances().join() === 'node3');
    bench().service(file.replace('node1 node2 node3', 'node1'));
    await daemon.reload();
    pass(statusIntervalMs);
    await eventually(() => instances().length === 0);
  });
});
