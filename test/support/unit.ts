/**
 * The daemon under a supervisor that does what systemd does with its unit: a cgroup of its own, ended as KillMode of the unit file says.
 * Needs root, and a hierarchy of cgroups.
 */
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { cgroupMounts } from '../../agent/io/scope.ts';
import { type DaemonProcess, startDaemon, svcmgrd } from './daemon.ts';
import { eventually } from './eventually.ts';
import type { Home } from './home.ts';
import { readSource } from './imports.ts';
import { namePrefix } from './names.ts';

export type KillMode = 'process' | 'control-group';

export interface Unit {
  readonly daemon: DaemonProcess;
  /** Pids in its cgroup: what systemd counts as part of the unit. */
  members(): readonly number[];
  /** `systemctl restart`. */
  restart(): Promise<void>;
  /** The daemon dies, and `Restart=always` brings the next one. */
  crash(): Promise<void>;
  /** `systemctl stop`. */
  stop(): Promise<void>;
}

export function killModeOfUnit(): KillMode {
  return /^KillMode=(\S+)$/m.exec(readSource('etc/svcmgrd.service'))?.[1] as KillMode;
}

/** Hierarchies that systemd may keep its units in: all that are here, so that nothing leaves one and stays in the other unseen. */
const mounts = cgroupMounts.filter((mount) => existsSync(path.join(mount, 'cgroup.procs')));

/** Inside `describe`: units of one test, ended with what is left in them. Call before `useHome`. */
export function useUnits(): (home: Home, killMode?: KillMode) => Promise<Unit> {
  const started: Unit[] = [];
  const folders = mounts.map((mount) => path.join(mount, `${namePrefix()}unit`));
  const procs = folders.map((folder) => path.join(folder, 'cgroup.procs'));
  const members = (): readonly number[] => [
    ...new Set(procs.flatMap((file) => readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number))),
  ];
  afterEach('end the units', async function () {
    this.timeout(60_000);
    for (const { daemon } of started.splice(0)) await daemon.crash();
    killAll(members());
    await eventually(() => members().length === 0);
    for (const folder of folders) rmdirSync(folder);
  });
  return async (home, killMode = killModeOfUnit()) => {
    for (const folder of folders) mkdirSync(folder, { recursive: true });
    const begin = (): DaemonProcess =>
      startDaemon(home, {}, ['/bin/sh', '-c', `for file in ${procs.join(' ')}; do echo $$ >$file; done; exec "$@"`, 'unit', svcmgrd]);
    const current = { daemon: begin() };
    const end = async (): Promise<void> => {
      await current.daemon.stop();
      if (killMode === 'control-group') killAll(members());
    };
    const again = async (): Promise<void> => {
      current.daemon = begin();
      await current.daemon.ready();
    };
    const unit: Unit = {
      get daemon() {
        return current.daemon;
      },
      members,
      restart: async () => {
        await end();
        await again();
      },
      crash: async () => {
        await current.daemon.crash();
        if (killMode === 'control-group') killAll(members());
        await again();
      },
      stop: end,
    };
    started.push(unit);
    await current.daemon.ready();
    return unit;
  };
}

function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}
