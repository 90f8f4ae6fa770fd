/** What other nodes say before a start, and what becomes of it (spec/cli.md "Safety before a start" 1). */
import { expect } from 'chai';
import type { Verb } from '../../agent/engine/action-state.ts';
import { runAction } from '../../agent/engine/action.ts';
import type { PeerFaultKind } from '../../agent/state/peer-safety.ts';
import { createBench, requestFor, svc, textsOf, useBench } from '../support/engine.ts';
import { makeHome } from '../support/home.ts';
import { resource } from '../support/status-documents.ts';

const twoNodes = '[DEFAULT]\nnodes = node1 node2\n[fs#1]\ntype = double\n[app#1]\ntype = double\n';
const threeNodes = '[DEFAULT]\nnodes = node1 node2\ndrpnodes = node3\n[fs#1]\ntype = double\n';
const up = { avail: 'up', overall: 'up', resources: { 'fs#1': resource('fs') } } as const;
const monitor = (action: string, state: string) => ({ state, action, since: null, interrupted: null });

describe('sim: peers: questions before a start', () => {
  const bench = useBench();
  const peer = (name = 'node2') => bench().peers.node(name);

  it('asks every other node in nodes and drpnodes, then starts', async () => {
    bench().service(threeNodes);
    const result = await bench().act('start');
    expect(result.ok).to.equal(true);
    expect([peer('node2').asked, peer('node3').asked, peer('node1').asked]).to.deep.equal([1, 1, 0]);
  });

  it('asks them together', async () => {
    bench().service(threeNodes);
    let waiting = 0;
    let open: () => void = () => undefined;
    const both = new Promise<void>((resolve) => {
      open = resolve;
    });
    for (const name of ['node2', 'node3'])
      peer(name).onAsk = () => {
        waiting += 1;
        if (waiting === 2) open();
        return both;
      };
    expect((await bench().act('start')).ok).to.equal(true);
  });

  it('asks nobody when it is alone, stops, runs, is flex or has nothing to bring up', async () => {
    bench().service('[DEFAULT]\nnodes = node1\n[fs#1]\ntype = double\n');
    await bench().act('start');
    bench().service(`${twoNodes}[task#1]\ntype = double\n`);
    bench().stage.set({ 'fs#1': 'up', 'app#1': 'up' });
    await bench().act('start');
    await bench().act('run');
    await bench().act('stop');
    bench().service(twoNodes.replace('[fs', 'topology = flex\n[fs'));
    await bench().act('start');
    expect(peer().asked).to.equal(0);
  });

  it('asks for a start of standby resources only when others come up with them', async () => {
    bench().service('[DEFAULT]\nnodes = node1 node2\n[fs#1]\ntype = double\nstandby = true\n[app#1]\ntype = double\n');
    peer().status = up;
    expect((await bench().act('boot')).ok).to.equal(true);
    expect(peer().asked).to.equal(0);
    expect((await bench().act('start')).error?.facts['allow']).to.deep.equal(['peer-up']);
  });

  for (const verb of ['start', 'provision', 'restart'] as const satisfies readonly Verb[]) {
    it(`${verb} is refused before the first change when a node is up there, and goes on by --allow peer-up`, async () => {
      bench().service(twoNodes);
      peer().status = up;
      const refused = await bench().act(verb);
      expect([refused.exit, refused.error?.code, refused.changes]).to.deep.equal([5, 'REFUSED', 0]);
      expect(refused.error?.message).to.equal('svc1: node2: up (--allow peer-up)');
      expect(refused.error?.hint).to.equal('mend: svcmgr -s svc1 switch --to node1\nto go on all the same: --allow peer-up');
      expect(bench().stage.events).to.deep.equal([]);
      const allowed = await bench().act(verb, { allow: ['peer-up'] });
      expect(allowed.ok).to.equal(true);
      expect(textsOf(bench(), 'warn')).to.include('allowed (peer-up): node2: up');
    });
  }

  it('a restart asks once: the stop is not made in vain because a peer went away in the middle', async () => {
    bench().service(twoNodes);
    await bench().act('start');
    bench().stage.part('fs#1').on = (call) => {
      if (call === 'stop') peer().fault = 'unreachable';
    };
    expect((await bench().act('restart')).ok).to.equal(true);
  });

  it('is refused in a dry-run too, and changes nothing there', async () => {
    bench().service(twoNodes);
    peer().status = up;
    expect((await bench().act('start', { dryRun: true })).error?.facts['allow']).to.deep.equal(['peer-up']);
  });

  const faults = {
    unreachable: 'peer-unreachable',
    'no answer': 'peer-unreachable',
    'no agent': 'peer-unreachable',
    'no service': 'peer-config',
    failed: 'peer-unreachable',
    garbage: 'peer-unreachable',
    'other version': 'peer-unreachable',
    'wrong node': 'peer-unreachable',
  } as const satisfies Record<PeerFaultKind, string>;
  for (const [kind, allow] of Object.entries(faults)) {
    it(`a node that is "${kind}" refuses by ${allow}`, async () => {
      bench().service(twoNodes);
      peer().fault = kind as PeerFaultKind;
      expect((await bench().act('start')).error?.facts['allow']).to.deep.equal([allow]);
      expect(bench().stage.events).to.deep.equal([]);
      expect((await bench().act('start', { allow: [allow] })).ok).to.equal(true);
      const notes = (await bench().journal()).flatMap((record) => (record.kind === 'note' ? [record.text] : []));
      expect(notes).to.deep.equal([`allowed (${allow}): node2: it is ${kind}`]);
    });
  }

  it('needs every allowance that applies', async () => {
    bench().service(threeNodes);
    peer('node2').status = up;
    peer('node3').fault = 'unreachable';
    const { error } = await bench().act('start', { allow: ['peer-unreachable'] });
    expect(error?.facts['allow']).to.deep.equal(['peer-up']);
    expect((await bench().act('start', { allow: ['peer-unreachable', 'peer-up'] })).ok).to.equal(true);
  });

  it('warns of a file edited on the peer and of its clock, and starts', async () => {
    bench().service(twoNodes);
    peer().status = { configSha256: 'other' };
    peer().skewMs = -61_000;
    expect((await bench().act('start')).ok).to.equal(true);
    const warnings = textsOf(bench(), 'warn');
    expect(warnings[0]).to.match(/^node2: its file of svc1 differs from ours; .* sends ours$/);
    expect(warnings[1]).to.equal('node2: its clock is 61 s behind ours');
  });

  it('is refused by peer-config when the file over there names other nodes', async () => {
    bench().service(twoNodes);
    peer().status = { configSha256: 'other', nodes: ['node2'] };
    expect((await bench().act('start')).error?.facts['allow']).to.deep.equal(['peer-config']);
  });

  it('goes on with what it asked when Ctrl-C comes: nothing', async () => {
    bench().service(twoNodes);
    const controller = new AbortController();
    peer().status = { monitor: monitor('start', 'starting') };
    peer().onAsk = (asked) => {
      if (asked === 2) controller.abort();
    };
    const result = await bench().act('start', {}, controller.signal);
    expect([result.exit, result.changes]).to.deep.equal([130, 0]);
  });
});

describe('sim: peers: both told to start at once', () => {
  const bench = useBench();

  it('waits for the later node to give up, then starts', async () => {
    const { service, act, peers, stage } = bench();
    service(twoNodes);
    const other = peers.node('node2');
    other.status = { monitor: monitor('start', 'starting') };
    other.onAsk = (asked) => {
      if (asked === 3) other.status = {};
    };
    expect((await act('start')).ok).to.equal(true);
    expect(other.asked).to.equal(3);
    expect(stage.events).to.deep.equal(['start fs#1', 'start app#1']);
  });

  it('is refused when the later node turns out to be ahead of us', async () => {
    const { service, act, peers } = bench();
    service(twoNodes);
    const other = peers.node('node2');
    other.status = { monitor: monitor('start', 'starting') };
    other.onAsk = (asked) => {
      if (asked === 2) other.status = up;
    };
    expect((await act('start')).error?.facts['allow']).to.deep.equal(['peer-up']);
  });

  it('gives up at once for the earlier node', async () => {
    const { service, act, peers } = bench();
    service(twoNodes.replace('node1 node2', 'node2 node1'));
    peers.node('node2').status = { monitor: monitor('start', 'starting') };
    const { error } = await act('start');
    expect(error?.message).to.equal('svc1: node2: start is running there (--allow peer-up)');
    expect(peers.node('node2').asked).to.equal(1);
  });

  it('lets exactly one of two engines start, whatever the interleaving', async () => {
    const here = bench();
    const there = await createBench(makeHome(), { node: 'node2' });
    try {
      for (const one of [here, there]) one.service(twoNodes);
      // Each asks the other engine itself.
      here.peers.node('node2').onAsk = async () => {
        here.peers.node('node2').status = await there.status();
      };
      there.peers.node('node1').onAsk = async () => {
        there.peers.node('node1').status = await here.status();
      };
      for (let round = 0; round < 5; round += 1) {
        const results = await Promise.all(
          [here, there].map((one) => runAction(one.world, svc, requestFor('start'), new AbortController().signal)),
        );
        const running = [here, there].map((one) => one.stage.part('fs#1').state);
        expect(
          running.filter((state) => state === 'up'),
          results.map((one) => one.error?.message).join('; '),
        ).to.have.length(1);
        expect(results.filter((one) => one.ok)).to.have.length(1);
        await Promise.all([here.act('stop'), there.act('stop')]);
      }
    } finally {
      there.home.remove();
    }
  });
});

describe('sim: peers: a start that only the operator can decide', () => {
  const bench = useBench();
  it('says the name that waives it, and that there is no blanket force', async () => {
    bench().service(twoNodes);
    bench().peers.node('node2').fault = 'unreachable';
    const result = await bench().act('start', { force: true });
    expect(result.error?.hint).to.match(/there is no blanket force; to go on all the same: --allow peer-unreachable$/);
  });
});
