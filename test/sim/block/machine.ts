/**
 * A node with disks, LVM and device-mapper that exist in memory: its programs run in this process, its /dev and /sys are made of
 * the state. Two nodes over the same `San` share disks, reservations and volume groups, as two nodes on one array do.
 */
import type { Argv } from '../../../agent/driver/contract.ts';
import type { Doors } from '../../../agent/driver/doors.ts';
import { SvcError } from '../../../agent/errors.ts';
import { type Entry, listIn, readIn, resolveIn, statIn, treeOf } from './files.ts';
import type { Lun } from './lun.ts';
import { lvmPrograms } from './lvm.ts';
import { mapperPrograms } from './mapper.ts';
import type { Program, Said } from './program.ts';
import { mpathPersist, type PathState, sgPersist } from './sg-persist.ts';

export interface LogicalState {
  readonly name: string;
  readonly uuid: string;
  /** Not activated with its group. */
  readonly skip: boolean;
  /** The kernel refuses its table. */
  readonly stuck?: boolean;
  /** Partition numbers on it, which kpartx maps. */
  readonly partitions: readonly number[];
}

export interface GroupState {
  readonly name: string;
  readonly uuid: string;
  tags: string[];
  exported: boolean;
  /** Wwids of its disks. */
  readonly disks: string[];
  readonly volumes: LogicalState[];
}

/** What nodes share. */
export interface San {
  readonly luns: Lun[];
  readonly groups: GroupState[];
}

/** A mapped device of one node. */
export interface MappedState {
  readonly kernel: string;
  readonly number: string;
  readonly name: string;
  readonly uuid: string;
  /** Kernel names of what it stands on. */
  readonly slaves: readonly string[];
  readOnly: boolean;
  open: boolean;
  suspended: boolean;
}

export interface Machine {
  readonly node: string;
  readonly san: San;
  readonly paths: PathState[];
  readonly mapped: MappedState[];
  /** Programs that fail: name and how many times more. */
  readonly failing: Map<string, number>;
  /** Further files: `/etc/multipath.conf`. */
  readonly files: Map<string, string>;
  /** The commands so far, as words. */
  readonly commands: Argv[];
  addPath(name: string, lun: Lun, address: string): PathState;
  /** A multipath map over paths. */
  addMap(name: string, paths: readonly string[]): MappedState;
  addMapped(given: Pick<MappedState, 'name' | 'uuid' | 'slaves'>): MappedState;
  removeMapped(name: string): void;
  /** Paths of a device by whatever name: /dev/sda, /dev/mapper/x. */
  pathsOf(device: string): readonly PathState[];
  /** The device by which LVM knows a disk here: the map over it, or its first path; undefined when no living path leads there. */
  deviceOf(wwid: string): { readonly path: string; readonly kernel: string } | undefined;
  run(argv: Argv, env?: Readonly<Record<string, string>>, input?: string): Said | undefined;
  doors(real: Doors): Doors;
}

const dmMajor = 253;

export function createSan(): San {
  return { luns: [], groups: [] };
}

export function createMachine(san: San, node: string): Machine {
  const paths: PathState[] = [];
  const mapped: MappedState[] = [];
  const addMapped: Machine['addMapped'] = (given) => {
    const used = mapped.map((one) => Number(one.kernel.slice(3)));
    const minor = Array.from({ length: used.length + 1 }, (_, at) => at).find((at) => !used.includes(at)) ?? 0;
    const made = { ...given, kernel: `dm-${minor}`, number: `${dmMajor}:${minor}`, readOnly: false, open: false, suspended: false };
    mapped.push(made);
    return made;
  };
  const machine: Machine = {
    node,
    san,
    paths,
    mapped,
    failing: new Map(),
    files: new Map(),
    commands: [],
    addPath: (name, lun, address) => {
      const path = {
        name,
        number: `8:${paths.length * 16}`,
        address,
        lun,
        nexus: `${node}:${address.split(':')[0]}:${paths.length}`,
        readOnly: lun.writeProtected,
        dead: false,
        fresh: true,
      };
      paths.push(path);
      return path;
    },
    addMap: (name, slaves) => addMapped({ name, uuid: `mpath-${name}`, slaves }),
    addMapped,
    removeMapped: (name) => {
      mapped.splice(
        mapped.findIndex((one) => one.name === name),
        1,
      );
    },
    pathsOf: (device) => {
      const name = device.replace(/^\/dev\/(mapper\/)?/, '');
      const map = mapped.find((one) => one.name === name);
      return paths.filter((path) => (map === undefined ? path.name === name : map.slaves.includes(path.name)));
    },
    deviceOf: (wwid) => deviceOf(machine, wwid),
    run: (argv, env = {}, input = '') => runOn(machine, argv, env, input),
    doors: (real) => doorsOver(machine, real),
  };
  return machine;
}

function deviceOf({ paths, mapped }: Machine, wwid: string): { readonly path: string; readonly kernel: string } | undefined {
  const alive = paths.filter((path) => path.lun.wwid === wwid && !path.dead);
  const map = mapped.find((one) => one.uuid.startsWith('mpath-') && alive.some((path) => one.slaves.includes(path.name)));
  if (map !== undefined) return { path: `/dev/mapper/${map.name}`, kernel: map.kernel };
  const [first] = alive;
  return first === undefined ? undefined : { path: `/dev/${first.name}`, kernel: first.name };
}

function programsOf(machine: Machine): Readonly<Record<string, Program>> {
  const single = (device: string): PathState | undefined => machine.paths.find((path) => `/dev/${path.name}` === device);
  const map = (device: string): readonly PathState[] | undefined =>
    device.startsWith('/dev/mapper/') ? machine.pathsOf(device) : undefined;
  return { sg_persist: sgPersist(single), mpathpersist: mpathPersist(map), ...lvmPrograms(machine), ...mapperPrograms(machine) };
}

/** Undefined when this machine does not simulate the program. */
function runOn(machine: Machine, argv: Argv, env: Readonly<Record<string, string>>, input: string): Said | undefined {
  const [name, ...words] = argv;
  const program = programsOf(machine)[name];
  if (program === undefined) return undefined;
  machine.commands.push(argv);
  const left = machine.failing.get(name) ?? 0;
  if (left > 0) {
    machine.failing.set(name, left - 1);
    return { exitCode: 5, stderr: `${name}: failed on purpose\n` };
  }
  return program({ words, env, input });
}

function doorsOver(machine: Machine, real: Doors): Doors {
  const tree = (): ReadonlyMap<string, Entry> => treeOf(machine);
  const isOurs = (path: string): boolean => /^\/(dev|sys\/(block|class|dev|devices)|etc\/multipath)(\/|\.conf$|$)/.test(path);
  const programs = programsOf(machine);
  return {
    ...real,
    run: async (argv, options) => {
      if (programs[argv[0]] === undefined) return real.run(argv, options);
      if (options.signal?.aborted) throw new SvcError('CANCELLED', `${argv.join(' ')}: cancelled`);
      await options.beforeExec?.({ pid: 0, startTicks: 0, marker: '' });
      const {
        exitCode,
        stdout = '',
        stderr = '',
      } = runOn(machine, argv, options.env ?? {}, typeof options.input === 'string' ? options.input : '') ?? {
        exitCode: 127,
      };
      return { exitCode, stdout, stderr, durationMs: 1, truncated: false };
    },
    hasTool: async (name) => programs[name] !== undefined || real.hasTool(name),
    readText: async (path) => (isOurs(path) || machine.files.has(path) ? readIn(tree(), path) : real.readText(path)),
    statFile: async (path) => (isOurs(path) ? statIn(tree(), path) : real.statFile(path)),
    listFolder: async (path) => (isOurs(path) ? listIn(tree(), path) : real.listFolder(path)),
    resolvePath: async (path) => (isOurs(path) ? resolveIn(tree(), path) : real.resolvePath(path)),
  };
}
