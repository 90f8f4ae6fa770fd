/** Could the service start here, and there: with other nodes that answer as the test says. */
import { expect } from 'chai';
import type { Driver } from '../../agent/driver/contract.ts';
import { withInstances } from '../../agent/engine/instances.ts';
import { openMemory } from '../../agent/engine/memory.ts';
import { readinessHere } from '../../agent/engine/readiness.ts';
import { serviceReadiness } from '../../agent/engine/readiness-view.ts';
import { SvcError } from '../../agent/errors.ts';
import { doubleDriver } from '../support/doubles.ts';
import { errorOf, svc, useBench } from '../support/engine.ts';
import { readyReport, replied } from '../support/peers.ts';
import { resource } from '../support/status-documents.ts';

const keywords = { target: { kind: 'list', default: 'nodes', text: 'Where to.' } } as const;
const twoNodes = '[DEFAULT]\nnodes = node1 node2\n[fs#1]\ntype = double\n';
const up = { avail: 'up', overall: 'up', resources: { 'fs#1': resource('fs') } } as const;
const never = new AbortController().signal;

describe('sim: peers: readiness', () => {
  const bench = useBench({
    drivers: (stage): Record<string, Driver> => ({
      'sync.copy': doubleDriver(stage, { methods: [], keywords }),
      'fs.toolless': doubleDriver(stage, { needs: ['no-such-tool-anywhere'] }),
    }),
  });
  const here = () => readinessHere(bench().world, svc, never);
  const other = () => bench().peers.node('node2');
  const allows = async () => (await here()).blockers.map(({ allow }) => allow);

  it('is ready where nothing is in the way, and changes nothing', async () => {
    bench().service(twoNodes);
    expect(await here()).to.deep.include({ ready: true, way: 'start', node: 'node1', blockers: [], warnings: [] });
    expect(bench().stage.events).to.deep.equal([]);
    expect((await bench().journal()).filter(({ kind }) => kind === 'begin')).to.deep.equal([]);
  });

  it('is ready where it is up', async () => {
    bench().service(twoNodes);
    bench().stage.set({ 'fs#1': 'up' });
    expect(await here()).to.deep.include({ ready: true, way: 'running', blockers: [], dataLoss: { ms: 0, syncs: [] } });
  });

  it('is ready once it is stopped elsewhere', async () => {
    bench().service(twoNodes);
    other().status = up;
    const report = await here();
    expect(report).to.deep.include({ ready: true, way: 'switch' });
    expect(report.peers).to.deep.equal([{ node: 'node2', state: 'up', text: 'up' }]);
  });

  it('is not ready when others cannot be asked: a takeover', async () => {
    bench().service(twoNodes);
    other().fault = 'no answer';
    expect(await here()).to.deep.include({ ready: false, way: 'takeover' });
    expect(await allows()).to.deep.equal(['peer-unreachable']);
  });

  it('tells every reason with what mends or allows it', async () => {
    bench().service('[DEFAULT]\nnodes = node2 node3\n[fs#1]\ntype = double\n[fs#2]\ntype = toolless\n[app#1]\ntype = double\n');
    bench().stage.part('fs#1').refuses['start'] = [{ text: 'foreign tag', allow: 'foreign-tag', mend: 'vgchange --deltag' }];
    bench().stage.part('app#1').fails.blockers = { error: new SvcError('TIMEOUT', 'no answer in 30 s') };
    bench().peers.node('node3').fault = 'no service';
    const { blockers, way } = await here();
    expect(way).to.equal('blocked');
    expect(blockers.map(({ rid, allow }) => `${rid} ${allow}`)).to.deep.equal([
      'null foreign-node',
      'fs#1 foreign-tag',
      'fs#2 undefined',
      'app#1 undefined',
      'null peer-config',
    ]);
    expect(blockers[1]).to.deep.include({ mend: 'vgchange --deltag' });
    expect(blockers[2]?.text).to.match(/needs no-such-tool-anywhere/);
  });

  it('leaves out what is optional and cannot be asked, as a start does', async () => {
    bench().service(`${twoNodes}[fs#2]\ntype = toolless\noptional = true\n`);
    expect(await here()).to.deep.include({ way: 'start' });
  });

  it('is not ready with an invalid file, a disabled service, or an action at work', async () => {
    bench().service(twoNodes);
    await bench().status();
    bench().service('[fs#1]\ntype = nonsense\n');
    expect((await here()).blockers[0]).to.deep.include({ rid: null, mend: 'svcmgr -s svc1 validate' });
    bench().service(twoNodes.replace('[fs', 'disable = true\n[fs'));
    expect((await here()).blockers[0]?.text).to.equal('the service is disabled here');
    bench().service(twoNodes);
    let seen: readonly string[] = [];
    bench().stage.part('fs#1').on = async (call) => {
      if (call === 'start') seen = (await here()).blockers.map(({ text }) => text);
    };
    await bench().act('start');
    expect(seen[0]).to.match(/^start is running here since/);
  });

  it('knows how long starts took: whole ones that went well and changed something', async () => {
    bench().service(twoNodes);
    expect((await here()).start).to.deep.equal({ medianMs: null, samples: 0 });
    await bench().act('start');
    await bench().act('start');
    await bench().act('stop', { rid: 'fs#1' });
    expect((await here()).start.samples).to.equal(1);
    expect((await here()).stop.samples).to.equal(0);
  });

  it('knows the age of the data by what a sync remembers of each node', async () => {
    bench().service(`${twoNodes}[sync#1]\ntype = copy\n[sync#2]\ntype = copy\ntarget = drpnodes\n`);
    const memory = openMemory(bench().world, svc);
    await memory.remember('sync#1', 'last_sync_node1', new Date(bench().world.now().getTime() - 60_000).toISOString());
    const report = await here();
    expect(report.dataLoss).to.deep.include({ ms: 60_000 });
    expect(report.dataLoss.syncs.map(({ rid }) => rid)).to.deep.equal(['sync#1']);
    expect(report.syncs.map(({ rid, targets }) => `${rid} ${targets.join('+')}`)).to.deep.equal(['sync#1 node1+node2', 'sync#2 ']);
  });

  describe('of all nodes', () => {
    const all = (node?: string) => serviceReadiness(bench().world, svc, node, never);

    it('asks the agent of each, and puts together what they know of the data', async () => {
      bench().service(`${twoNodes}[sync#1]\ntype = copy\n`);
      bench().stage.set({ 'fs#1': 'up' });
      const nowMs = bench().world.now().getTime();
      await openMemory(bench().world, svc).remember('sync#1', 'last_sync_node2', new Date(nowMs - 120_000).toISOString());
      const older = {
        rid: 'sync#1',
        type: 'sync.copy',
        promotes: false,
        targets: ['node2'],
        stamps: { node2: new Date(nowMs - 900_000).toISOString() },
      };
      other().onRead = (argv) => {
        expect(argv).to.deep.equal(['-s', svc, 'readiness', '--node', 'node2', '--local']);
        return replied(readyReport('node2', { way: 'switch', syncs: [older] }));
      };
      const { ready, nodes } = await all();
      expect(ready).to.equal(true);
      expect(nodes.map(({ node, way, dataLoss }) => [node, way, dataLoss.ms])).to.deep.equal([
        ['node1', 'running', 0],
        ['node2', 'switch', 120_000],
      ]);
    });

    it('what stands against a last copy is told of the node it goes to, by the node it comes from', async () => {
      bench().service(`${twoNodes}[sync#1]\ntype = copy\n`);
      const obstacles = { node1: [{ text: '/copy is not mounted on node1' }] };
      const syncs = [{ rid: 'sync#1', type: 'sync.copy', promotes: false, targets: ['node1', 'node2'], stamps: {}, obstacles }];
      other().status = up;
      other().onRead = () => replied(readyReport('node2', { way: 'running', state: 'up', syncs }));
      const { ready, nodes } = await all('node1');
      expect(nodes.map(({ node, way }) => `${node} ${way}`)).to.deep.equal(['node1 blocked']);
      expect(nodes[0]?.blockers.at(-1)).to.deep.equal({ rid: 'sync#1', text: '/copy is not mounted on node1', allow: 'stale-data' });
      expect(ready).to.equal(false);
      const alone = await serviceReadiness(bench().world, svc, 'node1', never, true);
      expect(alone.nodes[0]?.way).to.equal('switch');
    });

    it('a node that does not answer, or answers nonsense, is not ready', async () => {
      bench().service(twoNodes);
      other().onRead = () => replied('hello');
      expect((await all()).nodes[1]).to.deep.include({ ready: false, way: 'blocked', state: 'unknown' });
      other().fault = 'unreachable';
      const { ready, nodes } = await all();
      expect(ready).to.equal(false);
      expect(nodes[1]?.blockers).to.deep.equal([{ rid: null, text: 'node2: no route to host', mend: 'svcmgr node ping node2' }]);
    });

    it('one of them, by its name; another name is NOT_FOUND', async () => {
      bench().service(twoNodes);
      expect((await all('node1')).nodes.map(({ node }) => node)).to.deep.equal(['node1']);
      expect((await errorOf(all('node7'))).code).to.equal('NOT_FOUND');
    });
  });
});

describe('sim: peers: instances in the status', () => {
  const bench = useBench();
  const look = async () => withInstances(bench().world, await bench().status(), never);

  it('are those of the nodes that answered; the others say why not', async () => {
    bench().service('[DEFAULT]\nnodes = node1 node2 node3\n[fs#1]\ntype = double\n');
    bench().peers.node('node3').fault = 'unreachable';
    const document = await look();
    expect(Object.keys(document.instances)).to.deep.equal(['node2']);
    expect(document.instances['node2']).not.to.have.any.keys('schema', 'service', 'instances', 'split');
    expect(document.unanswered).to.deep.equal({ node3: 'it is unreachable' });
    expect([document.split, document.overall]).to.deep.equal([[], 'down']);
  });

  it('two that are up make it warn and split, unless it is flex', async () => {
    bench().service(twoNodes);
    bench().stage.set({ 'fs#1': 'up' });
    bench().peers.node('node2').status = up;
    expect(await look()).to.deep.include({ split: ['node1', 'node2'], overall: 'warn', avail: 'up' });
    bench().service(twoNodes.replace('[fs', 'topology = flex\n[fs'));
    expect(await look()).to.deep.include({ split: [], overall: 'up' });
  });
});
