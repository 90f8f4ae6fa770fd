/** The other commands that only look: showsys, showvv, showvlun, showtask, showdate, showlicense, showversion, showuser. */
import { Refusal, type StorageArray, type Task, type Volume } from '../model.ts';
import { isOver, taskWithId } from '../task.ts';
import { arrayTime, type Column, cells, columns } from '../text.ts';
import { accessTo, groupNamed } from '../world.ts';
import { type Call, type Command, matches } from './call.ts';

export const showsys: Command = {
  flags: ['-d'],
  run: (call) => {
    const { id, name, model, serial } = call.array;
    const shownId = call.world.quirks.style === '10.x' ? `0x${id.toString(16).toUpperCase()}` : String(id);
    const titles = [
      { title: 'ID', align: 'right', minimum: 7 },
      ...['Name', 'Model', 'Serial'].map((title) => ({ title })),
      ...['Nodes', 'Master', 'TotalCap', 'AllocCap', 'FreeCap', 'FailedCap'].map((title) => ({ title, align: 'right' as const })),
    ] satisfies readonly Column[];
    const rows = [[shownId, name, model, serial, '2', '1', '29278208', '920848', '24509168', '0']];
    const lines = table(call, titles, rows);
    if (call.bare || call.csv) return lines;
    const start = (lines[0] ?? '').indexOf('TotalCap');
    const width = (lines[0] ?? '').length - start;
    return [`${' '.repeat(start)}${centred('(MiB)', width)}`, ...lines];
  },
};

const volumeCells: Readonly<Record<string, (call: Call, volume: Volume) => string>> = {
  Id: (_call, volume) => String(volume.id),
  Name: (_call, volume) => volume.name,
  VV_WWN: (_call, volume) => volume.wwn,
  Prov: (_call, volume) => volume.prov,
  Type: (_call, volume) => (volume.prov === 'snp' ? 'vcopy' : 'base'),
  CopyOf: (_call, volume) => volume.copyOf ?? '---',
  Rd: (call, volume) => (accessTo(call.array, volume) === 'rw' ? 'RW' : 'RO'),
  Tot_Rsvd_MB: (_call, volume) => String(volume.sizeMb),
  VSize_MB: (_call, volume) => String(volume.sizeMb),
  UsrCPG: () => 'SSD_r6',
  CreationTime: ({ array }, volume) => arrayTime(volume.createdMs, array.zone),
  RcopyGroup: ({ array }, volume) => groupOf(array, volume)?.name ?? '---',
  RcopyStatus: ({ array }, volume) => groupOf(array, volume)?.status ?? 'none',
};

export const showvv: Command = {
  flags: ['-p'],
  valued: ['-showcols', '-type', '-rcopygroup', '-prov', '-domain'],
  run: (call) => {
    const titles = (call.value('-showcols') ?? 'Id,Name,Prov,Type,CopyOf,Rd,VSize_MB').split(',');
    const odd = titles.find((title) => volumeCells[title] === undefined);
    if (odd !== undefined) throw new Refusal(`invalid column ${odd}`);
    const shown = call.array.volumes.filter((volume) => isWanted(call, volume));
    if (shown.length === 0) return ['no vv listed'];
    const rows = shown.map((volume) => titles.map((title) => volumeCells[title]?.(call, volume) ?? ''));
    const lines = table(
      call,
      titles.map((title) => ({ title })),
      rows,
    );
    return call.bare ? lines : [...lines, '-'.repeat(Math.max(...lines.map(({ length }) => length))), `${rows.length} total`];
  },
};

function isWanted(call: Call, volume: Volume): boolean {
  const type = call.value('-type');
  const group = call.value('-rcopygroup');
  const ofType = type === undefined || type.split(',').includes(volume.prov === 'snp' ? 'vcopy' : 'base');
  const ofGroup = group === undefined || groupNamed(call.array, group).members.some((member) => member.volume === volume.name);
  return ofType && ofGroup && (call.words.length === 0 || call.words.some((pattern) => matches(pattern, volume.name)));
}

function groupOf(array: StorageArray, volume: Volume) {
  return array.groups.find(({ members }) => members.some((member) => member.volume === volume.name));
}

export const showvlun: Command = {
  flags: ['-a', '-t'],
  valued: ['-v', '-host'],
  run: (call) => {
    const named = (option: string, name: string) => call.value(option) === undefined || matches(call.value(option) ?? '', name);
    const exported = call.array.volumes.flatMap((volume) => volume.hosts.map((one) => ({ ...one, volume: volume.name })));
    const rows = exported
      .filter(({ volume, host }) => named('-v', volume) && named('-host', host))
      .map(({ lun, volume, host }) => [String(lun), volume, host, 'host']);
    if (rows.length === 0) return ['no vluns listed'];
    const titles = [{ title: 'Lun', align: 'right' as const }, ...['VVName', 'HostName', 'Type'].map((title) => ({ title }))];
    const lines = table(call, titles, rows);
    return call.bare ? lines : ['Active VLUNs', ...lines, '-'.repeat(40), `${rows.length} total`];
  },
};

export const showtask: Command = {
  flags: ['-all', '-active'],
  valued: ['-d', '-t', '-type'],
  run: (call) => {
    const { array } = call;
    const id = call.value('-d');
    const shown = id === undefined ? array.tasks.filter((task) => !call.has('-active') || !isOver(task)) : [taskWithId(array, id)];
    if (shown.length === 0) return ['No tasks.'];
    const titles = 'Id Type Name Status Phase Step StartTime FinishTime Priority User'.split(' ').map((title) => ({ title }));
    const lines = table(
      call,
      titles,
      shown.map((task) => taskCells(array, task)),
    );
    return id === undefined ? lines : [...lines, '', 'Detailed status:', ...shown.flatMap(({ detail }) => detail)];
  },
};

function taskCells(array: StorageArray, task: Task): readonly string[] {
  const time = (ms: number | undefined) => (ms === undefined ? '-' : arrayTime(ms, array.zone));
  const phase = isOver(task) ? ['---', '---'] : ['1/1', '0/1'];
  return [String(task.id), task.type, task.name, task.status, ...phase, time(task.startMs), time(task.finishMs), 'n/a', task.user];
}

export const waittask: Command = {
  flags: ['-v', '-q'],
  run: async (call) => {
    const tasks = call.words.map((id) => taskWithId(call.array, id));
    await call.world.clock.until(() => tasks.every(isOver));
    const lines = tasks.map(({ id, status }) => `Task ${id} ${status}`);
    if (tasks.some(({ status }) => status !== 'done')) throw new Refusal('', lines);
    return lines;
  },
};

export const showdate: Command = {
  run: (call) => {
    const { zone } = call.array;
    const date = `${arrayTime(call.world.clock.nowMs(), zone)} (${zone})`;
    const rows = ['0', '1'].map((node) => [node, date]);
    return table(call, [{ title: 'Node' }, { title: 'Date' }], rows);
  },
};

export const showlicense: Command = {
  run: ({ array }) => [
    'License key was generated on Mon Jan  6 10:00:00 2014',
    '',
    'License features currently enabled:',
    ...array.licenses,
  ],
};

export const showversion: Command = {
  flags: ['-s', '-b', '-a'],
  run: ({ world, has }) => {
    const [release, patches] = world.quirks.style === '10.x' ? ['10.5.0', 'None'] : ['3.1.2 (MU3)', 'P16'];
    return has('-s') ? [release.split(' ')[0] ?? release] : [`Release version ${release}`, `Patches:  ${patches}`];
  },
};

export const showuser: Command = {
  run: (call) => {
    const rows = call.array.users.map(({ name, role }) => [name, 'all', role.toLowerCase(), 'N']);
    return table(
      call,
      ['Username', 'Domain', 'Role', 'Default'].map((title) => ({ title })),
      rows,
    );
  },
};

function table(call: Call, titles: readonly Column[], rows: readonly (readonly string[])[]): readonly string[] {
  return (call.csv ? cells : columns)(titles, rows, !call.bare);
}

function centred(text: string, width: number): string {
  const left = Math.max(0, Math.floor((width - text.length) / 2));
  return `${'-'.repeat(left)}${text}`.padEnd(width, '-');
}
