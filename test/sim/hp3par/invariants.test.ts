/** Any order of commands, cut links, dead arrays and passing time: the states stay legal, and never are both sides writable while linked. */
import { rmSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { makeFolder } from '../../support/names.ts';
import { type Built, buildWorld } from './build.ts';
import { documentPair, type Quirks, type SimConfig } from './config.ts';
import { type Controls, makeControls } from './controls.ts';
import { makeFaults } from './faults.ts';
import { isWritable } from './model.ts';
import { areConnected, arrayNamed, settleAccess } from './world.ts';

const arrays = ['hp3par1.opensvc.com', 'hp3par2.opensvc.com'] as const;
const names = ['MYRCG', 'MYRCG.r12345'] as const;
const other = { 0: 1, 1: 0 } as const;

type Move =
  | { readonly kind: 'command'; readonly on: 0 | 1; readonly line: string }
  | { readonly kind: 'links'; readonly up: boolean; readonly way: 'both' | 'there' | 'back' }
  | { readonly kind: 'power'; readonly on: 0 | 1; readonly alive: boolean }
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'task'; readonly fault: 'fail' | 'slow' };

const side = fc.constantFrom(0 as const, 1 as const);
const flags = fc.subarray(['-natural', '-current', '-local', '-stopgroups', '-nostart', '-nosync', '-waittask']);
const verbs = fc.constantFrom('reverse', 'reverse', 'failover', 'failover', 'recover', 'restore', 'switchover', 'override');
const simple = fc.constantFrom(
  'stoprcopygroup -f',
  'startrcopygroup',
  'startrcopygroup -nosync',
  'syncrcopy',
  'syncrcopy -w',
  'stoprcopygroup -f -remote',
);

const moves: fc.Arbitrary<Move> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(side, simple).map(([on, words]): Move => ({ kind: 'command', on, line: `${words} ${names[on]}` })) },
  {
    weight: 8,
    arbitrary: fc
      .tuple(side, verbs, flags)
      .map(([on, verb, more]): Move => ({ kind: 'command', on, line: `setrcopygroup ${verb} -f ${more.join(' ')} ${names[on]}` })),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('links' as const), up: fc.boolean(), way: fc.constantFrom('both', 'there', 'back') }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('power' as const), on: side, alive: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.constantFrom(500, 3000, 15_000, 310_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('task' as const), fault: fc.constantFrom('fail', 'slow') }) },
);

const modes: readonly SimConfig['groups'][number]['mode'][] = ['Sync', 'Periodic'];
const worlds = fc.record({
  mode: fc.constantFrom(...modes),
  policies: fc.subarray(['auto_recover', 'auto_synchronize', 'path_management']),
  autoNatural: fc.boolean(),
  clock: fc.constantFrom('stepped' as const, 'manual' as const),
});

describe('hp3par simulator: invariants', () => {
  it('holds them over any order of commands and misfortunes', async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(worlds, fc.array(moves, { minLength: 5, maxLength: 40 }), async ({ mode, policies, autoNatural, clock }, all) => {
        const pair = documentPair({ name: 'opensvc', role: 'Super' }, 0);
        const groups = pair.groups.map((group) => ({ ...group, mode, policies, periodMs: mode === 'Sync' ? 0 : 300_000 }));
        await walk({ ...pair, groups, clock, quirks: { autoNatural } }, all);
      }),
      { numRuns: 400, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: true },
    );
  });

  it('would see it: a world in which they are broken', () => {
    const folder = makeFolder();
    try {
      const built = buildWorld(documentPair({ name: 'opensvc', role: 'Super' }), folder);
      const group = arrayNamed(built.world, arrays[1]).groups[0];
      if (group !== undefined) group.current = 'primary';
      settleAccess(built.world, 'by force');
      expect(built.invariants.violations.join()).to.match(/writable on both arrays while their links are up \(by force\)/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

async function walk(config: SimConfig & { readonly quirks: Partial<Quirks> }, all: readonly Move[]): Promise<void> {
  const folder = makeFolder();
  try {
    const built = buildWorld(config, folder);
    const { world, invariants } = built;
    const faults = makeFaults(world.arrays.map(({ name }) => name));
    const controls = makeControls({ world, faults, log: [], sessionLimit: 16, sessions: new Map() }, invariants, async () => undefined);
    for (const move of all) {
      await take(controls, move);
      check(built);
    }
    // Whatever happened, once everything is up again and time has passed there is no task, and a legal state.
    for (const array of arrays) await controls.revive(array);
    controls.links(...arrays, true);
    controls.elapse(3_600_000);
    check(built);
    expect(world.arrays.flatMap(({ groups }) => groups).filter(({ busy }) => busy !== undefined)).to.deep.equal([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function take(controls: Controls, move: Move): Promise<void> {
  switch (move.kind) {
    case 'command': {
      // Earlier commands that waited for time to pass go on first.
      await new Promise((resolve) => setImmediate(resolve));
      const before = controls.state();
      // On a manual clock nobody lets time pass for a waiting command, so nobody waits for it.
      const answer = await Promise.race([
        controls.run(arrays[move.on], move.line),
        new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined))),
      ]);
      const failedTask = answer?.stdout.includes('Task ') === true;
      if (answer !== undefined && answer.exit !== 0 && !failedTask) expect(controls.state(), move.line).to.deep.equal(before);
      return;
    }
    case 'links':
      return controls.links(...arrays, move.up, move.way);
    case 'power':
      return move.alive ? controls.revive(arrays[move.on]) : controls.kill(arrays[move.on]);
    case 'time':
      return controls.elapse(move.ms);
    case 'task':
      return controls.taskFault(move.fault, 1, 5000);
  }
}

/** What is legal between two halves. */
function check({ world, invariants }: Built): void {
  expect(invariants.violations).to.deep.equal([]);
  const halves = arrays.map((name, index) => {
    const array = arrayNamed(world, name);
    const group = array.groups.find((one) => one.name === names[index === 0 ? 0 : 1]);
    if (group === undefined) throw new Error('the group is gone');
    return { array, group };
  });
  for (const [index, { array, group }] of halves.entries()) {
    const peer = halves[other[index === 0 ? 0 : 1]];
    if (peer === undefined) throw new Error('no peer');
    const linked = areConnected(world, array, peer.array);
    if (group.status === 'Failsafe') expect(group.current).to.equal('primary');
    if (group.status !== 'Started') expect(group.members.some(({ sync }) => sync === 'Syncing' || sync === 'Synced')).to.equal(false);
    if (linked && array.targets[0]?.status === 'ready') {
      expect(isWritable(group) && isWritable(peer.group)).to.equal(false);
      if (group.status === 'Started') {
        expect(peer.group.status).to.equal('Started');
        expect(peer.group.current).not.to.equal(group.current);
        expect(peer.group.members.map(({ sync }) => sync)).to.deep.equal(group.members.map(({ sync }) => sync));
      }
    }
  }
}
