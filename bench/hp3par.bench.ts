/**
 * What a question to an array costs over the kept connection, and with an ssh login for each command, as OpenSVC asks (spec/hp3par.md "Speed");
 * and what a round over many services on one array asks. The array is simulated, in a process of its own.
 */
import path from 'node:path';
import type { Doors } from '../agent/driver/doors.ts';
import { openArrayWays } from '../agent/engine/array-ways.ts';
import { loadNode } from '../agent/engine/node.ts';
import { createRegistry } from '../agent/driver/registry.ts';
import { createShared } from '../agent/engine/run.ts';
import { statusOf } from '../agent/engine/service-status.ts';
import type { World } from '../agent/engine/world.ts';
import { createDoors } from '../agent/io/doors.ts';
import { findWho } from '../agent/io/identity.ts';
import { openScopes } from '../agent/io/scope.ts';
import { findPaths } from '../agent/paths.ts';
import { documentPair } from '../test/sim/hp3par/config.ts';
import { makeUser, type SpawnedHp3par, spawnHp3par, type TestUser } from '../test/sim/hp3par/use.ts';
import { must } from '../test/support/command.ts';
import { type Home, makeHome } from '../test/support/home.ts';
import { arraySections, array1 as array } from '../test/support/hp3par-document.ts';
import { projectRoot } from '../test/support/imports.ts';
import { missing } from '../test/support/skip.ts';
import { createPeerStage } from '../test/support/peers.ts';
import { type Bench, measure, type Row, rowOf, type Subject } from './lib/measure.ts';

const services = 200;
const kept = 'showrcopy, kept connection';
const login = 'showrcopy, a login for each: ssh';
const manyServices = `a round over ${services} services on one array, each of them`;
const plainServices = `a round over ${services} services without an array, each of them`;

export async function bench(): Promise<Bench> {
  const reason = missing({ tools: ['ssh', 'ssh-keygen'] });
  if (reason !== undefined) return { title: `hp3par: not measured, ${reason}`, rows: [] };
  const home = makeHome();
  const user = makeUser(home.folder, { name: 'opensvc' });
  const sim = await spawnHp3par(documentPair(user), path.join(home.folder, 'sim'));
  try {
    return await measured(home, user, sim);
  } finally {
    await sim.stop();
    home.remove();
  }
}

async function measured(home: Home, user: TestUser, sim: SpawnedHp3par): Promise<Bench> {
  const { address, port } = sim.ssh(array);
  const known = home.path('known_hosts');
  home.node(arraySections(home.folder, sim.ssh, user));
  const paths = findPaths({ SVCMGR_HOME: home.folder });
  const { definition } = await loadNode(paths.nodeFile, { SVCMGR_NODENAME: 'node1' });
  const doors = createDoors(openScopes(paths.state));
  const ways = openArrayWays(definition, doors);
  try {
    const there = await ways.doorsFor(array);
    const ssh = [
      'ssh',
      '-i',
      user.key,
      '-p',
      String(port),
      '-o',
      `UserKnownHostsFile=${known}`,
      '-o',
      'BatchMode=yes',
      `${user.name}@${address}`,
    ] as const;
    const questions = await measure(
      questionsOf(there, () => must(...ssh, 'showrcopy -csvtable')),
      { rounds: 12, warmUps: 2 },
    );
    const world = worldOf(home, { definition, doors, doorsFor: (target) => ways.doorsFor('array' in target ? target.array : '') });
    const rounds = await measure(roundsOf(home, world), { rounds: 3, warmUps: 1, thingsPerRun: services });
    const asked = (await sim.controls.log()).filter(({ line }) => line === 'showrcopy -csvtable').length;
    return verdict([...questions, ...rounds], asked - (12 + 2) * 2, 3 + 1);
  } finally {
    await ways.close();
  }
}

function verdict(rows: readonly Row[], asked: number, rounds: number): Bench {
  const factor = rowOf(rows, login).medianMs / rowOf(rows, kept).medianMs;
  const text = `a question over the kept connection at most a fifth of a login (${factor.toFixed(1)} times less), and one question for ${services} services in each round (${asked} in ${rounds})`;
  return { title: 'hp3par: questions to an array', rows, aim: { text, met: factor >= 5 && asked === rounds } };
}

function questionsOf(doors: Doors, loginEach: () => unknown): readonly Subject[] {
  return [
    { name: kept, isFloor: true, run: () => doors.run(['showrcopy'], { timeoutMs: 20_000 }) },
    { name: login, run: loginEach },
  ];
}

function roundsOf(home: Home, world: World): readonly Subject[] {
  const names = Array.from({ length: services }, (_, number) => number);
  for (const number of names) {
    home.service(`array${number}`, `[sync#1]\ntype = hp3par\nmode = async\narray = ${array}\nrcg = MYRCG\n`);
    home.service(`plain${number}`, '[fs#1]\ntype = flag\n');
  }
  const round = (prefix: string) => async () => {
    const now = { ...world, round: createShared() };
    await Promise.all(names.map((number) => statusOf(now, `${prefix}${number}`, new AbortController().signal)));
  };
  return [
    { name: plainServices, isFloor: true, run: round('plain') },
    { name: manyServices, run: round('array') },
  ];
}

function worldOf(home: Home, parts: { definition: World['node']; doors: World['doors']; doorsFor: NonNullable<World['doorsFor']> }): World {
  const peers = createPeerStage(() => world);
  const world: World = {
    paths: findPaths({ SVCMGR_HOME: home.folder }),
    node: parts.definition,
    registry: createRegistry({ folder: path.join(projectRoot, 'drivers') }),
    doors: parts.doors,
    doorsFor: parts.doorsFor,
    peers: peers.peers,
    now: () => new Date(),
    sink: () => undefined,
    who: findWho({}),
    reservedNames: [],
  };
  return world;
}
