/** Which data of a service its reservations cover: one of several volume groups guards nothing of the others. Pure. */
import type { ResourceView } from '../../agent/driver/contract.ts';

const reservation = 'vg.scsireserv';

/** Filesystems on a disk; the others are of memory, of another filesystem, or made to be shared. */
const onDisk: ReadonlySet<string> = new Set(['fs.ext4', 'fs.xfs', 'fs.btrfs']);

/**
 * Rids of block storage that no reservation of the service covers. Standby resources are up on every node whatever starts. A
 * filesystem named by UUID or LABEL counts as not covered: only its device tells which group it is on.
 */
export function uncovered(resources: readonly ResourceView[]): readonly string[] {
  const reserved = new Set(resources.filter(({ type }) => type === reservation).map(({ config }) => config['of']));
  const groups = resources.filter(({ rid, type }) => type === 'vg.lvm' && reserved.has(rid)).map(({ config }) => String(config['name']));
  const isCovered = ({ rid, type, config }: ResourceView): boolean => {
    if (reserved.has(rid)) return true;
    if (type === 'vg.lv') return groups.includes(String(config['vg']));
    return onDisk.has(type) && groups.some((group) => isVolumeOf(String(config['dev']), group));
  };
  const holdsData = ({ type, standby }: ResourceView): boolean =>
    standby !== true && type !== reservation && (type.startsWith('vg.') || onDisk.has(type));
  return resources.filter((view) => holdsData(view) && !isCovered(view)).map(({ rid }) => rid);
}

/** `/dev/vg/lv` or `/dev/mapper/vg-lv`, where each dash of a name is doubled (lvm(8)). */
function isVolumeOf(device: string, group: string): boolean {
  const mapped = `/dev/mapper/${group.replaceAll('-', '--')}-`;
  return device.startsWith(`/dev/${group}/`) || (device.startsWith(mapped) && device[mapped.length] !== '-');
}
