/** Keywords that mounted filesystems share (config.md "Keywords of the first drivers"). */
import type { Keyword, Keywords } from '../../agent/driver/keywords.ts';
import { reservationKeywords } from './reservation-keywords.ts';

export const ownerKeywords = {
  user: { kind: 'string', text: 'Owner of the folder, by name or number; left alone when not set.', example: 'postgres' },
  group: { kind: 'string', text: 'Group of the folder, by name or number; left alone when not set.', example: 'postgres' },
  // The digits are octal; as an integer a wrong text is found when the file is read, not when the service starts.
  perm: { kind: 'integer', min: 0, max: 7777, text: 'Octal mode of the folder; left alone when not set.', example: '0750' },
} as const satisfies Keywords;

export const mountKeywords = {
  mnt: { kind: 'path', required: true, text: 'Folder to mount on; made when it does not exist.', example: '/opt/svc1' },
  mnt_opt: { kind: 'string', text: 'Mount options, separated by commas.', example: 'defaults,noatime' },
  stat_timeout: { kind: 'duration', default: '5s', text: 'How long the mounted filesystem may take to answer a status question.' },
  check_read: { kind: 'boolean', default: 'false', text: 'Whether status also reads the mounted folder.' },
  kill_users: {
    kind: 'boolean',
    default: 'false',
    text: 'Whether stop may end the processes that keep the mount point busy (TERM, then KILL).',
  },
  ...ownerKeywords,
} as const satisfies Keywords;

export type MountKeywords = InOtherWords<typeof mountKeywords>;

export const blockKeywords = {
  dev: {
    kind: 'string',
    required: true,
    text: 'Device to mount: a path, UUID=…, LABEL=…, or an image file (the `file` of a vg.loop resource).',
    example: '/dev/mapper/vg_svc1-data',
  },
  ...mountKeywords,
  mkfs_opt: { kind: 'argv', text: 'Further arguments that provision gives to mkfs.', example: '-L data' },
  size: { kind: 'size', text: 'Size of the filesystem that provision makes; the whole device when not set.', example: '10g' },
  ...reservationKeywords,
} as const satisfies Keywords;

/** The same table with other sentences and examples: a driver says them in its own words. */
type InOtherWords<T extends Keywords> = { readonly [K in keyof T]: Omit<T[K], 'text' | 'example'> & Pick<Keyword, 'text' | 'example'> };

export type BlockKeywords = InOtherWords<typeof blockKeywords>;
