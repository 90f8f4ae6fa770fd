/**
 * Finds and removes what tests leave behind on this machine: processes, containers, mounts, loop devices, cgroups,
 * network namespaces and folders whose names begin with `svt-<pid>-`. Nothing else is ever touched.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cgroupMounts, openScopes, type Scopes } from '../../agent/io/scope.ts';
import { tryTo } from './command.ts';
import { containerCgroups, containerOf, removeContainer } from './lxc.ts';
import { pidInName } from './names.ts';

export interface Leftover {
  readonly kind: 'container' | 'process' | 'mount' | 'loop' | 'cgroup' | 'netns' | 'folder';
  /** Name of a container, pid, mount point, device, namespace or path. */
  readonly name: string;
}

const removers = {
  container: (name) => removeContainer(name),
  process: (name) => killProcess(Number(name)),
  mount: (name) => tryTo('umount', name) || tryTo('umount', '--lazy', name),
  loop: (name) => tryTo('losetup', '--detach', name),
  cgroup: (name) => removeCgroups(name),
  netns: (name) => tryTo('ip', 'netns', 'delete', name),
  folder: (name) => removeTree(name),
} as const satisfies Record<Leftover['kind'], (name: string) => boolean>;

/** Where a run, or one folder of it, leaves things. */
interface Place {
  inside(file: string): boolean;
  /** Of each svcmgr home in it: the name of its scopes (agent/io/scope.ts), which its started applications carry. */
  readonly scopes: readonly Scopes[];
  /** Also a process that was not started from there, but works in it or has a file of it open. */
  readonly withVisitors: boolean;
}

/** What runs left whose pid `isOurs` accepts, in the order of removal: processes first, folders last. */
export function findLeftovers(isOurs: (pid: number) => boolean): readonly Leftover[] {
  const ours = (name: string) => {
    const pid = pidInName(name);
    return pid !== undefined && isOurs(pid);
  };
  const folders = list(tmpdir())
    .filter(ours)
    .map((name) => path.join(tmpdir(), name));
  const inside = (file: string) => file.startsWith(`${tmpdir()}/`) && ours(file.slice(tmpdir().length + 1));
  const hanging = hangingOn({ inside, scopes: folders.map(scopesOf), withVisitors: true });
  return [
    // An agent that lives would start or stop a container beside us.
    ...hanging.filter(({ kind }) => kind === 'process'),
    ...containerNames()
      .filter(ours)
      .map((name) => ({ kind: 'container', name }) as const),
    ...hanging.filter(({ kind }) => kind !== 'process'),
    ...cgroupMounts.flatMap((mount) =>
      list(mount)
        .filter(ours)
        .map((name) => ({ kind: 'cgroup', name: path.join(mount, name) }) as const),
    ),
    ...list('/run/netns')
      .filter(ours)
      .map((name) => ({ kind: 'netns', name }) as const),
    ...folders.map((name) => ({ kind: 'folder', name }) as const),
  ];
}

/** Of containers that run, or whose cgroups are left. */
function containerNames(): readonly string[] {
  return [...new Set(containerCgroups().map(containerOf))];
}

/** Removes them and returns what would not go. */
export function removeLeftovers(leftovers: readonly Leftover[]): readonly Leftover[] {
  return leftovers.filter(({ kind, name }) => !removers[kind](name));
}

/**
 * Unmounts and detaches whatever hangs on one folder of this run, ends what was started from it (and, unless told otherwise,
 * whoever works in it), then removes it. Returns what would not go.
 */
export function removeFolder(folder: string, withVisitors = true): readonly Leftover[] {
  const inside = (file: string) => file === folder || file.startsWith(`${folder}/`);
  return removeLeftovers([...hangingOn({ inside, scopes: [scopesOf(folder)], withVisitors }), { kind: 'folder', name: folder }]);
}

function hangingOn(place: Place): readonly Leftover[] {
  return [
    ...processesIn(place).map((name) => ({ kind: 'process', name }) as const),
    ...mountPoints(place.inside).map((name) => ({ kind: 'mount', name }) as const),
    ...loopDevices(place.inside).map((name) => ({ kind: 'loop', name }) as const),
    ...place.scopes.flatMap(({ folder }) =>
      folder !== undefined && existsSync(folder) ? [{ kind: 'cgroup', name: folder } as const] : [],
    ),
  ];
}

/** The scopes of the agent whose SVCMGR_HOME is this folder. */
function scopesOf(folder: string): Scopes {
  return openScopes(path.join(folder, 'var'));
}

/** Is a process with this number alive? A run of tests that is not is one whose leftovers may go. */
export function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

/** Pids whose SVCMGR_HOME, scope, working folder or an open file is of such a place: agents, and what they started. */
function processesIn({ inside, scopes, withVisitors }: Place): string[] {
  const pids = list('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids.filter((pid) => {
    const environment = text(`/proc/${pid}/environ`);
    // The second: what runs over a test's own sshd (test/support/sshd.ts).
    const homes = [...environment.matchAll(/(?:^|\0)(?:SVCMGR_HOME|SVCMGR_TEST_HOME)=([^\0]*)/g)].map(([, folder = '']) => folder);
    const scope = /(?:^|\0)SVCMGR_SCOPE=([^/\0]*)/.exec(environment)?.[1];
    const links = withVisitors ? ['cwd', ...list(`/proc/${pid}/fd`).map((name) => `fd/${name}`)] : [];
    return scopes.some((one) => one.home === scope) || [...homes, ...links.map((name) => target(`/proc/${pid}/${name}`))].some(inside);
  });
}

/** Mount points inside, the last mounted first. */
function mountPoints(inside: (file: string) => boolean): string[] {
  const points = text('/proc/self/mounts')
    .split('\n')
    .map((line) => unescapeOctal(line.split(' ')[1] ?? ''));
  return points.filter(inside).reverse();
}

function loopDevices(inside: (file: string) => boolean): string[] {
  const names = list('/sys/block').filter((name) => name.startsWith('loop'));
  return names.filter((name) => inside(text(`/sys/block/${name}/loop/backing_file`).trim())).map((name) => `/dev/${name}`);
}

/** /proc/mounts writes a space as \040. */
function unescapeOctal(word: string): string {
  return word.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** Ends it and waits until it holds nothing any more; a zombie holds nothing. */
function killProcess(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
  const isGone = () => !/^\d+ \(.*\) [^ZX]/s.test(text(`/proc/${pid}/stat`));
  for (let waited = 0; waited < 100 && !isGone(); waited++) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  return isGone();
}

/** Removes a tree of cgroups from its leaves; one that still has processes stays. */
function removeCgroups(folder: string): boolean {
  for (const name of list(folder)) {
    if (statSync(path.join(folder, name), { throwIfNoEntry: false })?.isDirectory()) removeCgroups(path.join(folder, name));
  }
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

/** Never crosses into a mount that would not go away: removing files there would remove somebody's data. */
function removeTree(folder: string): boolean {
  if (mountPoints((point) => point === folder || point.startsWith(`${folder}/`)).length > 0) return false;
  rmSync(folder, { recursive: true, force: true });
  return true;
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function text(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function target(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}
