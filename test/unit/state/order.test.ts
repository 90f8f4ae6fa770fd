import { expect } from 'chai';
import fc from 'fast-check';
import { SvcError } from '../../../agent/errors.ts';
import { type Batch, type OrderItem, planOrder, walkOf } from '../../../agent/state/order.ts';
import { limitWalk } from '../../../agent/state/walk-limit.ts';

function item(rid: string, fields: Partial<OrderItem> = {}): OrderItem {
  const group = rid.replace(/#.*/, '');
  return { rid, group, type: `${group}.double`, ...fields };
}

const fs = (rid: string, mount: string, subset?: string) => item(rid, { mount, subset, depth: mount.split('/').length - 1 });
const parallel = (name: string) => ({ name, parallel: true });
const steps = (batches: readonly Batch[]) => batches.map((batch) => batch.rids.join(batch.parallel ? ' & ' : ' '));
const start = (items: readonly OrderItem[], ...subsets: readonly string[]) => steps(planOrder(items, subsets.map(parallel), 'start'));

describe('order of a walk', () => {
  const every = ['sync#1', 'task#1', 'hb#1', 'app#1', 'container#1', 'share#1', 'fs#1', 'vg#1', 'repave#1', 'ip#1'].map((rid) => item(rid));
  const all = [
    ...every,
    item('sync#2', { promotes: true }),
    item('vg#1pr', { implied: { of: 'vg#1', order: 'before' } }),
    item('ip#9', { netnsOf: 'container#1' }),
  ];

  it('starts what lives in a container behind all containers, in the order of groups, subsets by themselves', () => {
    const inner = (rid: string, fields: Partial<OrderItem> = {}) => item(rid, { container: 'container#1', ...fields });
    const items = [
      inner('app#1', { subset: 'web' }),
      inner('app#2', { subset: 'web' }),
      inner('ip#1'),
      item('ip#9', { netnsOf: 'container#1' }),
    ];
    const outer = [item('container#1'), item('container#2'), item('app#3', { subset: 'web' }), item('fs#1')];
    const order = ['fs#1', 'container#1 ip#9 container#2', 'ip#1', 'app#1 & app#2', 'app#3'];
    expect(start([...items, ...outer], 'app:web')).to.deep.equal(order);
    expect(start([...items.slice(0, 3), item('app#3')]), 'also when no container is walked').to.deep.equal([
      'ip#1',
      'app#1 app#2',
      'app#3',
    ]);
  });

  it('starts ip, promotions, vg with its reservation, fs, share, container with its addresses, app, task', () => {
    expect(start(all)).to.deep.equal([
      'ip#1',
      'sync#2',
      'vg#1pr vg#1',
      'fs#1',
      'share#1',
      'container#1 ip#9',
      'app#1',
      'task#1',
      'sync#1',
      'repave#1',
      'hb#1',
    ]);
  });

  it('stops in the exact reverse', () => {
    const reverse = walkOf(planOrder(all, [], 'start')).toReversed();
    expect(walkOf(planOrder(all, [], 'stop'))).to.deep.equal(reverse);
  });

  it('takes the natural order of the index', () => {
    expect(start(['app#10', 'app#2', 'app#1'].map((rid) => item(rid)))).to.deep.equal(['app#1 app#2 app#10']);
  });

  it('keeps each reservation beside its volume group', () => {
    const pr = (n: number) => item(`vg#${n}pr`, { implied: { of: `vg#${n}`, order: 'before' } });
    expect(start([item('vg#10'), item('vg#2'), pr(10), pr(2)])).to.deep.equal(['vg#2pr vg#2 vg#10pr vg#10']);
    expect(start([item('fs#1'), pr(2)]), 'without its volume group').to.deep.equal(['vg#2pr', 'fs#1']);
  });

  it('keeps an address of a container that is not walked in its place', () => {
    expect(start([item('app#1'), item('ip#9', { netnsOf: 'container#1' }), item('fs#1')])).to.deep.equal(['fs#1', 'ip#9', 'app#1']);
  });

  it('walks what has no subset first, then subsets by name', () => {
    const of = (rid: string, subset?: string) => item(rid, { subset });
    expect(planOrder([of('app#1', 'web'), of('app#2', 'db'), of('app#3')], [], 'start')).to.deep.equal([
      { rids: ['app#3'], parallel: false },
      { rids: ['app#2'], parallel: false, subset: 'app:db' },
      { rids: ['app#1'], parallel: false, subset: 'app:web' },
    ]);
  });

  it('runs a parallel subset together, one of its group only', () => {
    const of = (rid: string) => item(rid, { subset: 'web' });
    expect(start([of('app#1'), of('app#2'), of('fs#1'), of('fs#2')], 'app:web')).to.deep.equal(['fs#1 fs#2', 'app#1 & app#2']);
    expect(
      start(
        [of('disk#1'), of('vg#2')].map((one) => ({ ...one, group: 'vg' })),
        'disk:web',
      ),
      'alias',
    ).to.deep.equal(['disk#1 & vg#2']);
    expect(planOrder([of('app#1')], [parallel('app:web')], 'start')[0]?.parallel, 'alone').to.equal(false);
  });

  it('never runs companions or nested mounts beside each other', () => {
    const g = { subset: 'g' };
    const vgs = [
      item('vg#1', g),
      item('vg#2', g),
      item('vg#1pr', { ...g, implied: { of: 'vg#1', order: 'before' } }),
      item('vg#1x', { implied: { of: 'vg#1', order: 'after' } }),
    ];
    expect(start(vgs, 'vg:g')).to.deep.equal(['vg#1pr', 'vg#1 & vg#2', 'vg#1x']);
    expect(start([fs('fs#1', '/a/b', 'g'), fs('fs#2', '/a', 'g'), fs('fs#3', '/c', 'g')], 'fs:g')).to.deep.equal(['fs#2 & fs#3', 'fs#1']);
  });

  it('mounts by depth, then index', () => {
    expect(start([fs('fs#1', '/srv/a/b'), fs('fs#2', '/srv'), fs('fs#4', '/srv/c'), fs('fs#3', '/srv/a')])).to.deep.equal([
      'fs#2 fs#3 fs#4 fs#1',
    ]);
    expect(start([item('fs#1', { mount: '/srv/a' }), item('fs#2', { mount: '/srv/' })]), 'depth from the mount').to.deep.equal([
      'fs#2 fs#1',
    ]);
  });

  it('moves a mount behind a parent of a later subset', () => {
    expect(start([fs('fs#1', '/a/b'), fs('fs#2', '/a', 'late'), fs('fs#3', '/b')])).to.deep.equal(['fs#3', 'fs#2', 'fs#1']);
    // The grandchild stands in the set of its grandparent, its parent had to move behind that set.
    expect(start([fs('fs#1', '/a', 'z'), fs('fs#2', '/a/b', 'm'), fs('fs#3', '/a/b/c', 'z')])).to.deep.equal(['fs#1', 'fs#2', 'fs#3']);
    expect(start([fs('fs#1', '/x', 'b'), fs('fs#2', '/x/y', 'a')], 'fs:a', 'fs:b')).to.deep.equal(['fs#1', 'fs#2']);
  });

  it('loses no resource, mounts parents first and reverses exactly, whatever the subsets', () => {
    const mount = fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`);
    const one = fc.record({ mount, subset: fc.constantFrom(undefined, 'p', 'q', 'r') });
    fc.assert(
      fc.property(
        fc.uniqueArray(one, { selector: (value) => value.mount, maxLength: 10 }),
        fc.subarray(['fs:p', 'fs:q', 'fs:r']),
        (list, together) => {
          const items = list.map((value, index) => fs(`fs#${index}`, value.mount, value.subset));
          const batches = planOrder(items, together.map(parallel), 'start');
          const walk = walkOf(batches);
          expect([...walk].sort()).to.deep.equal(items.map(({ rid }) => rid).sort());
          expect(walkOf(planOrder(items, together.map(parallel), 'stop'))).to.deep.equal(walk.toReversed());
          const step = new Map(
            batches.flatMap((batch, at) => batch.rids.map((rid, place) => [rid, batch.parallel ? [at, 0] : [at, place]] as const)),
          );
          for (const parent of items)
            for (const child of items.filter((other) => other.mount?.startsWith(`${parent.mount}/`))) {
              const [first, second] = [step.get(parent.rid) ?? [0, 0], step.get(child.rid) ?? [0, 0]];
              expect((first[0] ?? 0) * 100 + (first[1] ?? 0), `${parent.mount} before ${child.mount}`).to.be.below(
                (second[0] ?? 0) * 100 + (second[1] ?? 0),
              );
            }
        },
      ),
    );
  });

  it('refuses companions that form a loop', () => {
    const loop = [item('vg#1', { implied: { of: 'vg#2', order: 'before' } }), item('vg#2', { implied: { of: 'vg#1', order: 'before' } })];
    expect(() => planOrder(loop, [], 'start'))
      .to.throw(SvcError)
      .with.property('code', 'BUG');
  });
});

describe('walk limits', () => {
  const items = ['vg#1', 'fs#1', 'fs#2', 'app#1', 'app#2'].map((rid) => item(rid, { subset: rid.startsWith('app') ? 'web' : undefined }));
  const order = planOrder(items, [parallel('app:web')], 'start');
  const limited = (limits: { upto?: string; downto?: string }) => steps(limitWalk(order, items, limits));

  it('ends behind a rid, a group, a type, an alias', () => {
    expect(limited({})).to.deep.equal(['vg#1', 'fs#1 fs#2', 'app#1 & app#2']);
    expect(limited({ upto: 'fs#1' })).to.deep.equal(['vg#1', 'fs#1']);
    expect(limited({ downto: 'fs' })).to.deep.equal(['vg#1', 'fs#1 fs#2']);
    expect(limited({ upto: 'fs.double' })).to.deep.equal(['vg#1', 'fs#1 fs#2']);
    expect(limited({ upto: 'disk' })).to.deep.equal(['vg#1']);
  });

  it('cuts a parallel step as if walked one by one', () => {
    expect(limited({ upto: 'app#1' })).to.deep.equal(['vg#1', 'fs#1 fs#2', 'app#1']);
    expect(limitWalk(order, items, { upto: 'app#1' }).at(-1)?.parallel).to.equal(false);
  });

  it('refuses a name that is not in the walk, and two limits', () => {
    expect(() => limited({ upto: 'fs#9' }))
      .to.throw(SvcError, 'fs#9')
      .with.property('code', 'NOT_FOUND');
    expect(() => limited({ upto: 'fs', downto: 'vg' }))
      .to.throw(SvcError)
      .with.property('code', 'CONFIG');
  });
});
