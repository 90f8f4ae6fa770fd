/** The last copy of a relocation: what writes is stopped, what it writes to is still there, and nothing goes on without it. */
import { expect } from 'chai';
import { type Act, type Driver, defineDriver } from '../../agent/driver/contract.ts';
import { relocate } from '../../agent/engine/relocate.ts';
import type { RelocateRequest } from '../../agent/engine/relocate-bracket.ts';
import type { Stage } from '../support/doubles.ts';
import { pause } from '../../agent/engine/sync-pause.ts';
import { SvcError } from '../../agent/errors.ts';
import { svc, textsOf, useBench } from '../support/engine.ts';
import { readyReport, replied } from '../support/peers.ts';
import { resource } from '../support/status-documents.ts';

const keywords = { target: { kind: 'list', default: 'nodes', text: 'Where to.' } } as const;
const up = { avail: 'up', overall: 'up', resources: { 'fs#1': resource('fs') } } as const;
let arrives = true;
let copies = 0;

/** Copies to node2: tells so by its stamp, as every sync driver does. */
function copier(stage: Stage, promotes: boolean): Driver {
  const update = async (at: Act<typeof keywords>) => {
    stage.events.push(`update ${at.rid}`);
    copies += 1;
    if (!at.dryRun && arrives) await at.remember('last_sync_node2', new Date(copies * 1000).toISOString());
    return [{ target: 'node2', ok: arrives, ...(arrives ? {} : { note: 'no space left' }) }];
  };
  return defineDriver({
    summary: 'A copier.',
    needs: [],
    keywords,
    reads: () => [],
    label: () => 'copier',
    status: async () => ({ state: 'n/a' }),
    sync: { update },
    blockersTo: async ({ rid }, node) => {
      const part = stage.part(rid);
      if (part.fails.blockers !== undefined) throw part.fails.blockers.error;
      return part.refuses[`to ${node}`] ?? [];
    },
    ...(promotes ? { promotes: true, start: async () => undefined } : {}),
  });
}

describe('sim: peers: the last sync of a switch', () => {
  const bench = useBench({ drivers: (stage) => ({ 'sync.copy': copier(stage, false), 'sync.replica': copier(stage, true) }) });
  const other = () => bench().peers.node('node2');
  const go = (options: Partial<RelocateRequest> = {}) =>
    relocate(bench().world, svc, { verb: 'switch', allow: [], dryRun: false, ...options }, new AbortController().signal);
  const begin = (text: string) => {
    bench().service(`[DEFAULT]\nnodes = node1 node2\n[fs#1]\ntype = double\n[container#0]\ntype = double\n[app#1]\ntype = double\n${text}`);
    bench().stage.set({ 'fs#1': 'up', 'container#0': 'up', 'app#1': 'up' });
  };

  beforeEach(() => {
    arrives = true;
    other().onRead = () => replied(readyReport('node2'));
    other().onAct = () => {
      other().status = up;
      return replied({ ok: true });
    };
  });

  it('files: behind what writes, before what they lie on is let go', async () => {
    begin('[sync#1]\ntype = copy\n');
    const result = await go();
    expect(result.error).to.equal(undefined);
    expect(bench().stage.events).to.deep.equal([
      'stop app#1',
      'stop container#0',
      'update sync#1',
      'stop app#1',
      'stop container#0',
      'stop fs#1',
    ]);
    expect(result.steps.map(({ name }) => name)).to.deep.equal([
      'ask',
      'readiness',
      'readiness',
      'quiesce',
      'last sync',
      'stop',
      'start',
      'verify',
    ]);
  });

  it('replicas: behind the stop', async () => {
    begin('[sync#1]\ntype = replica\n');
    expect((await go()).error).to.equal(undefined);
    expect(bench().stage.events.at(-1)).to.equal('update sync#1');
    expect(bench().stage.events.slice(0, -1)).to.deep.equal(['stop app#1', 'stop container#0', 'stop fs#1']);
  });

  it('a copy that did not arrive ends it while the data is still here, by stale-data', async () => {
    begin('[sync#1]\ntype = copy\n');
    arrives = false;
    const { exit, error, where } = await go();
    expect([exit, error?.code, error?.facts['allow']]).to.deep.equal([1, 'REFUSED', ['stale-data']]);
    expect(error?.message).to.match(/^svc1: node2 did not get the last copy of sync#1: sync#1: node2: no space left/);
    expect(error?.hint).to.match(/to go back: svcmgr -s svc1 start, on node1/);
    expect(where['node1']).to.equal('warn (fs#1 up)');
    expect(other().acts).to.deep.equal([]);
    expect((await go({ allow: ['stale-data'] })).ok).to.equal(true);
  });

  describe('that would be refused', () => {
    const obstacles = { text: '/copy is not mounted on node2', mend: 'mount /copy, on node2' };

    it('is known before anything is stopped, with what mends it; stale-data goes without it', async () => {
      begin('[sync#1]\ntype = copy\n');
      bench().stage.part('sync#1').refuses['to node2'] = [obstacles];
      const { exit, error } = await go();
      expect([exit, error?.code, error?.facts['allow']]).to.deep.equal([5, 'REFUSED', ['stale-data']]);
      expect(error?.message).to.equal('svc1: node2: sync#1: /copy is not mounted on node2 (--allow stale-data)');
      expect(error?.hint).to.match(/^mend: mount \/copy, on node2/);
      expect([bench().stage.events, other().acts]).to.deep.equal([[], []]);
      expect((await go({ dryRun: true })).exit).to.equal(5);
      expect((await go({ allow: ['stale-data'] })).ok).to.equal(true);
    });

    it('because it is paused, too', async () => {
      begin('[sync#1]\ntype = copy\n');
      await pause(bench().world, svc, 'sync#1', undefined);
      const { exit, error } = await go();
      expect([exit, error?.facts['allow'], bench().stage.events]).to.deep.equal([5, ['paused'], []]);
      expect(error?.hint).to.match(/mend: svcmgr -s svc1 sync unpause --rid sync#1/);
      expect((await go({ allow: ['paused'] })).ok).to.equal(true);
      expect(bench().stage.events).to.include('update sync#1');
    });

    it('by a name of its own is waived by that name too', async () => {
      begin('[sync#1]\ntype = copy\n');
      bench().stage.part('sync#1').refuses['to node2'] = [{ text: '5000 files would be deleted', allow: 'delete-many' }];
      expect((await go()).error?.facts['allow']).to.deep.equal(['delete-many']);
      expect((await go({ allow: ['delete-many'] })).ok).to.equal(true);
    });

    it('because the driver cannot tell, too; that it takes too long is only a warning', async () => {
      begin('[sync#1]\ntype = copy\n');
      const fails = bench().stage.part('sync#1').fails;
      fails.blockers = { error: new SvcError('UNSUPPORTED', 'rsync is not installed on node2') };
      expect((await go()).error?.message).to.match(
        /it could not be copied to node2: rsync is not installed on node2 \(--allow stale-data\)$/,
      );
      expect(bench().stage.events).to.deep.equal([]);
      fails.blockers = { error: new SvcError('TIMEOUT', 'no answer in 20 s') };
      expect((await go()).ok).to.equal(true);
      expect(textsOf(bench(), 'warn').join('\n')).to.match(/whether sync#1 could be copied to node2 is not known: no answer in 20 s/);
    });
  });

  it('goes without a container and without filesystems too', async () => {
    bench().service('[DEFAULT]\nnodes = node1 node2\n[app#1]\ntype = double\n[sync#1]\ntype = copy\n');
    bench().stage.set({ 'app#1': 'up' });
    expect((await go()).error).to.equal(undefined);
    expect(bench().stage.events).to.include('update sync#1');
  });

  it('what does not send there, or is disabled, is left alone', async () => {
    begin('[sync#1]\ntype = copy\ntarget = drpnodes\n[sync#2]\ntype = copy\ndisable = true\n');
    expect((await go()).ok).to.equal(true);
    expect(bench().stage.events.filter((event) => event.startsWith('update'))).to.deep.equal([]);
  });

  it('is planned in a dry-run, and nothing arrives', async () => {
    begin('[sync#1]\ntype = copy\n');
    expect((await go({ dryRun: true })).steps.map(({ name, outcome }) => `${name} ${outcome}`)).to.include.members([
      'quiesce planned',
      'last sync planned',
      'stop planned',
      'start planned',
    ]);
  });
});
