/** Verdicts, data loss and durations from plain facts. */
import { expect } from 'chai';
import type { Allowance, Blocker } from '../../../agent/driver/contract.ts';
import {
  afterStop,
  dataLossOn,
  isReady,
  medianDuration,
  type PeerState,
  type SyncFacts,
  type Way,
  wayOf,
} from '../../../agent/state/readiness.ts';

const blocker = (allow?: Allowance): Blocker => ({ text: 'x', ...(allow === undefined ? {} : { allow }) });
const peer = (state: PeerState['state']): PeerState => ({ node: 'node2', state, text: state });

describe('unit: state: readiness', () => {
  const table: readonly (readonly [string, Way, Parameters<typeof wayOf>])[] = [
    ['it is up here, whatever else', 'running', ['up', [blocker('peer-up')], [peer('up')]]],
    ['nothing in the way', 'start', ['down', [], [peer('down')]]],
    ['alone', 'start', ['down', [], []]],
    ['up elsewhere', 'switch', ['down', [blocker('peer-up')], [peer('up')]]],
    ['up elsewhere, its address too', 'switch', ['down', [blocker('peer-up'), blocker('address-alive')], [peer('up')]]],
    ['starting elsewhere', 'switch', ['down', [blocker('peer-up')], [peer('starting')]]],
    ['up elsewhere, and something to mend', 'blocked', ['down', [blocker('peer-up'), blocker()], [peer('up')]]],
    [
      'up elsewhere, and a third one is silent',
      'blocked',
      ['down', [blocker('peer-up'), blocker('peer-unreachable')], [peer('up'), peer('unreachable')]],
    ],
    ['the other one is silent', 'takeover', ['down', [blocker('peer-unreachable')], [peer('unreachable')]]],
    ['silent, and holds tags', 'takeover', ['down', [blocker('peer-unreachable'), blocker('foreign-tag')], [peer('unreachable')]]],
    [
      'silent, but its address is alive',
      'blocked',
      ['down', [blocker('peer-unreachable'), blocker('address-alive')], [peer('unreachable')]],
    ],
    ['something to mend', 'blocked', ['down', [blocker()], [peer('down')]]],
    ['an address of somebody else', 'blocked', ['down', [blocker('address-alive')], [peer('down')]]],
  ];
  for (const [what, way, scene] of table) it(`${what}: ${way}`, () => expect(wayOf(...scene)).to.equal(way));

  it('is ready by running, start and switch only', () => {
    expect((['running', 'start', 'switch', 'takeover', 'blocked'] as const).filter(isReady)).to.deep.equal(['running', 'start', 'switch']);
  });

  it('leaves behind the stop what does not end with it', () => {
    const all = [blocker('peer-up'), blocker('address-alive'), blocker('peer-unreachable'), blocker()];
    expect(afterStop(all)).to.deep.equal([blocker('peer-unreachable'), blocker()]);
  });
});

describe('unit: state: data loss', () => {
  const nowMs = Date.parse('2026-11-21T12:00:00Z');
  const sync = (rid: string, stamps: SyncFacts['stamps'], targets: readonly string[] = ['node2', 'node3']): SyncFacts => ({
    rid,
    type: 'sync.double',
    promotes: false,
    targets,
    stamps,
  });

  it('is the age of the oldest of the copies, each by the newest stamp that anybody knows', () => {
    const known = [
      sync('sync#1', { node2: '2026-11-21T11:00:00Z' }),
      sync('sync#1', { node2: '2026-11-21T11:50:00Z' }),
      sync('sync#2', { node2: '2026-11-21T11:55:00Z', node3: '2026-11-21T10:00:00Z' }),
    ];
    expect(dataLossOn('node2', known, nowMs)).to.deep.equal({
      ms: 600_000,
      syncs: [
        { rid: 'sync#1', at: '2026-11-21T11:50:00.000Z', ageMs: 600_000 },
        { rid: 'sync#2', at: '2026-11-21T11:55:00.000Z', ageMs: 300_000 },
      ],
    });
  });

  it('is not known when one of them never arrived, or its stamp is no time', () => {
    expect(dataLossOn('node3', [sync('sync#1', { node2: '2026-11-21T11:00:00Z' })], nowMs).ms).to.equal(null);
    expect(dataLossOn('node2', [sync('sync#1', { node2: 'yesterday' })], nowMs)).to.deep.include({ ms: null });
  });

  it('is nothing when nothing is sent there; a stamp ahead of us counts as now', () => {
    expect(dataLossOn('node1', [sync('sync#1', {})], nowMs)).to.deep.equal({ ms: 0, syncs: [] });
    expect(dataLossOn('node2', [sync('sync#1', { node2: '2026-11-21T12:00:30Z' })], nowMs).ms).to.equal(0);
  });
});

describe('unit: state: duration', () => {
  it('is the median of the newest ten', () => {
    expect(medianDuration([])).to.deep.equal({ medianMs: null, samples: 0 });
    expect(medianDuration([700])).to.deep.equal({ medianMs: 700, samples: 1 });
    expect(medianDuration([1, 9, 5])).to.deep.equal({ medianMs: 5, samples: 3 });
    expect(medianDuration([10, 20])).to.deep.equal({ medianMs: 15, samples: 2 });
    expect(medianDuration([9999, 9999, 9999, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2])).to.deep.equal({ medianMs: 2, samples: 10 });
  });
});
