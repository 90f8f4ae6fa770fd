import { expect } from 'chai';
import fc from 'fast-check';
import { type AggregateResource, aggregateInstance } from '../../../agent/state/aggregate.ts';
import { encapStatus } from '../../../agent/state/encap.ts';
import { groups } from '../../../agent/state/groups.ts';
import { type Status, statuses } from '../../../agent/state/status.ts';

function res(rid: string, status: Status, fields: Partial<AggregateResource> = {}): AggregateResource {
  return { rid, group: rid.replace(/#.*/, ''), status, optional: false, disabled: false, standby: false, ...fields };
}

const optional = { optional: true } as const;
const inner = { encap: true, container: 'container#0' } as const;

/** `avail optional sync overall hb`. */
function line(...resources: readonly AggregateResource[]): string {
  const { avail, optional: opt, sync, overall, hb } = aggregateInstance(resources);
  return [avail, opt, sync, overall, hb].join(' | ');
}

describe('instance aggregation', () => {
  it('is n/a for a service without resources', () => {
    expect(line()).to.equal('n/a | n/a | n/a | n/a | n/a');
  });

  it('counts ip, vg, fs, share, container and app in avail, and nothing else', () => {
    const counted = groups.filter((group) => aggregateInstance([res(`${group}#1`, 'up')]).avail === 'up');
    expect(counted).to.deep.equal(['ip', 'vg', 'fs', 'share', 'container', 'app']);
  });

  it('keeps optional resources apart, and merges them into overall', () => {
    expect(line(res('app#1', 'up'), res('fs#1', 'down', optional))).to.equal('up | down | n/a | warn | n/a');
    expect(line(res('app#1', 'down'), res('fs#1', 'up', optional))).to.equal('down | up | n/a | warn | n/a');
    // A stopped service whose optional resource is stopped too is down, not warn.
    expect(line(res('app#1', 'down'), res('fs#1', 'down', optional))).to.equal('down | down | n/a | down | n/a');
  });

  it('lets sync, task, repave and hb only degrade, whatever `optional` says', () => {
    for (const group of ['sync', 'task', 'repave', 'hb'] as const) {
      for (const flags of [{}, optional]) {
        const overall = (side: Status, app: Status) => aggregateInstance([res(`${group}#1`, side, flags), res('app#1', app)]).overall;
        expect(
          statuses.map((side) => overall(side, 'up')),
          `${group} beside up`,
        ).to.deep.equal(['up', 'warn', 'warn', 'up', 'warn', 'up', 'warn']);
        expect(
          statuses.map((side) => overall(side, 'down')),
          `${group} beside down`,
        ).to.deep.equal(['down', 'warn', 'warn', 'down', 'warn', 'down', 'warn']);
        expect(aggregateInstance([res(`${group}#1`, 'down', flags), res('app#1', 'up')]).optional).to.equal('n/a');
      }
    }
  });

  it('gives sync and hb their own merge', () => {
    expect(line(res('sync#1', 'up'), res('sync#2', 'down'), res('app#1', 'up'))).to.equal('up | n/a | warn | warn | n/a');
    expect(line(res('sync#1', 'down'))).to.equal('n/a | n/a | down | warn | n/a');
    expect(line(res('hb#1', 'up'), res('app#1', 'down'))).to.equal('down | n/a | n/a | down | up');
  });

  it('applies standby and disabled itself', () => {
    expect(line(res('fs#1', 'up', { standby: true }), res('app#1', 'down'))).to.equal('stdby up | n/a | n/a | stdby up | n/a');
    expect(line(res('fs#1', 'up', { standby: true }), res('app#1', 'up'))).to.equal('up | n/a | n/a | up | n/a');
    expect(line(res('fs#1', 'down', { disabled: true }), res('app#1', 'up'))).to.equal('up | n/a | n/a | up | n/a');
  });

  it('lets a warning note taint overall where the state says nothing, never where it speaks itself', () => {
    const noted = (status: Status, level: 'info' | 'warn' | 'error') =>
      aggregateInstance([res('fs#1', status, { notes: [{ level, text: 'x' }] })]).overall;
    expect(statuses.map((status) => noted(status, 'warn'))).to.deep.equal(['warn', 'down', 'warn', 'warn', 'undef', 'warn', 'stdby down']);
    expect(noted('up', 'error')).to.equal('warn');
    expect(noted('up', 'info')).to.equal('up');
    expect(line(res('app#1', 'up', { disabled: true, notes: [{ level: 'error', text: 'x' }] }))).to.equal('n/a | n/a | n/a | n/a | n/a');
  });

  it('totals every group that says something', () => {
    const { groups: totals } = aggregateInstance([
      res('fs#1', 'up'),
      res('fs#2', 'down'),
      res('disk#1', 'up'),
      res('ip#1', 'n/a'),
      res('sync#1', 'down'),
    ]);
    expect(totals).to.deep.equal({ fs: 'warn', vg: 'up', sync: 'down' });
  });

  it('says whether all, some or none is provisioned', () => {
    const provisioned = (...values: readonly (boolean | null | undefined)[]) =>
      aggregateInstance(values.map((value, index) => res(`fs#${index}`, 'up', { provisioned: value }))).provisioned;
    expect([
      provisioned(),
      provisioned(null, undefined),
      provisioned(true, null),
      provisioned(false),
      provisioned(true, false),
    ]).to.deep.equal([null, null, true, false, 'mixed']);
    expect(
      aggregateInstance([res('fs#1', 'up', { provisioned: false, disabled: true }), res('fs#2', 'up', { provisioned: true })]).provisioned,
    ).to.equal(true);
  });

  it('never lets an undef leave the instance up', () => {
    const any = fc.record({
      group: fc.constantFrom(...groups),
      status: fc.constantFrom(...statuses),
      optional: fc.boolean(),
      standby: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(any), fc.constantFrom(...groups), fc.boolean(), (list, group, isOptional) => {
        const others = list.map((one, index) => res(`${one.group}#${index}`, one.status, one));
        expect(aggregateInstance([...others, res(`${group}#x`, 'undef', { optional: isOptional })]).overall).to.be.oneOf(['warn', 'undef']);
      }),
    );
  });
});

describe('instance aggregation: containers', () => {
  it('merges the inner instance into the host', () => {
    expect(line(res('container#0', 'up'), res('app#1', 'down', inner))).to.equal('warn | n/a | n/a | warn | n/a');
    expect(line(res('container#0', 'up'), res('app#1', 'up', inner), res('sync#1', 'down', inner))).to.equal(
      'up | n/a | down | warn | n/a',
    );
  });

  it('makes what is inside a container that is down down, and sync, app and task n/a', () => {
    const down = groups.filter((group) => encapStatus('down', group, 'up') === 'down');
    expect(down).to.deep.equal(['ip', 'vg', 'fs', 'share', 'container']);
    expect(encapStatus('stdby down', 'app', 'undef')).to.equal('n/a');
    expect(line(res('container#0', 'down'), res('ip#1', 'undef', inner), res('app#1', 'up', inner))).to.equal(
      'down | n/a | n/a | down | n/a',
    );
    expect(aggregateInstance([res('container#0', 'down'), res('ip#1', 'up', inner)]).groups).to.deep.equal({
      container: 'down',
      ip: 'down',
    });
  });

  it('believes the inner agent while the container runs, or cannot be looked at', () => {
    for (const status of ['up', 'warn', 'n/a', 'undef', 'stdby up'] as const) expect(encapStatus(status, 'fs', 'up')).to.equal('up');
  });

  it('keeps inner resources out of the provisioned state of the host', () => {
    const { provisioned } = aggregateInstance([
      res('container#0', 'up', { provisioned: true }),
      res('fs#1', 'up', { ...inner, provisioned: false }),
    ]);
    expect(provisioned).to.equal(true);
  });
});
