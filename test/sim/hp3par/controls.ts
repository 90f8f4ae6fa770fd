/** What a test, or another process through the control socket, may do to the simulated arrays and ask of them; all of it is plain data. */
import { type Answer, runCommand, splitLine } from './commands/run.ts';
import type { Quirks } from './config.ts';
import type { House, LogEntry } from './doors/session.ts';
import type { CommandFault, Door } from './faults.ts';
import type { Invariants } from './invariants.ts';
import { killArray, type LinkWay, reviveArray, setLink, setLinks } from './links.ts';
import { type Access, type Group, type Role, roleOf, type StorageArray, type Task, type User } from './model.ts';
import { observe } from './replicate.ts';
import { arrayNamed, type TaskFault, volumeNamed, type World } from './world.ts';

export interface GroupView extends Pick<Group, 'name' | 'status' | 'mode' | 'periodMs' | 'policies' | 'lastSyncMs' | 'target'> {
  readonly role: Role;
  readonly volumes: readonly {
    readonly name: string;
    readonly sync: string;
    readonly lastSyncMs: number | undefined;
    readonly access: Access;
  }[];
}

export interface ArrayView {
  readonly alive: boolean;
  readonly groups: Readonly<Record<string, GroupView>>;
  readonly targets: Readonly<Record<string, string>>;
  readonly tasks: readonly Task[];
}

export interface Controls {
  nowMs(): number;
  /** Lets time pass for the arrays. */
  elapse(ms: number): void;
  /** All links between two arrays, or only those of one way; the target is `failing` at once and `failed` after timing.failingMs. */
  links(one: string, other: string, up: boolean, way?: LinkWay): void;
  /** One link of several, by its node (`0:2:4`). */
  link(array: string, node: string, up: boolean): void;
  /** No power: no volumes, no links, and its manager refuses connections, or with `hang` does not answer. */
  kill(array: string, how?: 'refuse' | 'hang'): Promise<void>;
  revive(array: string): Promise<void>;
  /** Only its manager: whether it listens, lets anybody log in, shows its own host key, has a trusted certificate. */
  door(array: string, change: Partial<Door>): Promise<void>;
  fault(fault: CommandFault): void;
  clearFaults(): void;
  /** The next tasks fail, take longer, or never end. */
  taskFault(kind: TaskFault['kind'], times?: number, ms?: number): void;
  quirks(change: Partial<Quirks>): void;
  user(array: string, user: User): void;
  /** A command without a session, a fault or a log entry, as a user who may everything; in CSV without headers. A dead array exits 255. */
  run(array: string, line: string): Promise<Answer>;
  state(): Readonly<Record<string, ArrayView>>;
  /** Every command so far. */
  log(): readonly LogEntry[];
  /** What was violated of invariants.ts so far. */
  violations(): readonly string[];
  /** Where a host finds a volume, and what it can do with it now; what hosts wrote is where it belongs when this returns. */
  volume(array: string, volume: string): { readonly path: string; readonly image: string | undefined; readonly access: Access };
}

/** Each name, for the control socket; complete by its type. */
export const controlNames = Object.keys({
  nowMs: true,
  elapse: true,
  links: true,
  link: true,
  kill: true,
  revive: true,
  door: true,
  fault: true,
  clearFaults: true,
  taskFault: true,
  quirks: true,
  user: true,
  run: true,
  state: true,
  log: true,
  violations: true,
  volume: true,
} satisfies Record<keyof Controls, true>) as readonly (keyof Controls)[];

const operator: User = { name: '3paradm', role: 'Super' };

/** @param follow makes the doors of an array follow its faults */
export function makeControls(house: House, invariants: Invariants, follow: (array: string) => Promise<void>): Controls {
  const { world, faults } = house;
  const door = async (name: string, change: Partial<Door>) => {
    const found = faults.doors.get(arrayNamed(world, name).name);
    if (found !== undefined) Object.assign(found, change);
    await follow(name);
  };
  return {
    ...looksAt(house, invariants),
    door,
    kill: async (array, how = 'refuse') => {
      killArray(world, array);
      await door(array, { management: how });
    },
    revive: async (array) => {
      reviveArray(world, array);
      await door(array, { management: 'open' });
    },
    links: (one, other, up, way) => setLinks(world, one, other, up, way),
    link: (array, node, up) => setLink(world, array, node, up),
    fault: (fault) => faults.add(fault),
    clearFaults: () => {
      faults.clear();
      world.taskFaults.length = 0;
    },
    taskFault: (kind, times = 1, ms = 0) => {
      world.taskFaults.push({ kind, times, ms });
    },
    quirks: (change) => {
      Object.assign(world.quirks, change);
    },
    user: (array, user) => {
      const { users } = arrayNamed(world, array);
      users.splice(0, users.length, ...users.filter(({ name }) => name !== user.name), user);
    },
    run: (array, line) => runAs(world, arrayNamed(world, array), line),
  };
}

/** What only looks, or only lets time pass; what hosts wrote is noticed first. */
function looksAt(
  { world, log }: House,
  invariants: Invariants,
): Pick<Controls, 'nowMs' | 'elapse' | 'state' | 'log' | 'violations' | 'volume'> {
  return {
    nowMs: () => world.clock.nowMs(),
    elapse: (ms: number) => {
      observe(world, 'before time passes');
      world.clock.elapse(ms);
      observe(world, 'time passed');
    },
    state: () => {
      observe(world, 'a look at the state');
      return Object.fromEntries(world.arrays.map((array) => [array.name, viewOf(world, array)]));
    },
    log: () => log.map((entry) => ({ ...entry })),
    violations: () => {
      observe(world, 'a look at the violations');
      return [...invariants.violations];
    },
    volume: (name: string, volume: string) => {
      observe(world, `a look at ${volume}`);
      const array = arrayNamed(world, name);
      const path = world.devices.path(name, volume);
      return { path, image: world.bytes.image(array, volumeNamed(array, volume)), access: world.devices.access(name, volume) };
    },
  };
}

async function runAs(world: World, array: StorageArray, line: string): Promise<Answer> {
  if (!array.alive) return { stdout: '', stderr: `${array.name} is dead\n`, exit: 255 };
  const settings = { csvtable: true, nohdtot: true };
  return runCommand({ world, array, user: operator, settings, confirm: async () => true }, splitLine(line)[0] ?? []);
}

function viewOf(world: World, array: StorageArray): ArrayView {
  return {
    alive: array.alive,
    groups: Object.fromEntries(array.groups.map((group) => [group.name, groupView(world, array, group)])),
    targets: Object.fromEntries(array.targets.map(({ name, status }) => [name, status])),
    tasks: structuredClone(array.tasks),
  };
}

function groupView(world: World, array: StorageArray, group: Group): GroupView {
  const { name, status, mode, periodMs, policies, lastSyncMs, target } = group;
  const volumes = group.members.map((member) => ({
    ...{ name: member.volume, sync: member.sync, lastSyncMs: member.lastSyncMs },
    access: world.devices.access(array.name, member.volume),
  }));
  return { name, status, role: roleOf(group), mode, periodMs, policies: [...policies], lastSyncMs, target, volumes };
}
