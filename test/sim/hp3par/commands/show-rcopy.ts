/** showrcopy: the targets, links and groups of one array, as it sees them. */
import { type Group, type Member, Refusal, roleOf, type StorageArray } from '../model.ts';
import { arrayTime, type Column, cells, columns, periodText } from '../text.ts';
import { arrayNamed, hasWay, type World } from '../world.ts';
import { type Call, type Command, matches } from './call.ts';

export const showrcopy: Command = {
  flags: ['-d', '-qw'],
  valued: ['-domain'],
  run: (call) => {
    const [what = '', ...patterns] = call.words;
    const section = sections[what];
    const preamble = call.bare ? [] : ['', 'Remote Copy System Information', 'Status: Started, Normal', ''];
    if (section !== undefined) return withErrors(call, [...preamble, ...section(call)], what === 'groups' ? patterns : []);
    if (what !== '') throw new Refusal(`showrcopy: invalid subcommand ${what}`);
    return [...preamble, ...Object.values(sections).flatMap((one) => one(call))];
  },
};

type Section = (call: Call) => readonly string[];

const sections: Readonly<Record<string, Section>> = { targets, links, groups };

/** Names that match nothing are an error behind what was found. */
function withErrors({ array }: Call, lines: readonly string[], patterns: readonly string[]): readonly string[] {
  const unmatched = patterns.find((pattern) => !array.groups.some(({ name }) => matches(pattern, name)));
  if (unmatched !== undefined) throw new Refusal(`group matching ${unmatched} does not exist on the system`, lines);
  return lines;
}

function titled(call: Call, title: string, lines: readonly string[]): readonly string[] {
  return call.bare ? lines : [title, '', ...lines, ''];
}

function targets(call: Call): readonly string[] {
  const titles: readonly Column[] = [{ title: 'Name' }, { title: 'ID', align: 'right' }, ...plain('Type', 'Status', 'Options', 'Policy')];
  const rows = call.array.targets.map((one) => [one.name, String(one.id), one.type, one.status, one.options, one.policy]);
  return titled(call, 'Target Information', table(call, titles, rows));
}

function links(call: Call): readonly string[] {
  const { world, array } = call;
  const rows = array.links.map(({ target, node, address, up }) => {
    const isUp = target === 'receive' ? up : up && hasWay(world, array, target) && hasWay(world, arrayNamed(world, target), array.name);
    return [target, node, address, isUp ? 'Up' : 'Down', '-'];
  });
  return titled(call, 'Link Information', table(call, plain('Target', 'Node', 'Address', 'Status', 'Options'), rows));
}

/** Each group has a header of its own, as wide as it needs. */
function groups(call: Call): readonly string[] {
  const patterns = call.words.slice(1);
  const shown = call.array.groups.filter(({ name }) => patterns.length === 0 || patterns.some((pattern) => matches(pattern, name)));
  const blocks = shown.flatMap((group) => [...(call.has('-d') ? detailed(call, group) : short(call, group)), '']);
  return titled(call, 'Group Information', blocks);
}

const groupColumns: readonly Column[] = [
  ...plain('Name', 'Target'),
  { title: 'Status', minimum: 8 },
  { title: 'Role', minimum: 10 },
  { title: 'Mode', minimum: 8 },
  { title: 'Options' },
];
const [name, target, ...behindTarget] = groupColumns;
const groupId: Column = { title: 'ID', align: 'right', minimum: 4 };
const detailedGroupColumns: readonly Column[] = [
  ...[name, groupId, target, ...behindTarget.slice(0, 3)].flatMap((one) => one ?? []),
  { title: 'LocalUserCpg', minimum: 12 },
  { title: 'RmUserCpg', minimum: 10 },
  { title: 'Options' },
];

const volumeColumns: readonly Column[] = [
  { title: 'LocalVV' },
  { title: 'ID', align: 'right', minimum: 4 },
  { title: 'RemoteVV' },
  { title: 'ID', align: 'right', minimum: 4 },
  { title: 'SyncStatus', minimum: 13 },
];

function short(call: Call, group: Group): readonly string[] {
  const row = [group.name, group.target, group.status, roleOf(group), group.mode, options(call, group)];
  const rows = group.members.map((member) => [...volumeCells(call, group, member), timeCell(call, group, member)]);
  return [...table(call, groupColumns, [row]), ...table(call, [...volumeColumns, { title: 'LastSyncTime' }], rows, '  ')];
}

function detailed(call: Call, group: Group): readonly string[] {
  const row = [group.name, String(group.id), group.target, group.status, roleOf(group), group.mode, ...group.cpgs, options(call, group)];
  const titles = [
    ...volumeColumns,
    ...plain('Resync_ss', 'Sync_ss', 'VV_iter', 'R_iter', 'S_iter', 'LastSyncTime', 'LocalSet', 'RemoteSet'),
  ];
  const rows = group.members.map((member) => [
    ...volumeCells(call, group, member),
    resyncSnapshot(call.array, group, member),
    ...['none', 'NA', 'NA', 'NA'],
    timeCell(call, group, member),
    ...group.sets,
  ]);
  return [...table(call, detailedGroupColumns, [row]), ...table(call, titles, rows, '  ')];
}

/** Kept while a group is stopped, so that what changed since is known. */
function resyncSnapshot(array: StorageArray, group: Group, member: Member): string {
  if (group.status === 'Started') return 'none';
  const targetId = array.targets.find((one) => one.name === group.target)?.id;
  return `rcpy.${group.id}.${idOf(array, member.volume)}.${targetId}`;
}

function volumeCells({ world, array }: Call, group: Group, member: Member): readonly string[] {
  const remote = arrayNamed(world, group.target);
  return [member.volume, idOf(array, member.volume), member.remote, idOf(remote, member.remote), syncText(world, member)];
}

function idOf(array: StorageArray, volume: string): string {
  return String(array.volumes.find((one) => one.name === volume)?.id ?? '-');
}

/** `Syncing (47%)` once some of it is copied. */
function syncText({ clock }: World, { sync, syncing }: Member): string {
  if (syncing === undefined) return sync;
  const percent = Math.floor((100 * (clock.nowMs() - syncing.fromMs)) / Math.max(1, syncing.toMs - syncing.fromMs));
  return percent <= 0 ? sync : `${sync} (${Math.min(99, percent)}%)`;
}

/** A synchronous group that runs has no last time. */
function timeCell({ array }: Call, group: Group, { lastSyncMs }: Member): string {
  const isRunning = group.mode === 'Sync' && group.status === 'Started';
  return isRunning || lastSyncMs === undefined ? 'NA' : arrayTime(lastSyncMs, array.zone);
}

function options({ world, array, csv }: Call, group: Group): string {
  const isNew = world.quirks.style === '10.x';
  const showsTime = group.mode === 'Periodic' && group.current === 'primary' && group.lastSyncMs !== undefined;
  const parts = [
    ...(showsTime ? [`Last-Sync ${arrayTime(group.lastSyncMs ?? 0, array.zone)}${isNew ? '' : ' '}`] : []),
    ...(group.mode === 'Periodic' && group.periodMs > 0 ? [`Period ${periodText(group.periodMs)}`] : []),
    ...(group.policies.length > 0 ? [group.policies.join(',')] : []),
  ];
  const text = parts.length < 3 || !isNew ? parts.join(', ') : `${parts[0]}, ${parts.slice(1).join(',')}`;
  if (!csv) return text;
  return world.quirks.quotes === 'always' || text.includes(',') ? `"${text}"` : text;
}

function table(call: Call, titles: readonly Column[], rows: readonly (readonly string[])[], indent = ''): readonly string[] {
  return (call.csv ? cells : columns)(titles, rows, !call.bare, indent);
}

function plain(...titles: readonly string[]): readonly Column[] {
  return titles.map((title) => ({ title }));
}
