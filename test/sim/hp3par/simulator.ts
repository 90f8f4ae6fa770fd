/** Two or more HP 3PAR arrays: their state, their doors, their controls. See README.md beside this file. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildWorld } from './build.ts';
import type { SimConfig } from './config.ts';
import { openControlSocket } from './control-socket.ts';
import { type Controls, makeControls } from './controls.ts';
import { openLocalDoor } from './doors/local.ts';
import type { House } from './doors/session.ts';
import { openSshDoor, type SshDoor } from './doors/ssh.ts';
import { makeFaults } from './faults.ts';
import type { User } from './model.ts';

export interface Hp3par {
  readonly folder: string;
  readonly controls: Controls;
  /** Where other processes find the controls (control-socket.ts). */
  readonly controlSocket: string;
  /** The program `cli`, which stands for the InForm CLI of a node. */
  readonly cli: string;
  ssh(array: string): Pick<SshDoor, 'address' | 'port' | 'publicHostKey'>;
  /** Writes what `setpassword -saveonly` writes for a user, and returns the path. */
  passwordFile(user: User): string;
  close(): Promise<void>;
}

/** Starts it; images, devices, sockets and the program `cli` are in the folder, which must be there. */
export async function startHp3par(config: SimConfig, folder: string): Promise<Hp3par> {
  const { world, invariants } = buildWorld(config, folder);
  const faults = makeFaults(world.arrays.map(({ name }) => name));
  const house: House = { world, faults, log: [], sessionLimit: config.sessionLimit ?? 16, sessions: new Map() };
  const doors = new Map<string, SshDoor>();
  for (const { name, address = '127.0.0.1', port = 0 } of config.arrays) {
    const array = world.arrays.find((one) => one.name === name);
    if (array !== undefined) doors.set(name, await openSshDoor(house, array, address, port));
  }
  const doorOf = (name: string) => {
    const door = doors.get(name);
    if (door === undefined) throw new Error(`no array ${name}`);
    return door;
  };
  const controls = makeControls(house, invariants, (name) => doorOf(name).follow());
  const aliases = new Map(world.arrays.flatMap((array) => [[array.name, array] as const, [doorOf(array.name).address, array] as const]));
  const controlSocket = path.join(folder, 'control.sock');
  const localSocket = path.join(folder, 'cli.sock');
  const servers = [await openLocalDoor(house, localSocket, aliases), await openControlSocket(controls, controlSocket)];
  return {
    folder,
    controls,
    controlSocket,
    cli: writeCli(folder, localSocket),
    ssh: doorOf,
    passwordFile: (user) => {
      const file = path.join(folder, `${user.name}.pwf`);
      writeFileSync(file, `${user.name}:${user.password ?? ''}\n`, { mode: 0o600 });
      return file;
    },
    close: async () => {
      world.clock.stop();
      for (const door of doors.values()) await door.close();
      for (const server of servers) server.close();
      world.devices.remove();
    },
  };
}

function writeCli(folder: string, socket: string): string {
  const file = path.join(folder, 'bin', 'cli');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${path.join(import.meta.dirname, 'cli.mjs')}' '${socket}' "$@"\n`);
  chmodSync(file, 0o755);
  return file;
}
