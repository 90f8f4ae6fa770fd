/** One QEMU process: its command line, its end, and what its guest said on the console. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { findTool } from '../support/skip.ts';

export interface Disk {
  readonly file: string;
}

/** One end of a cable: datagrams between two unix sockets, so nothing listens on the network of the machine. */
export interface Port {
  readonly id: string;
  readonly mac: string;
  readonly socket: string;
  readonly partner: string;
}

export interface Machine {
  readonly name: string;
  /** Working folder: its sockets and its console log are there, named after it. */
  readonly folder: string;
  readonly memoryMb: number;
  readonly kernel: string;
  readonly initrd: string;
  readonly disks: readonly Disk[];
  readonly ports: readonly Port[];
}

export interface Qemu {
  readonly pid: number;
  readonly consoleFile: string;
  /** Resolves when the process is gone, whatever ended it. */
  readonly ended: Promise<void>;
  isGone(): boolean;
  /** SIGKILL: what the guest had not written to its disks is lost. Resolves when it is gone. */
  kill(): Promise<void>;
}

export const monitorSocket = (machine: Machine) => path.join(machine.folder, `${machine.name}.monitor`);
export const channelSocket = (machine: Machine) => path.join(machine.folder, `${machine.name}.channel`);

export function startQemu(machine: Machine): Qemu {
  const consoleFile = path.join(machine.folder, `${machine.name}.console`);
  const said = openSync(path.join(machine.folder, `${machine.name}.qemu`), 'a');
  // With the test process it ends too, however that one ended.
  const argv = ['--pdeathsig', 'KILL', findTool('qemu-system-x86_64') ?? 'qemu-system-x86_64', ...argumentsOf(machine, consoleFile)];
  const child = spawn('setpriv', argv, { cwd: machine.folder, stdio: ['ignore', said, said], env: { PATH: process.env['PATH'] } });
  closeSync(said);
  let gone = false;
  const ended = once(child, 'exit')
    .then(
      () => undefined,
      () => undefined,
    )
    .then(() => {
      gone = true;
    });
  return {
    pid: child.pid ?? 0,
    consoleFile,
    ended,
    isGone: () => gone,
    kill: () => {
      child.kill('SIGKILL');
      return ended;
    },
  };
}

function argumentsOf(machine: Machine, consoleFile: string): readonly string[] {
  return [
    ...['-name', machine.name, '-machine', 'pc', '-accel', 'tcg,tb-size=256', '-m', String(machine.memoryMb), '-smp', '1'],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-chardev', `file,id=console,path=${consoleFile},append=on`, '-serial', 'chardev:console'],
    ...['-qmp', `unix:${monitorSocket(machine)},server=on,wait=off`],
    ...['-kernel', machine.kernel, '-initrd', machine.initrd],
    // A panic reboots at once, and a reboot ends QEMU: nobody waits for a dead guest.
    // On a busy machine the kernel's own check of its timer fails, and it would never boot.
    ...['-append', 'console=ttyS0 quiet loglevel=4 panic=-1 oops=panic no_timer_check'],
    ...['-fsdev', 'local,id=host,path=/,security_model=passthrough,readonly=on,multidevs=remap'],
    ...['-device', 'virtio-9p-pci,fsdev=host,mount_tag=host', '-device', 'virtio-rng-pci'],
    ...['-chardev', `socket,id=lab,path=${channelSocket(machine)},server=on,wait=off`],
    ...['-device', 'virtio-serial-pci', '-device', 'virtserialport,chardev=lab,name=lab'],
    ...machine.disks.flatMap(diskArguments),
    ...machine.ports.flatMap(portArguments),
  ];
}

/** `unsafe`: flushes are not passed on to the machine's own disk. What the guest has written survives the end of QEMU all the same. */
function diskArguments({ file }: Disk, index: number): readonly string[] {
  return [
    ...['-drive', `if=none,id=disk${index},file=${file},format=raw,cache=unsafe,discard=unmap`],
    ...['-device', `virtio-blk-pci,drive=disk${index}`],
  ];
}

function portArguments({ id, mac, socket, partner }: Port): readonly string[] {
  const ends = `local.type=unix,local.path=${socket},remote.type=unix,remote.path=${partner}`;
  return ['-netdev', `dgram,id=${id},${ends}`, '-device', `virtio-net-pci,netdev=${id},id=nic-${id},mac=${mac},romfile=`];
}

/** The end of what the guest said, and of what QEMU said itself. */
export function lastWords(machine: Machine): string {
  const tail = (suffix: string) =>
    textOf(path.join(machine.folder, `${machine.name}.${suffix}`))
      .trimEnd()
      .split('\n')
      .slice(-80)
      .join('\n');
  return `--- console of ${machine.name}:\n${tail('console')}\n--- QEMU:\n${tail('qemu')}`;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').replaceAll('\r', '');
  } catch {
    return '';
  }
}
