/** Doors of a running container: its commands, files, accounts and processes, with nothing of ours installed in there. */
import { createHash } from 'node:crypto';
import { containedFiles, openRootOf } from '../io/contained-files.ts';
import { readStat } from '../io/process.ts';
import { launchInside, runInside } from './container-commands.ts';
import { ended, type Inside, programInside } from './container-view.ts';
import type { Entrance } from './contract.ts';
import type { Doors } from './doors.ts';
import { networkDoors } from './wrapped-doors.ts';

const bootIdPath = '/proc/sys/kernel/random/boot_id';

/** Throws UNREACHABLE when its first process is gone already. */
export function containerDoors(base: Doors, entrance: Entrance, name: string): Doors {
  const inside = look(base, entrance, name);
  const { files } = inside;
  const network = networkOf(inside);
  const { init } = entrance;
  return {
    run: (argv, options) => runInside(inside, argv, options),
    launch: (argv, options) => launchInside(inside, argv, options),
    readText: (path) =>
      path.startsWith('/proc/sys/net/') || path === bootIdPath
        ? network.readText(path)
        : through(init, path, base.readText, files.readText),
    statFile: (path) => through(init, path, base.statFile, files.statFile),
    listFolder: (path) => through(init, path, base.listFolder, files.listFolder),
    resolvePath: (path) => through(init, path, base.resolvePath, files.resolvePath),
    writeAtomic: (path, text, mode) => files.writeAtomic(path, text, mode),
    hasTool: async (tool) => (await programInside(files, tool)) !== undefined,
    scopeProcesses: (scope) => base.scopeProcesses(scope, init),
    signalScope: (scope, signal) => base.signalScope(scope, signal, init),
    scopeMark: (scope) => base.scopeMark(scope),
  };
}

/** Only its network: commands and files are those of this node. */
export function containerNetworkDoors(base: Doors, entrance: Entrance, name: string): Doors {
  return networkOf(look(base, entrance, name));
}

function look(base: Doors, entrance: Entrance, name: string): Inside {
  const { init } = entrance;
  const startTicks = readStat(init)?.startTicks;
  const isAlive = (): boolean => startTicks !== undefined && readStat(init)?.startTicks === startTicks;
  if (!isAlive()) throw ended(name);
  const openRoot = async () => {
    const root = await openRootOf(init);
    if (isAlive()) return root;
    await root.close();
    throw ended(name);
  };
  return { base, entrance, name, files: containedFiles(openRoot), isAlive };
}

function networkOf({ base, entrance, name, isAlive }: Inside): Doors {
  const doors = networkDoors(base, `/proc/${entrance.init}/ns/net`, name, isAlive);
  const startTicks = readStat(entrance.init)?.startTicks;
  return { ...doors, readText: (path) => (path === bootIdPath ? bootIdOf(base, startTicks) : doors.readText(path)) };
}

/** Its start is the boot of what runs in it: marks that hold until the next boot end with it. */
async function bootIdOf(base: Doors, startTicks: number | undefined): Promise<string | undefined> {
  const text = await base.readText(bootIdPath);
  if (text === undefined) return undefined;
  const digits = createHash('sha256').update(`${text.trim()} ${startTicks}`).digest('hex');
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20, 32)}\n`;
}

/** /sys and the kernel's own part of /proc are the same for all, and need not be mounted in there; processes have their numbers of inside. */
function through<V>(init: number, path: string, onNode: (path: string) => V, inside: (path: string) => V): V {
  if (path === '/proc/mounts') return onNode(`/proc/${init}/mounts`);
  if (/^\/proc\/self(\/|$)/.test(path)) return onNode(path.replace('self', String(init)));
  return /^\/(sys|proc)\/(?![0-9])/.test(path) ? onNode(path) : inside(path);
}
