/** Aggregation against the peer's answers; the differences are deliberate (spec/status.md "Aggregation"). */
import { type AggregateResource, aggregateInstance } from '../../agent/state/aggregate.ts';
import { mergeEncap, type Totals } from '../../agent/state/encap.ts';
import { type Merged, merge, type Status } from '../../agent/state/status.ts';
import { traitsOf } from '../../agent/state/traits.ts';
import { comparison } from '../support/differences.ts';
import { describeUnless } from '../support/skip.ts';
import { missingVectors, readVectors } from '../support/vectors.ts';

const undefShows = 'undef never hides';

describeUnless(missingVectors('status_merge.json'), 'conformance: status_merge', () => {
  const definite = ['up', 'down', 'stdby up', 'stdby down', 'stdby up with up', 'stdby up with down'];
  const both = (other: string) => [`undef + ${other}`, `${other} + undef`];
  const compare = comparison([
    [definite.flatMap(both), 'warn', undefShows],
    [both('n/a'), 'undef', 'n/a adds nothing, so that the undef stays'],
  ]);
  for (const row of readVectors<{ vectors: { a: Merged; b: Merged; expected: Merged }[] }>('status_merge.json').vectors) {
    it(`${row.a} + ${row.b}`, () => compare.check(`${row.a} + ${row.b}`, row.expected, merge(row.a, row.b)));
  }
  compare.closes();
});

interface StubResource {
  readonly rid: string;
  readonly status: Status;
  readonly optional?: boolean;
  readonly disable?: boolean;
  readonly standby?: boolean;
  readonly tags?: readonly string[];
  readonly log?: readonly (readonly ['info' | 'warn' | 'error', string])[];
  readonly provisioned?: boolean | null;
  readonly unprovision?: boolean;
}

interface InstanceRow {
  readonly desc: string;
  readonly resources: readonly StubResource[];
  readonly default?: { readonly disable?: string };
  readonly expected: {
    readonly avail: Status;
    readonly optional: Status;
    readonly overall: Status;
    readonly provisioned: unknown;
    readonly groups: Readonly<Record<string, Status>>;
  };
}

/** The stub of the peer's test as our engine would hand it over; the stub is provisioned unless it says otherwise. */
function fromStub(stub: StubResource, row: InstanceRow): AggregateResource {
  const group = stub.rid.replace(/#.*/, '');
  const traits = traitsOf(group, { ...stub, disable: stub.disable ?? row.default?.disable === 'true' });
  return {
    rid: stub.rid,
    group,
    status: traits.nostatus ? 'n/a' : stub.status,
    ...traits,
    notes: (stub.log ?? []).map(([level, text]) => ({ level, text })),
    provisioned: stub.unprovision === false ? null : (stub.provisioned ?? true),
  };
}

/** `avail optional overall provisioned group=status …` */
function shorten({ avail, optional, overall, provisioned, groups }: InstanceRow['expected']): string {
  const totals = Object.entries(groups).sort(([a], [b]) => (a < b ? -1 : 1));
  return [avail, optional, overall, String(provisioned), ...totals.map(([group, status]) => `${group}=${status}`)].join(', ');
}

describeUnless(missingVectors('status_instance.json'), 'conformance: status_instance', () => {
  const syncTotal = 'sync has its own total, as merged';
  const sideOnly = 'sync and task count neither in avail nor in optional, whatever `optional` says';
  const compare = comparison([
    ['single undef', 'undef, n/a, undef, true, fs=undef', undefShows],
    ['up + undef', 'warn, n/a, warn, true, app=undef, fs=up', undefShows],
    ['down + undef', 'warn, n/a, warn, true, app=undef, fs=down', undefShows],
    [['n/a + undef', 'standby n/a + undef'], 'undef, n/a, undef, true, app=undef', undefShows],
    [['undef + undef', 'standby undef + undef'], 'undef, n/a, undef, true, app=undef, fs=undef', undefShows],
    ['standby up + undef', 'warn, n/a, warn, true, app=undef, fs=stdby up', undefShows],
    ['standby warn + undef', 'warn, n/a, warn, true, app=undef, fs=warn', undefShows],
    ['standby undef + up', 'warn, n/a, warn, true, app=up, fs=undef', undefShows],
    ['standby undef + down', 'warn, n/a, warn, true, app=down, fs=undef', undefShows],
    ['standby undef + warn', 'warn, n/a, warn, true, app=warn, fs=undef', undefShows],
    ['standby undef + n/a', 'undef, n/a, undef, true, fs=undef', undefShows],
    ['optional undef + up', 'up, undef, warn, true, app=up, fs=undef', undefShows],
    ['optional undef + down', 'down, undef, warn, true, app=down, fs=undef', undefShows],
    ['only optional undef', 'n/a, undef, undef, true, fs=undef', undefShows],
    [['sync undef + up', 'sync non-optional undef + up'], 'up, n/a, warn, true, app=up, sync=undef', undefShows],
    ['task undef + up', 'up, n/a, warn, true, app=up, task=undef', undefShows],
    [['sync up + up', 'sync non-optional up + up'], 'up, n/a, up, true, app=up, sync=up', syncTotal],
    [['sync warn + up', 'sync non-optional warn + up'], 'up, n/a, warn, true, app=up, sync=warn', sideOnly],
    [['sync down + app up', 'sync non-optional down + up'], 'up, n/a, warn, true, app=up, sync=down', `${sideOnly}; ${syncTotal}`],
    ['sync down + app down', 'down, n/a, warn, true, app=down, sync=down', `${sideOnly}; ${syncTotal}`],
    ['task up + up', 'up, n/a, up, true, app=up, task=up', sideOnly],
    ['task down + up', 'up, n/a, warn, true, app=up, task=down', sideOnly],
    ['task warn + up', 'up, n/a, warn, true, app=up, task=warn', sideOnly],
    [
      'mixed drivers up',
      'up, n/a, up, true, app=up, container=up, fs=up, ip=up, share=up, vg=up, volume=up',
      'disk is an alias of the group vg',
    ],
  ]);
  for (const row of readVectors<{ vectors: InstanceRow[] }>('status_instance.json').vectors) {
    it(row.desc, () =>
      compare.check(row.desc, shorten(row.expected), shorten(aggregateInstance(row.resources.map((stub) => fromStub(stub, row))))),
    );
  }
  compare.closes();
});

describeUnless(missingVectors('status_encap.json'), 'conformance: status_encap', () => {
  const compare = comparison([]);
  for (const row of readVectors<{ vectors: { host: Totals; container_instance: Totals; expected: Totals }[] }>('status_encap.json')
    .vectors) {
    const name = `${row.host.avail}/${row.host.overall} + ${row.container_instance.avail}/${row.container_instance.overall}`;
    it(name, () => compare.check(name, row.expected, mergeEncap(row.host, row.container_instance)));
  }
  compare.closes();
});
