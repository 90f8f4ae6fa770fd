/** Lines of `showrcopy`, each by its own shape, in both layouts: with commas (csvtable) and with aligned columns (spec/hp3par.md §2.1, §2.2). */
import { SvcError } from '../../../agent/errors.ts';

export const groupStates = ['Started', 'Stopped', 'Starting', 'Stopping', 'Failsafe', 'Backup'] as const;
export type GroupState = (typeof groupStates)[number];
export const roles = ['Primary', 'Secondary', 'Primary-Rev', 'Secondary-Rev'] as const;
export type Role = (typeof roles)[number];
export const modes = ['Sync', 'Periodic', 'Async'] as const;
export type Mode = (typeof modes)[number];
export const syncStates = ['Synced', 'Syncing', 'Stopped', 'New', 'NotSynced', 'Stale'] as const;
export type SyncState = (typeof syncStates)[number];
export const targetStates = ['ready', 'failing', 'failed'] as const;
export type TargetState = (typeof targetStates)[number];

export interface TargetRow {
  readonly name: string;
  readonly id: number;
  readonly type: string;
  readonly status: TargetState;
  readonly options: string | undefined;
  readonly policy: string | undefined;
}

/** A link; those of target `receive` only say that a port of this array listens. */
export interface LinkRow {
  readonly target: string;
  readonly node: string;
  readonly address: string;
  readonly status: 'Up' | 'Down';
  readonly options: string | undefined;
}

export interface GroupRow {
  readonly name: string;
  readonly target: string;
  readonly status: GroupState;
  readonly role: Role;
  readonly mode: Mode;
  readonly options: readonly string[];
}

export interface VolumeRow {
  readonly localVV: string;
  readonly localId: number;
  readonly remoteVV: string;
  readonly remoteId: number;
  readonly syncStatus: SyncState;
  readonly syncPercent: number | undefined;
  /** As printed, with the abbreviation of the array's zone; undefined: NA. */
  readonly lastSyncTime: string | undefined;
}

export type Row =
  | { readonly kind: 'target'; readonly row: TargetRow }
  | { readonly kind: 'link'; readonly row: LinkRow }
  | { readonly kind: 'group'; readonly row: GroupRow }
  | { readonly kind: 'volume'; readonly row: VolumeRow };

/**
 * One line that is neither blank nor a heading.
 * @throws SvcError COMMAND with the line when it is of none of these shapes
 */
export function readRow(line: string): Row {
  const cells = line.includes(',') && !isAligned(line) ? splitCsv(line) : undefined;
  const row = cells === undefined ? alignedRow(line) : (volumeOf(cells) ?? targetOf(cells) ?? linkOf(cells) ?? groupOf(cells));
  if (row === undefined) throw unreadable(line);
  return row;
}

export function unreadable(line: string): SvcError {
  return new SvcError('COMMAND', `the array printed what is not understood: ${line.trim().slice(0, 200)}`, { facts: { line } });
}

/** Options of an aligned group row hold commas too; such a row has its first five columns without any. */
function isAligned(line: string): boolean {
  return /^\S+\s+\S+\s+\S/.test(line.replace(/,.*/, ''));
}

/** Fields of a line; a quoted one may hold commas. */
export function splitCsv(line: string): readonly string[] {
  const fields = line.match(/(?<=^|,)(?:\s*"[^"]*"\s*|[^,"]*)(?=,|$)/g) ?? [];
  return fields.map((field) =>
    field
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .trim(),
  );
}

function volumeOf([blank, localVV = '', localId = '', remoteVV = '', remoteId = '', sync = '', last = '', ...more]: readonly string[]):
  | Row
  | undefined {
  if (blank !== '' || more.length > 0) return undefined;
  return volume(localVV, localId, remoteVV, remoteId, sync, last);
}

function volume(localVV: string, localId: string, remoteVV: string, remoteId: string, sync: string, last: string): Row | undefined {
  const [, word = '', percent] = /^(\w+)(?: \((\d+)%\))?$/.exec(sync) ?? [];
  const syncStatus = syncStates.find((state) => state === word);
  if (syncStatus === undefined || localVV === '' || remoteVV === '' || !isNumber(localId) || !isNumber(remoteId)) return undefined;
  if (last !== '' && last !== 'NA' && !/^\d{4}-\d\d-\d\d /.test(last)) return undefined;
  const lastSyncTime = last === '' || last === 'NA' ? undefined : last;
  const syncPercent = percent === undefined ? undefined : Number(percent);
  const row = { localVV, localId: Number(localId), remoteVV, remoteId: Number(remoteId), syncStatus, syncPercent, lastSyncTime };
  return { kind: 'volume', row };
}

function targetOf([name = '', id = '', type = '', status = '', options = '', policy = '', ...more]: readonly string[]): Row | undefined {
  const found = targetStates.find((state) => state === status);
  if (found === undefined || name === '' || !isNumber(id) || !/^(IP|FC|RCIP)$/.test(type) || more.length > 0) return undefined;
  return { kind: 'target', row: { name, id: Number(id), type, status: found, options: filled(options), policy: filled(policy) } };
}

function linkOf([target = '', node = '', address = '', status = '', ...options]: readonly string[]): Row | undefined {
  if (target === '' || !/^\d+:\d+:\d+$/.test(node) || (status !== 'Up' && status !== 'Down')) return undefined;
  return { kind: 'link', row: { target, node, address, status, options: filled(options.join(',')) } };
}

function groupOf([name = '', target = '', status = '', role = '', mode = '', ...options]: readonly string[]): Row | undefined {
  const found = {
    status: groupStates.find((one) => one === status),
    role: roles.find((one) => one === role),
    mode: modes.find((one) => one === mode),
  };
  if (name === '' || target === '' || found.status === undefined || found.role === undefined || found.mode === undefined) return undefined;
  const words = options
    .join(',')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '' && word !== '-');
  return { kind: 'group', row: { name, target, status: found.status, role: found.role, mode: found.mode, options: words } };
}

function alignedRow(line: string): Row | undefined {
  const inner = /^ +(\S+) +(\d+) +(\S+) +(\d+) +(\w+(?: \(\d+%\))?)(?: +(\S.*?))?\s*$/.exec(line);
  if (inner !== null) {
    const [, localVV = '', localId = '', remoteVV = '', remoteId = '', sync = '', last = ''] = inner;
    return volume(localVV, localId, remoteVV, remoteId, sync, last);
  }
  const words = line.trim().split(/\s+/);
  return (
    targetOf(words) ?? linkOf([...words.slice(0, 4), words.slice(4).join(' ')]) ?? groupOf([...words.slice(0, 5), words.slice(5).join(' ')])
  );
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text);
}

function filled(text: string): string | undefined {
  return text === '' || text === '-' ? undefined : text;
}
