/** setrcopygroup: the operations of disaster recovery, each a task, and the settings of a group. */
import { type Half, type Mode, Refusal, roleOf } from '../model.ts';
import { startGroup, stopGroup } from '../start-stop.ts';
import { isOver, startTask, type Work } from '../task.ts';
import { groupNamed, isReachable, otherHalf } from '../world.ts';
import type { Call, Command } from './call.ts';
import { checkNotBusy } from './group-checks.ts';
import { operations } from './operations.ts';

export const setrcopygroup: Command = {
  flags: [
    ...['-f', '-nostart', '-nosync', '-discard', '-nopromote', '-nosnap', '-stopgroups', '-local', '-natural', '-current', '-waittask'],
    ...['-pat', '-forceppfailover'],
  ],
  valued: ['-t'],
  right: 'rcopygroup_set',
  run: async (call) => {
    const [verb = '', ...rest] = call.words;
    const operation = operations[verb];
    if (operation !== undefined) return operate(call, verb, rest);
    const set = settings[verb];
    if (set === undefined) throw new Refusal(`setrcopygroup: invalid subcommand ${verb}`);
    set(call, rest);
    return [];
  },
};

async function operate(call: Call, verb: string, names: readonly string[]): Promise<readonly string[]> {
  const { world, array } = call;
  if (names.length !== 1 || names[0] === undefined) throw new Refusal(`setrcopygroup ${verb}: one group name is needed`);
  const half: Half = { array, group: groupNamed(array, names[0]) };
  const ready = prepare(call, half, verb);
  if (!call.has('-f') && !(await call.confirm(`Are you sure you want to ${verb} remote copy group ${half.group.name}?`)))
    throw new Refusal('');
  // While the question was open, somebody may have changed what it was about.
  if (!call.has('-f')) prepare(call, half, verb);
  if (call.has('-stopgroups') && half.group.status === 'Started') stopFromPrimary(call, half);
  const { work, said } = ready;
  const task = startTask(world, half, work);
  const lines = [...said, `setrcopygroup for ${verb} ${half.group.name}`, `${verb} started with tasks: ${task.id}`];
  if (!call.has('-waittask')) return lines;
  await world.clock.until(() => isOver(task));
  const waited = [...lines, 'Waiting for tasks to complete'];
  if (task.status === 'done') return [...waited, `Task ${task.id} done`];
  throw new Refusal('', [...waited, `Task ${task.id} ${task.status}`]);
}

/** Throws a Refusal when it may not be done; changes nothing. */
function prepare(call: Call, half: Half, verb: string): { readonly work: Work; readonly said: readonly string[] } {
  checkNotBusy(half);
  const operation = operations[verb];
  if (operation === undefined) throw new Refusal(`setrcopygroup: invalid subcommand ${verb}`);
  operation.check(call, half);
  const { world, user } = call;
  const said = operation.says?.(world, half) ?? [];
  const durationMs = world.timing.taskMs + (operation.syncs ? world.timing.syncMs : 0);
  const begin = operation.begin;
  const work: Work = {
    type: `remote_copy_${verb}`,
    user: user.name,
    durationMs,
    ...(begin === undefined ? {} : { begin: () => begin(call, half) }),
    end: () => operation.end(call, half),
  };
  return { work, said };
}

function stopFromPrimary({ world }: Call, half: Half): void {
  const other = otherHalf(world, half);
  stopGroup(world, half.group.current === 'primary' || !isReachable(world, half) ? half : other);
}

const modes: Readonly<Record<string, Mode>> = { sync: 'Sync', periodic: 'Periodic', async: 'Async' };
const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const policies = [...['auto_recover', 'over_per_alert', 'auto_synchronize', 'auto_failover', 'path_management', 'active_active', 'mt_pp']];

type Setting = (call: Call, words: readonly string[]) => void;

/** Policies, period and mode; both sides hear of them. */
const settings: Readonly<Record<string, Setting>> = {
  pol: (call, [list = '', name = '']) => {
    const wanted = list.split(',');
    const odd = wanted.find((word) => !policies.includes(word.replace(/^no_/, '')));
    if (odd !== undefined) throw new Refusal(`invalid policy ${odd}`);
    const half = settable(call, name);
    for (const { group } of told(call, half)) {
      const dropped = group.policies.filter((one) => !wanted.includes(`no_${one}`));
      group.policies = [...new Set([...dropped, ...wanted.filter((word) => !word.startsWith('no_'))])];
    }
  },
  period: (call, [text = '', target = '', name = '']) => {
    const half = settable(call, name);
    checkTarget(half, target);
    const [, digits, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
    const periodMs = Number(digits) * (unitMs[unit] ?? Number.NaN);
    if (!(periodMs === 0 || (periodMs >= 15_000 && periodMs <= 31_622_400_000))) throw new Refusal(`invalid period ${text}`);
    if (half.group.mode !== 'Periodic') throw new Refusal(`Group ${name} is not periodic`);
    for (const { group } of told(call, half)) group.periodMs = periodMs;
    restart(call, half);
  },
  mode: (call, [word = '', target = '', name = '']) => {
    const half = settable(call, name);
    checkTarget(half, target);
    const mode = modes[word];
    if (mode === undefined) throw new Refusal(`invalid mode ${word}`);
    if (half.group.status === 'Started') throw new Refusal('Remote copy group not stopped');
    for (const { group } of told(call, half)) Object.assign(group, { mode, periodMs: 0 });
  },
};

function settable({ array }: Call, name: string): Half {
  const half = { array, group: groupNamed(array, name) };
  checkNotBusy(half);
  if (half.group.current !== 'primary') throw new Refusal(`Group ${name} is ${roleOf(half.group)} on this system`);
  return half;
}

function checkTarget({ group }: Half, target: string): void {
  if (group.target !== target) throw new Refusal(`Could not find target ${target} .`);
}

function told({ world }: Call, half: Half): readonly Half[] {
  return isReachable(world, half) ? [half, otherHalf(world, half)] : [half];
}

/** A changed period counts from now. */
function restart({ world }: Call, half: Half): void {
  if (half.group.status === 'Started') startGroup(world, half, { noSync: half.group.members.every(({ sync }) => sync === 'Synced') });
}
