/** Any order of commands, cut links, dead arrays and passing time: the states stay legal, and never are both sides writable while linked. */
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { makeFolder } from '../../support/names.ts';
import { type Built, buildWorld } from './build.ts';
import { documentPair, type SimConfig } from './config.ts';
import { type Controls, makeControls } from './controls.ts';
import { makeFaults } from './faults.ts';
import { isWritable } from './model.ts';
import { areConnected, arrayNamed, settleAccess } from './world.ts';

const arrays = ['hp3par1.opensvc.com', 'hp3par2.opensvc.com'] as const;
const names = ['MYRCG', 'MYRCG.r12345'] as const;
const other = { 0: 1, 1: 0 } as const;
const volume = 'VV_SVC1_ROOT';

/** A machine that has no time walks less. */
const patience = { interruptAfterTimeLimit: 15_000, markInterruptAsFailure: false };

type Move =
  | { readonly kind: 'command'; readonly on: 0 | 1; readonly line: string }
  | { readonly kind: 'links'; readonly up: boolean; readonly way: 'both' | 'there' | 'back' }
  | { readonly kind: 'power'; readonly on: 0 | 1; readonly alive: boolean }
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'task'; readonly fault: 'fail' | 'slow' }
  | { readonly kind: 'write'; readonly on: 0 | 1 };

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

interface WorldOf {
  readonly mode: (typeof modes)[number];
  readonly policies: readonly string[];
  readonly autoNatural: boolean;
  readonly clock: 'stepped' | 'manual';
}

describe('hp3par simulator: invariants', () => {
  it('holds them over any order of commands and misfortunes', async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(worlds, fc.array(moves, { minLength: 5, maxLength: 40 }), async (world, all) => {
        await walk(configOf(world, 0), all);
      }),
      { numRuns: 200, ...patience },
    );
  });

  it('keeps what was written: the copy is what replication says it is', async function () {
    this.timeout(60_000);
    // A start with -nosync says by itself that both are level.
    const honest = moves.filter((move) => move.kind !== 'command' || !move.line.includes('-nosync'));
    const write = fc.record({ kind: fc.constant('write' as const), on: side });
    const sync = side.map((on): Move => ({ kind: 'command', on, line: `syncrcopy ${names[on]}` }));
    const moment = fc.constantFrom(500, 2500).map((ms): Move => ({ kind: 'time', ms }));
    const swap = side.chain((on) =>
      fc
        .constantFrom(`setrcopygroup reverse -f -stopgroups ${names[on]}`, `startrcopygroup ${names[on]}`)
        .map((line): Move => ({ kind: 'command', on, line })),
    );
    const busy = fc.oneof(honest, write, write, sync, sync, moment, moment, swap, swap);
    await fc.assert(
      fc.asyncProperty(worlds, fc.array(busy, { minLength: 10, maxLength: 30 }), async (world, all) => {
        await walk(configOf(world, 1), all);
      }),
      { numRuns: 40, ...patience },
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

function configOf({ mode, policies, autoNatural, clock }: WorldOf, sizeMb: number): SimConfig {
  const pair = documentPair({ name: 'opensvc', role: 'Super' }, sizeMb);
  const groups = pair.groups.map((group) => ({ ...group, mode, policies, periodMs: mode === 'Sync' ? 0 : 300_000 }));
  return { ...pair, groups, clock, quirks: { autoNatural } };
}

async function walk(config: SimConfig, all: readonly Move[]): Promise<void> {
  const folder = makeFolder();
  try {
    const built = buildWorld(config, folder);
    const { world, invariants } = built;
    const faults = makeFaults(world.arrays.map(({ name }) => name));
    const controls = makeControls({ world, faults, log: [], sessionLimit: 16, sessions: new Map() }, invariants, async () => undefined);
    const host = makeHost(controls);
    for (const move of all) {
      if (move.kind === 'write') host.write(move.on);
      else await take(controls, move);
      check(built);
      host.check(built);
    }
    // Whatever happened, once everything is up again and time has passed there is no task, and a legal state.
    for (const array of arrays) await controls.revive(array);
    controls.links(...arrays, true);
    controls.elapse(700_000);
    check(built);
    host.check(built);
    expect(world.arrays.flatMap(({ groups }) => groups).filter(({ busy }) => busy !== undefined)).to.deep.equal([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Host {
  /** A new number, where it may be written; in a split only ever on one side, as a service does. */
  write(on: 0 | 1): void;
  /** What is on the other side is what replication says. */
  check(built: Built): void;
}

function makeHost(controls: Controls): Host {
  /** What each side held after each move; between two of them only a secondary changes. */
  const held: { readonly atMs: number; readonly on: 0 | 1; readonly number: number }[] = [];
  let count = 0;
  let alone: 0 | 1 | undefined;
  const heldAt = (on: 0 | 1, ms: number) => {
    const own = held.filter((one) => one.on === on);
    const before = own.filter(({ atMs }) => atMs < ms).at(-1)?.number ?? 0;
    return [before, ...own.filter(({ atMs }) => atMs === ms).map(({ number }) => number)];
  };
  return {
    write: (on) => {
      const seen = arrays.map((array) => controls.volume(array, volume));
      const isSplit = seen.every(({ access }) => access === 'rw');
      alone = isSplit ? (alone ?? on) : undefined;
      const image = seen[on]?.image;
      if (seen[on]?.access !== 'rw' || image === undefined || (isSplit && alone !== on)) return;
      count += 1;
      writeNumber(image, count);
    },
    check: ({ world }) => {
      const images = arrays.map((array) => controls.volume(array, volume).image);
      for (const on of [0, 1] as const) {
        const image = images[on];
        if (image !== undefined) held.push({ atMs: controls.nowMs(), on, number: readNumber(image) });
      }
      for (const on of [0, 1] as const) {
        const group = arrayNamed(world, arrays[on]).groups[0];
        const [own, copy] = [images[on], images[other[on]]];
        const isLevel = group?.status === 'Started' && group.members.every(({ sync }) => sync === 'Synced');
        if (group?.current !== 'primary' || !isLevel || own === undefined || copy === undefined) continue;
        if (!areConnected(world, arrayNamed(world, arrays[0]), arrayNamed(world, arrays[1]))) continue;
        if (group.mode === 'Sync') expect(readNumber(copy)).to.equal(readNumber(own));
        else if (group.lastSyncMs !== undefined) expect(heldAt(on, group.lastSyncMs)).to.include(readNumber(copy));
      }
    },
  };
}

function writeNumber(image: string, number: number): void {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  const file = openSync(image, 'r+');
  writeSync(file, bytes, 0, 4, 0);
  closeSync(file);
}

function readNumber(image: string): number {
  const bytes = Buffer.alloc(4);
  const file = openSync(image, 'r');
  readSync(file, bytes, 0, 4, 0);
  closeSync(file);
  return bytes.readUInt32LE();
}

async function take(controls: Controls, move: Exclude<Move, { readonly kind: 'write' }>): Promise<void> {
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
