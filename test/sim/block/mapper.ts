/** dmsetup, kpartx, multipath, blockdev and tee of a simulated node. */
import type { Machine, MappedState } from './machine.ts';
import { failed, fine, type Program } from './program.ts';

export function mapperPrograms(machine: Machine): Readonly<Record<string, Program>> {
  return {
    dmsetup: dmsetup(machine),
    kpartx: kpartx(machine),
    multipath: multipath(machine),
    blockdev: blockdev(machine),
    tee: tee(machine),
  };
}

function holdersOf({ mapped }: Machine, kernel: string): readonly MappedState[] {
  return mapped.filter(({ slaves }) => slaves.includes(kernel));
}

/** A mapped device that somebody has open, or that another one stands on, cannot be removed. */
export function isBusy(machine: Machine, one: MappedState): boolean {
  return one.open || holdersOf(machine, one.kernel).length > 0;
}

function dmsetup(machine: Machine): Program {
  return ({ words: [verb, name = ''] }) => {
    const one = machine.mapped.find((mapped) => mapped.name === name);
    if (one === undefined) return failed(1, `Device ${name} not found\nCommand failed.`);
    if (verb === 'table') return fine(tableOf(machine, one));
    if (verb !== 'remove') return failed(1, 'Unknown command.');
    if (isBusy(machine, one)) return failed(1, `device-mapper: remove ioctl on ${name} failed: Device or resource busy\nCommand failed.`);
    machine.removeMapped(name);
    return fine();
  };
}

function tableOf(machine: Machine, { uuid, slaves }: MappedState): string {
  if (!uuid.startsWith('mpath-')) return `0 65536 linear ${slaves[0]} 0\n`;
  const numbers = slaves.map((slave) => machine.paths.find((path) => path.name === slave)?.number);
  const groups = numbers.map((number) => `service-time 0 1 2 ${number} 1 1`);
  return `0 2097152 multipath 1 queue_if_no_path 0 ${groups.length} 1 ${groups.join(' ')} \n`;
}

/** Silent and successful on what has no partitions, as the real one. */
function kpartx(machine: Machine): Program {
  return ({ words: [option, device = ''] }) => {
    if (option !== '-d' && option !== '-a') return failed(1, 'usage : kpartx [-a|-d|-u|-l]');
    const found = findVolume(machine, device);
    if (found === undefined) return failed(1, `failed to stat() ${device}`);
    const { below, partitions } = found;
    for (const number of partitions) {
      const name = `${below.name}p${number}`;
      const map = machine.mapped.find((one) => one.name === name);
      if (option === '-a' && map === undefined) machine.addMapped({ name, uuid: `part${number}-${below.uuid}`, slaves: [below.kernel] });
      if (option === '-d' && map !== undefined && isBusy(machine, map))
        return failed(1, `device-mapper: remove ioctl on ${name} failed: Device or resource busy\n${name} is in use. Not removing`);
      if (option === '-d' && map !== undefined) machine.removeMapped(name);
    }
    return fine();
  };
}

function findVolume({ san, mapped }: Machine, device: string): { below: MappedState; partitions: readonly number[] } | undefined {
  const [, group, name] = /^\/dev\/([^/]+)\/([^/]+)$/.exec(device) ?? [];
  const volume = san.groups.find((one) => one.name === group)?.volumes.find((one) => one.name === name);
  const below = mapped.find(
    (one) => volume !== undefined && one.uuid.startsWith('LVM-') && one.uuid.endsWith(volume.uuid.replaceAll('-', '')),
  );
  return below === undefined ? undefined : { below, partitions: volume?.partitions ?? [] };
}

/** `multipath -r MAP` loads the table again; the map is writable when all its paths are. */
function multipath(machine: Machine): Program {
  return ({ words: [option, name] }) => {
    const map = machine.mapped.find((one) => one.name === name);
    if (option !== '-r' || map === undefined) return failed(1, `multipath: ${name}: no such map`);
    map.readOnly = machine.pathsOf(`/dev/mapper/${map.name}`).some((path) => path.readOnly);
    return fine();
  };
}

/** The kernel forgets its mark; a disk that is write protected itself says so again with the next rescan, and keeps the mark till then. */
function blockdev(machine: Machine): Program {
  return ({ words: [option, device = ''] }) => {
    const path = machine.paths.find((one) => `/dev/${one.name}` === device);
    if (option !== '--setrw' || path === undefined) return failed(1, `blockdev: cannot open ${device}`);
    path.readOnly = path.lun.writeProtected;
    return fine();
  };
}

function tee(machine: Machine): Program {
  return ({ words: [file = ''], input }) => {
    const path = machine.paths.find((one) => file === `/sys/block/${one.name}/device/rescan`);
    if (path === undefined || input === '') return failed(1, `tee: ${file}: Permission denied`);
    path.readOnly = path.lun.writeProtected;
    return fine(input);
  };
}
