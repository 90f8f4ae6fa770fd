/** A relocation with another node that answers, refuses, dies or is cut off as the test says. */
import { expect } from 'chai';
import { relocate, type RelocateResult } from '../../agent/engine/relocate.ts';
import type { RelocateRequest } from '../../agent/engine/relocate-bracket.ts';
import { interruptedActions } from '../../agent/engine/recover.ts';
import { readTally } from '../../agent/engine/tally.ts';
import { SvcError } from '../../agent/errors.ts';
import { cutAction } from '../support/cut-action.ts';
import { errorOf, svc, textsOf, useBench } from '../support/engine.ts';
import { type PeerPart, readyReport, replied } from '../support/peers.ts';
import { resource } from '../support/status-documents.ts';

const twoNodes = '[DEFAULT]\nnodes = node1 node2\nlock_timeout = 3s\n[fs#1]\ntype = double\n[app#1]\ntype = double\n';
const up = { avail: 'up', overall: 'up', resources: { 'fs#1': resource('fs'), 'app#1': resource('app') } } as const;

describe('sim: peers: switch', () => {
  const bench = useBench();
  const other = () => bench().peers.node('node2');
  const go = (options: Partial<RelocateRequest> = {}, signal = new AbortController().signal): Promise<RelocateResult> =>
    relocate(bench().world, svc, { verb: 'switch', allow: [], dryRun: false, ...options }, signal);

  /** A node that is ready, and does what it is told. */
  const obey = (part: PeerPart) => {
    part.onRead = (argv) => (argv.includes('readiness') ? replied(readyReport('node2')) : replied({ schema: 1, actions: [] }));
    part.onAct = (argv) => {
      part.status = argv.includes('start') ? up : {};
      return replied({ ok: true, changes: 2 });
    };
  };
  const upHere = () => bench().stage.set({ 'fs#1': 'up', 'app#1': 'up' });

  beforeEach(() => {
    bench().service(twoNodes);
    obey(other());
  });

  it('asks, stops here, starts there, looks', async () => {
    upHere();
    const result = await go({ reason: 'site work' });
    expect(result.error).to.equal(undefined);
    expect(result).to.deep.include({ ok: true, exit: 0, from: 'node1', to: 'node2', where: { node1: 'down', node2: 'up' } });
    expect(result.steps.map(({ name, node }) => `${name} ${node}`)).to.deep.equal([
      'ask all nodes',
      'readiness node2',
      'stop node1',
      'start node2',
      'verify node2',
    ]);
    expect(bench().stage.events).to.deep.equal(['stop app#1', 'stop fs#1']);
    expect(other().acts[0]).to.match(/^-s svc1 start --reason=switch by \S+ on node1: site work$/);
  });

  it('is counted beside the actions that it is made of', async () => {
    upHere();
    await go();
    await go({ dryRun: true });
    other().onAct = () => replied({ ok: false, error: { code: 'COMMAND', message: 'no' } }, 1);
    await go();
    const { actions } = await readTally(bench().world, svc);
    expect(Object.entries(actions).map(([verb, { results }]) => [verb, results])).to.deep.equal([
      ['stop', { ok: 1 }],
      ['switch', { ok: 1, failed: 1 }],
    ]);
  });

  it('stops there and starts here', async () => {
    other().status = up;
    const result = await go();
    expect(result).to.deep.include({ ok: true, from: 'node2', to: 'node1' });
    expect(other().acts.map((act) => act.split(' ')[2])).to.deep.equal(['stop']);
    expect(bench().stage.events).to.deep.equal(['start fs#1', 'start app#1']);
  });

  it('has nothing to do where it is up; giveback means the first node', async () => {
    upHere();
    expect(await go({ to: 'node1' })).to.deep.include({ ok: true, to: 'node1' });
    expect((await go({ verb: 'giveback' })).steps.map(({ name }) => name)).to.deep.equal(['ask']);
    other().status = up;
    bench().stage.set({ 'fs#1': 'down', 'app#1': 'down' });
    expect(await go({ verb: 'giveback' })).to.deep.include({ ok: true, from: 'node2', to: 'node1' });
  });

  it('completes a start that was left in the middle where it shall go', async () => {
    bench().stage.set({ 'fs#1': 'up', 'app#1': 'down' });
    expect(await go({ to: 'node1' })).to.deep.include({ ok: true, to: 'node1' });
    expect(bench().stage.events).to.deep.equal(['start app#1']);
  });

  it('changes nothing in a dry-run, and says what it would', async () => {
    upHere();
    const result = await go({ dryRun: true });
    expect(result.steps.map(({ name, outcome }) => `${name} ${outcome}`)).to.include.members(['stop planned', 'start planned']);
    expect(bench().stage.events).to.deep.equal(['plan stop app#1', 'plan stop fs#1']);
    expect(other().acts[0]).to.match(/--dry-run/);
    expect((await bench().journal()).filter(({ kind }) => kind === 'begin')).to.deep.equal([]);
  });

  describe('refuses before anything is stopped', () => {
    const refusal = async (options: Partial<RelocateRequest> = {}) => {
      upHere();
      const result = await go(options);
      expect(bench().stage.events).to.deep.equal([]);
      expect(other().acts).to.deep.equal([]);
      expect((await bench().journal()).filter(({ kind }) => kind === 'begin')).to.deep.equal([]);
      expect(result.ok).to.equal(false);
      return result;
    };

    it('when the other node cannot be reached', async () => {
      other().fault = 'unreachable';
      const { error, exit } = await refusal({ to: 'node2' });
      expect([error?.code, exit, error?.facts['allow']]).to.deep.equal(['REFUSED', 5, []]);
    });

    it('when it is not ready, unless each reason is allowed', async () => {
      const blockers = [{ rid: 'fs#1', text: 'mounted elsewhere', allow: 'mounted-elsewhere' as const, mend: 'umount it' }];
      other().onRead = () => replied(readyReport('node2', { ready: false, way: 'blocked', blockers }), 1);
      const { error } = await refusal();
      expect(error?.message).to.equal('svc1: node2: fs#1: mounted elsewhere (--allow mounted-elsewhere)');
      expect(error?.hint).to.equal('mend: umount it\nto go on all the same: --allow mounted-elsewhere');
      obey(other());
      other().onRead = () => replied(readyReport('node2', { ready: false, way: 'blocked', blockers }), 1);
      expect((await go({ allow: ['mounted-elsewhere'] })).ok).to.equal(true);
      expect(other().acts[0]).to.include('--allow mounted-elsewhere');
    });

    it('but not for what ends with the stop', async () => {
      const blockers = [
        { rid: null, text: 'node1: up', allow: 'peer-up' as const },
        { rid: 'ip#1', text: 'alive', allow: 'address-alive' as const },
      ];
      other().onRead = () => replied(readyReport('node2', { way: 'switch', blockers }));
      upHere();
      expect((await go()).ok).to.equal(true);
    });

    it('when its agent is too old to say whether it is ready', async () => {
      other().onRead = () => ({ exitCode: 2, document: undefined, stderr: 'svcmgr: unknown verb: readiness\n' });
      const { error } = await refusal();
      expect(error?.message).to.match(/^node2: its agent does not say whether it is ready \(exit 2\): svcmgr: unknown verb/);
    });

    it('when another node answers in its place', async () => {
      other().onRead = () => replied(readyReport('node9'));
      expect((await refusal()).error?.code).to.equal('COMMAND');
    });

    it('when it is up on both', async () => {
      other().status = up;
      expect((await refusal()).error?.message).to.match(/split: up on node1 and node2/);
    });

    it('when there is no node to go to', async () => {
      bench().service(twoNodes.replace('node1 node2', 'node1'));
      expect((await refusal()).error?.message).to.match(/node1 is its only node/);
    });

    it('when the file is not valid, the service flex, or the node none of its', async () => {
      upHere();
      expect((await errorOf(go({ to: 'node7' }))).code).to.equal('NOT_FOUND');
      bench().service(twoNodes.replace('[fs', 'topology = flex\n[fs'));
      expect((await refusal()).error?.code).to.equal('UNSUPPORTED');
      bench().service('[fs#1]\ntype = nonsense\n');
      expect((await errorOf(go())).code).to.equal('CONFIG');
    });
  });

  it('a service that is up nowhere goes where it is told, and only then', async () => {
    expect((await go()).error?.message).to.match(/it is up nowhere, so say where/);
    expect(await go({ to: 'node2' })).to.deep.include({ ok: true, from: null, to: 'node2' });
    expect(bench().stage.events).to.deep.equal([]);
  });

  it('waits for a start that is on its way, and decides then', async () => {
    const monitor = { state: 'starting', action: 'start', since: null, interrupted: null };
    other().status = { monitor };
    other().onAsk = (asked) => {
      if (asked === 2) other().status = up;
    };
    expect(await go()).to.deep.include({ ok: true, from: 'node2', to: 'node1' });
    expect(textsOf(bench(), 'info')[0]).to.equal('waiting: node2: start is running there');
  });

  it('a third node that cannot be asked needs peer-unreachable, and the start there gets it too', async () => {
    bench().service(twoNodes.replace('node1 node2', 'node1 node2 node3'));
    bench().peers.node('node3').fault = 'no answer';
    upHere();
    expect((await go()).error?.facts['allow']).to.deep.equal(['peer-unreachable']);
    expect((await go({ allow: ['peer-unreachable'] })).ok).to.equal(true);
    expect(other().acts[0]).to.include('--allow peer-unreachable');
  });

  describe('a failure in the middle says where it is and what goes on', () => {
    it('the stop fails: it is still here', async () => {
      upHere();
      bench().stage.part('fs#1').fails.stop = { error: new SvcError('COMMAND', 'target is busy') };
      const { exit, error, where } = await go();
      expect([exit, error?.message]).to.deep.equal([1, 'target is busy']);
      expect(where['node1']).to.equal('warn (fs#1 up)');
      expect(error?.hint).to.equal(
        'now: node1 warn (fs#1 up); node2 down\nto go on: svcmgr -s svc1 switch --to node2\nto go back: svcmgr -s svc1 start, on node1',
      );
      expect(other().acts).to.deep.equal([]);
    });

    it('the start there fails: it is down everywhere', async () => {
      upHere();
      other().onAct = () => replied({ ok: false, changes: 3, error: { code: 'COMMAND', message: 'fsck says no', hint: 'look' } }, 1);
      const { exit, error, where, steps } = await go();
      expect([exit, error?.message, where]).to.deep.equal([1, 'node2: fsck says no', { node1: 'down', node2: 'down' }]);
      expect(error?.hint).to.match(/^look\nnow: node1 down; node2 down\nto go on: .*--to node2\nto go back: .*switch --to node1$/);
      expect(steps.at(-1)).to.deep.include({ name: 'start', outcome: 'failed', text: 'node2: fsck says no' });
    });

    it('the start there says done and is not', async () => {
      upHere();
      other().onAct = () => replied({ ok: true });
      expect((await go()).error?.message).to.equal('it should be up on node2, and is not: down');
    });

    it('the disk there is full: its own refusal is told', async () => {
      upHere();
      other().onAct = () => replied({ ok: false, error: { code: 'REFUSED', message: 'cannot write the journal', hint: 'make room' } }, 5);
      const { exit, error } = await go();
      expect([exit, error?.code]).to.deep.equal([1, 'REFUSED']);
    });

    it('Ctrl-C ends it after the stop: nothing is started', async () => {
      upHere();
      const controller = new AbortController();
      bench().stage.part('fs#1').on = (call) => {
        if (call === 'stop') controller.abort(new SvcError('CANCELLED', 'aborted by SIGINT'));
      };
      const { exit, error } = await go({}, controller.signal);
      expect([exit, error?.code]).to.deep.equal([130, 'CANCELLED']);
      expect(error?.hint).to.match(/to go on: svcmgr -s svc1 switch --to node2/);
      expect(other().acts).to.deep.equal([]);
    });
  });
});

describe('sim: peers: the connection is lost in the middle of a remote action', () => {
  const bench = useBench();
  const other = () => bench().peers.node('node2');
  const go = () => relocate(bench().world, svc, { verb: 'switch', allow: [], dryRun: false }, new AbortController().signal);
  const lost = new SvcError('TIMEOUT', 'node2: the result of start is not known: the connection broke');
  const sids: string[] = [];

  /** Its history, look after look; the last one stays. */
  const history = (...looks: readonly (Readonly<Record<string, unknown>> | undefined | 'away')[]) => {
    let at = 0;
    other().onRead = (argv) => {
      if (argv.includes('readiness')) return replied(readyReport('node2'));
      const look = looks[Math.min(at, looks.length - 1)];
      at += 1;
      if (look === 'away') throw new SvcError('UNREACHABLE', 'node2: no route');
      return replied({ schema: 1, actions: look === undefined ? [] : [{ sid: sids[0], changed: ['fs#1'], ...look }] });
    };
  };

  beforeEach(() => {
    sids.length = 0;
    bench().service(twoNodes);
    bench().stage.set({ 'fs#1': 'up', 'app#1': 'up' });
    other().onAct = (_argv, { sid }) => {
      sids.push(sid);
      if (sids.length === 1) throw lost;
      other().status = up;
      return replied({ ok: true });
    };
  });

  it('it goes on there: waits for its end, never acts twice', async () => {
    history('away', { result: 'running' }, { result: 'ok' });
    other().onAsk = () => {
      if (sids.length > 0) other().status = up;
    };
    expect((await go()).error).to.equal(undefined);
    expect(sids).to.have.length(1);
    expect(sids[0]).to.match(/\.start\.1$/);
    expect(textsOf(bench(), 'warn')[0]).to.match(/looking there before anything is done again$/);
  });

  it('an exit status without words is not believed, whatever it is', async () => {
    for (const exitCode of [0, 137]) {
      history({ result: 'running' }, { result: 'ok' });
      other().status = {};
      bench().stage.set({ 'fs#1': 'up', 'app#1': 'up' });
      other().onAct = (_argv, { sid }) => {
        sids[0] = sid;
        other().status = up;
        return { exitCode, document: undefined, stderr: '' };
      };
      expect((await go()).error).to.equal(undefined);
    }
    history(undefined);
    other().status = {};
    bench().stage.set({ 'fs#1': 'up', 'app#1': 'up' });
    other().onAct = () => ({ exitCode: 0, document: undefined, stderr: 'Killed\n' });
    expect((await go()).error?.message).to.equal('node2: it failed (exit 0): Killed');
  });

  it('it failed there, or its agent died: that is the result', async () => {
    history({ result: 'failed', code: 'COMMAND', message: 'fsck says no' });
    expect((await go()).error?.message).to.equal('node2: fsck says no');
    expect(sids).to.have.length(1);
  });

  it('its agent died in the middle: that is the result, and a rerun goes on', async () => {
    history({ result: 'cut' });
    expect((await go()).error?.message).to.equal('node2: its agent died in the middle');
    expect(sids).to.have.length(1);
  });

  it('it never began there: once more, under another session', async () => {
    history(undefined);
    expect((await go()).error).to.equal(undefined);
    expect(sids.map((sid) => sid.split('.').at(-1))).to.deep.equal(['1', '2']);
  });
}).timeout(30_000);

describe('sim: peers: a relocation that was cut', () => {
  const bench = useBench();
  const other = () => bench().peers.node('node2');
  const go = (options: Partial<RelocateRequest> = {}) =>
    relocate(bench().world, svc, { verb: 'switch', allow: [], dryRun: false, ...options }, new AbortController().signal);
  const open = async () => (await interruptedActions(bench().world, svc)).map(({ verb }) => verb);

  beforeEach(() => {
    bench().service(twoNodes);
    other().onRead = () => replied(readyReport('node2'));
    other().onAct = (argv) => {
      other().status = argv.includes('start') ? up : {};
      return replied({ ok: true });
    };
    cutAction(bench().world, svc, 'switch', {}, 'cut-switch', { to: 'node2', from: 'node1' });
  });

  it('is shown by status, with the step it was at', async () => {
    const { monitor } = await bench().status();
    expect(monitor).to.deep.include({ state: 'idle', action: null });
    expect(monitor.interrupted).to.deep.include({ verb: 'switch', rid: null, alive: false });
  });

  it('goes on to the same node from wherever it is, and is settled', async () => {
    // Cut in the stop.
    bench().stage.set({ 'fs#1': 'up', 'app#1': 'down' });
    expect(await go()).to.deep.include({ ok: true, from: 'node1', to: 'node2' });
    expect(await open()).to.deep.equal([]);
  });

  it('goes on after the stop: only the start is left', async () => {
    expect(await go()).to.deep.include({ ok: true, from: null, to: 'node2' });
    // The stop is asked for again, in case it was cut itself: what is down stays so.
    expect(bench().stage.events).to.deep.equal(['stop app#1', 'stop fs#1']);
    expect(await open()).to.deep.equal([]);
  });

  it('goes on in the middle of the start there, not back to where it came from', async () => {
    other().status = {
      avail: 'warn',
      overall: 'warn',
      resources: { 'fs#1': resource('fs'), 'app#1': resource('app', { status: 'down' }) },
    };
    expect(await go()).to.deep.include({ ok: true, to: 'node2' });
    expect(other().acts.map((act) => act.split(' ')[2])).to.deep.equal(['start']);
  });

  it('settles a stop that was cut there after it had done all', async () => {
    const interrupted = { verb: 'stop', since: '2026-11-21T12:00:00Z', rid: null, command: null, alive: false };
    other().status = { monitor: { state: 'idle', since: null, action: null, interrupted } };
    other().onAct = (argv) => {
      if (argv.includes('stop')) other().status = {};
      return replied({ ok: true });
    };
    expect(await go({ to: 'node1' })).to.deep.include({ ok: true, to: 'node1' });
    expect(other().acts.map((act) => act.split(' ')[2])).to.deep.equal(['stop']);
  });

  it('is settled also when all was done but its end', async () => {
    other().status = up;
    expect(await go()).to.deep.include({ ok: true, to: 'node2' });
    expect(await open()).to.deep.equal([]);
  });

  it('goes elsewhere when told so', async () => {
    other().status = up;
    expect(await go({ to: 'node1' })).to.deep.include({ ok: true, from: 'node2', to: 'node1' });
    expect(await open()).to.deep.equal([]);
  });

  it('is not answered for by a start or stop of its own node', async () => {
    await bench().act('start');
    expect(await open()).to.deep.equal(['switch']);
  });
});
