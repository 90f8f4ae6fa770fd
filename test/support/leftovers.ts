/**
 * Finds and removes what tests leave behind on this machine: processes, mounts, loop devices, network namespaces and
 * folders whose names begin with `svt-<pid>-`. Nothing else is ever touched.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { tryTo } from './command.ts';
import { pidInName } from './names.ts';

export interface Leftover {
  readonly kind: 'process' | 'mount' | 'loop' | 'netns' | 'folder';
  /** Pid, mount point, device, namespace or path. */
  readonly name: string;
}

const removers = {
  process: (name) => killProcess(Number(name)),
  mount: (name) => tryTo('umount', name) || tryTo('umount', '--lazy', name),
  loop: (name) => tryTo('losetup', '--detach', name),
  netns: (name) => tryTo('ip', 'netns', 'delete', name),
  folder: (name) => removeTree(name),
} as const satisfies Record<Leftover['kind'], (name: string) => boolean>;

/** What runs left whose pid `isOurs` accepts, in the order of removal: processes first, folders last. */
export function findLeftovers(isOurs: (pid: number) => boolean): readonly Leftover[] {
  const ours = (name: string) => {
    const pid = pidInName(name);
    return pid !== undefined && isOurs(pid);
  };
  const inside = (file: string) => file.startsWith(`${tmpdir()}/`) && ours(file.slice(tmpdir().length + 1));
  return [
    ...processesIn(inside).map((name) => ({ kind: 'process', name }) as const),
    ...mountPoints(inside).map((name) => ({ kind: 'mount', name }) as const),
    ...loopDevices(inside).map((name) => ({ kind: 'loop', name }) as const),
    ...list('/run/netns')
      .filter(ours)
      .map((name) => ({ kind: 'netns', name }) as const),
    ...list(tmpdir())
      .filter(ours)
      .map((name) => ({ kind: 'folder', name: path.join(tmpdir(), name) }) as const),
  ];
}

/** Removes them and returns what would not go. */
export function removeLeftovers(leftovers: readonly Leftover[]): readonly Leftover[] {
  return leftovers.filter(({ kind, name }) => !removers[kind](name));
}

/** Unmounts and detaches whatever hangs on one folder of this run, then removes it. */
export function removeFolder(folder: string): void {
  const inside = (file: string) => file === folder || file.startsWith(`${folder}/`);
  removeLeftovers([
    ...processesIn(inside).map((name) => ({ kind: 'process', name }) as const),
    ...mountPoints(inside).map((name) => ({ kind: 'mount', name }) as const),
    ...loopDevices(inside).map((name) => ({ kind: 'loop', name }) as const),
    { kind: 'folder', name: folder },
  ]);
}

/** Is a process with this number alive? A run of tests that is not is one whose leftovers may go. */
export function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

/** Pids whose SVCMGR_HOME, working folder or an open file is inside such a folder: agents, and what they started. */
function processesIn(inside: (file: string) => boolean): string[] {
  const pids = list('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids.filter((pid) => {
    const home = /(?:^|\0)SVCMGR_HOME=([^\0]*)/.exec(text(`/proc/${pid}/environ`))?.[1];
    const links = ['cwd', ...list(`/proc/${pid}/fd`).map((name) => `fd/${name}`)];
    return [home ?? '', ...links.map((name) => target(`/proc/${pid}/${name}`))].some(inside);
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

function killProcess(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
  return true;
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
