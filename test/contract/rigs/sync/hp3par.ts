import type { Peer } from '../../../../agent/driver/contract.ts';
import type { Doors } from '../../../../agent/driver/doors.ts';
import { SvcError } from '../../../../agent/errors.ts';
import { buildWorld } from '../../../sim/hp3par/build.ts';
import { runCommand } from '../../../sim/hp3par/commands/run.ts';
import { documentPair, type SimConfig } from '../../../sim/hp3par/config.ts';
import { killArray, setLinks } from '../../../sim/hp3par/links.ts';
import { roleOf, type User } from '../../../sim/hp3par/model.ts';
import { become, stopGroup, turn } from '../../../sim/hp3par/start-stop.ts';
import { arrayNamed, groupNamed, type World } from '../../../sim/hp3par/world.ts';
import type { Home } from '../../../support/home.ts';
import { type Build, type Rig, type Rigs, section } from '../../rig.ts';

const [far, near] = ['hp3par1.opensvc.com', 'hp3par2.opensvc.com'] as const;
const user: User = { name: 'opensvc', role: 'Super' };
const peer: Peer = { node: 'node2', role: 'nodes' };

/** The doors of an array without a network in between: those have tests of their own. */
function arrayDoors(world: World, name: string, here: Doors): Doors {
  const array = arrayNamed(world, name);
  return {
    ...here,
    run: async (argv, { onLine }) => {
      if (!array.alive) throw new SvcError('UNREACHABLE', `${name}: no answer`, { facts: { level: 'client-socket' } });
      const settings = { csvtable: true, nohdtot: false };
      const { stdout, stderr, exit } = await runCommand({ world, array, user, settings, confirm: async () => false }, argv);
      for (const line of stdout.split('\n')) if (line !== '') onLine?.('stdout', line);
      return { exitCode: exit, stdout, stderr, durationMs: 1, truncated: false };
    },
  };
}

/** The present world of a rig, by its home. */
const worlds = new Map<string, () => World>();

function worldIn({ folder }: Home): World {
  const world = worlds.get(folder)?.();
  if (world === undefined) throw new Error('no world in this home');
  return world;
}

/** Seen from the recovery site, where a start has something to do. */
function pair(
  prepare: (world: World) => void = () => undefined,
  more: Partial<Rig> = {},
  config: (one: SimConfig) => SimConfig = (one) => one,
): Build {
  return (home: Home) => {
    const make = () => {
      const { world } = buildWorld(config({ ...documentPair(user), clock: 'stepped' }), home.folder);
      prepare(world);
      return world;
    };
    let world = make();
    worlds.set(home.folder, () => world);
    const values = {
      type: 'hp3par',
      mode: 'async',
      'array@node1': near,
      'array@node2': far,
      'rcg@node1': 'MYRCG.r12345',
      'rcg@node2': 'MYRCG',
    };
    return {
      text: `[DEFAULT]\nnodes = node1 node2\n${section('sync#1', { ...values, sync_max_delay: '5', resume_on_start: 'yes' })}`,
      sections: { [`array#${near}`]: { type: 'hp3par' }, [`array#${far}`]: { type: 'hp3par' } },
      peers: [peer],
      reach: (target, here) => ('array' in target ? arrayDoors(world, target.array, here) : here),
      truth: () => {
        const [here, there] = [groupNamed(arrayNamed(world, near), 'MYRCG.r12345'), groupNamed(arrayNamed(world, far), 'MYRCG')];
        const roles = `${roleOf(here)} ${here.status}, ${roleOf(there)} there`;
        return { 'Primary Started, Secondary there': 'up', 'Secondary Started, Primary there': 'down' }[roles] ?? roles;
      },
      takeAway: () => {
        world = make();
      },
      // A healthy group is up on both sides; right behind a start the first sync is still under way.
      says: { up: 'warn', down: 'up', gone: 'up' },
      indifferent: [
        {
          look: /^showdate/,
          lies: ['garbage', 'empty', 'truncated', 'failing'],
          world: 'down',
          why: 'the abbreviation of its zone tells the time too, and one that does not is said to be unknown',
        },
      ],
      ...more,
    };
  };
}

const refused = { verb: 'start', fails: 'REFUSED', changes: [] } as const;
const halves = (world: World) => {
  const [here, there] = [arrayNamed(world, near), arrayNamed(world, far)];
  return { here: { array: here, group: groupNamed(here, 'MYRCG.r12345') }, there: { array: there, group: groupNamed(there, 'MYRCG') } };
};

/** The links are cut, and both arrays have noticed. */
function cutLinks(world: World): void {
  setLinks(world, far, near, false);
  world.clock.elapse(20_000);
}

function killFar(world: World): void {
  killArray(world, far);
  world.clock.elapse(20_000);
}

/** This side was the source; while nobody reached it, the other one took over. */
function failOverThere(world: World): void {
  const { here, there } = halves(world);
  turn(world, here, { natural: true, current: true, local: false });
  cutLinks(world);
  become(world, there.group, 'primary');
  setLinks(world, far, near, true);
}

function promoteBoth(world: World): void {
  const { here } = halves(world);
  cutLinks(world);
  become(world, here.group, 'primary');
  turn(world, here, { natural: true, current: false, local: true });
  setLinks(world, far, near, true);
}

function neverCopied(world: World): void {
  for (const member of halves(world).here.group.members) member.sync = 'New';
}

function stopThere(world: World): void {
  stopGroup(world, halves(world).there);
}

const nobody = { instance: { state: 'unknown', text: 'no route to host', alive: false } } as const;

export const rigs: Rigs = {
  needs: { tools: [] },
  cases: { 'on the recovery site': pair() },
  refusals: {
    'the group was stopped by somebody': {
      prepare: ({ home }) => stopThere(worldIn(home)),
      says: /is stopped: what was written on hp3par1\.opensvc\.com since \d+ s ago would be lost/,
      allow: 'stale-data',
    },
  },
  scenarios: {
    // The links are down, and everything over there lives.
    split: { ...refused, build: pair(cutLinks), truth: 'Secondary Stopped, Primary there' },
    // The other side was failed over to while this one was away: it is newer.
    reversed: { ...refused, build: pair(failOverThere), truth: 'Primary Failsafe, Primary-Rev there' },
    // A volume was never copied to its end.
    unfinished: { ...refused, build: pair(neverCopied), truth: 'down' },
    // Nothing over there gives a sign of life: a disaster.
    unreachable: {
      verb: 'start',
      build: pair(killFar, nobody),
      changes: [/^setrcopygroup failover -f -waittask MYRCG\.r12345$/],
      truth: 'Primary-Rev Stopped, Primary there',
    },
    // An array that lets both be primary: nobody knows which side is newer.
    'both writable': {
      ...refused,
      build: pair(promoteBoth, {}, (config) => ({ ...config, quirks: { returnedPrimary: 'primary' } })),
      truth: 'Primary Stopped, Primary there',
    },
  },
};
