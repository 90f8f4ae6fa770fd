/** The walk against the peer's answers (spec/opensvc-core.md §2.1). */
import { planOrder, walkOf } from '../../agent/state/order.ts';
import { decide } from '../../agent/state/plan.ts';
import { canonicalGroup } from '../../agent/state/groups.ts';
import { selectRids } from '../../agent/state/select.ts';
import { traitsOf } from '../../agent/state/traits.ts';
import { limitWalk } from '../../agent/state/walk-limit.ts';
import { comparison } from '../support/differences.ts';
import { describeUnless } from '../support/skip.ts';
import { missingVectors, readVectors } from '../support/vectors.ts';

interface Stub {
  readonly rid: string;
  readonly type?: string;
  readonly mount_point?: string;
  readonly standby?: boolean;
  readonly tags?: readonly string[];
  readonly encap?: boolean;
  readonly subset?: string;
}

interface Row {
  readonly desc: string;
  readonly resources: readonly Stub[];
  readonly action: 'start' | 'stop';
  readonly options?: Readonly<Record<string, string | boolean>>;
  readonly default?: { readonly disable?: string };
  readonly expected?: readonly string[];
  readonly end?: string;
}

/** What the engine does with these pure functions: select, decide, order, limit. `promotes` stands for an array driver. */
function walk(row: Row): readonly string[] {
  const resources = row.resources.map((stub) => {
    const group = canonicalGroup(stub.rid.replace(/#.*/, ''));
    const promotes = stub.type === 'sync.netapp';
    return { ...stub, group, type: stub.type ?? `${group}.stub`, tags: stub.tags ?? [], mount: stub.mount_point, promotes };
  });
  const text = (name: string) => (typeof row.options?.[name] === 'string' ? row.options[name] : undefined);
  const chosen = new Set(selectRids(resources, { rid: text('rid') }));
  const acting = resources.filter((one) => {
    const traits = traitsOf(one.group, { ...one, disable: row.default?.disable === 'true' });
    const able = one.group !== 'sync' || one.promotes;
    return chosen.has(one.rid) && decide(row.action, { rid: one.rid, traits, able }).act;
  });
  return walkOf(limitWalk(planOrder(acting, [], row.action), resources, { upto: text('upto'), downto: text('downto') }));
}

describeUnless(missingVectors('action_order.json'), 'conformance: action_order', () => {
  const natural = 'natural order of the index: app#2 before app#10';
  const noVolume = 'volume is no group of ours: an unknown group is walked with task';
  const reverse = 'a stop is the exact reverse of the start; a driver with nothing to stop there does nothing';
  const xtags = 'addresses of containers are the group ip with a container keyword; tags named after a container engine mean nothing';
  const encap = 'the engine of the host drives what is inside a container: nothing of ours is installed there';
  const compare = comparison([
    ['driver group order, start', 'ip#0 sync#n disk#0 fs#0 share#0 container#0 app#0 task#0 volume#0', noVolume],
    ['driver group order, stop', 'volume#0 task#0 app#0 container#0 share#0 fs#0 disk#0 sync#n ip#0', `${reverse}; ${noVolume}`],
    ['upto group, start', 'ip#0 sync#n disk#0 fs#0', noVolume],
    ['upto group, stop', 'volume#0 task#0 app#0 container#0 share#0 fs#0', noVolume],
    ['downto group, start', 'ip#0 sync#n disk#0 fs#0 share#0', noVolume],
    ['downto group, stop', 'volume#0 task#0 app#0 container#0 share#0', noVolume],
    ['index order is lexicographic on rid, start', 'app#1 app#2 app#10 app#B app#a', natural],
    ['index order is lexicographic on rid, stop', 'app#a app#B app#10 app#2 app#1', natural],
    ['encap skipped on the host, start', 'fs#1 app#2', encap],
    ['encap skipped on the host, stop', 'app#2 fs#1', encap],
    ['xtags: docker/podman/zone tagged resources skipped, start', 'ip#1 app#2', xtags],
    ['xtags: docker/podman/zone tagged resources skipped, stop', 'app#2 ip#1', xtags],
  ]);
  const seen = new Map<string, number>();
  for (const row of readVectors<{ vectors: Row[] }>('action_order.json').vectors) {
    const name = `${row.desc}, ${row.action}`;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    const id = count > 1 ? `${name} (${count})` : name;
    it(id, () => compare.check(id, row.expected?.join(' '), walk(row).join(' ')));
  }
  compare.closes();
});
