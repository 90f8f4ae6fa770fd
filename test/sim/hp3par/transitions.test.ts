/** What a pair of arrays does with a group: every legal change of roles and states, and every refusal, which changes nothing. */
import { expect } from 'chai';
import { makeFolder } from '../../support/names.ts';
import { rmSync } from 'node:fs';
import { buildWorld } from './build.ts';
import { documentPair, type GroupConfig, type SimConfig } from './config.ts';
import { type Controls, makeControls } from './controls.ts';
import { makeFaults } from './faults.ts';

const [one, two] = ['hp3par1.opensvc.com', 'hp3par2.opensvc.com'] as const;
const [here, there] = ['MYRCG', 'MYRCG.r12345'] as const;

/** `1 COMMAND` and `2 COMMAND` run on either array; the other words are what happens to both. */
type Step = string;

const happenings: Readonly<Record<string, (controls: Controls) => unknown>> = {
  cut: (controls) => controls.links(one, two, false),
  failed: (controls) => {
    controls.links(one, two, false);
    controls.elapse(10_000);
  },
  joined: (controls) => controls.links(one, two, true),
  'kill 1': (controls) => controls.kill(one),
  'revive 1': (controls) => controls.revive(one),
  wait: (controls) => controls.elapse(60_000),
};

async function take(controls: Controls, step: Step): Promise<string> {
  const happening = happenings[step];
  if (happening !== undefined) {
    await happening(controls);
    return '';
  }
  const { stdout, stderr, exit } = await controls.run(step.startsWith('1') ? one : two, step.slice(2));
  if (exit !== 0) throw new Error(`${step}: ${stdout}${stderr}`);
  return stdout;
}

/** `Primary/Started Secondary/Started`, of array 1 and array 2. */
function seen(controls: Controls): string {
  const state = controls.state();
  const [left, right] = [state[one]?.groups[here], state[two]?.groups[there]];
  return `${left?.role}/${left?.status} ${right?.role}/${right?.status}`;
}

function writable(controls: Controls): string {
  const state = controls.state();
  return [state[one]?.groups[here], state[two]?.groups[there]].map((group) => group?.volumes[0]?.access ?? '').join(' ');
}

interface Bench {
  readonly controls: Controls;
  remove(): void;
}

/** The pair without doors; 1 MiB of bytes, so that hosts' access is real. */
function makeBench(group: Partial<GroupConfig> = {}, more: Partial<SimConfig> = {}): Bench {
  const folder = makeFolder();
  const pair = documentPair({ name: 'opensvc', role: 'Super' }, 1);
  const config = { ...pair, groups: pair.groups.map((one) => ({ ...one, ...group })), ...more };
  const { world, invariants } = buildWorld(config, folder);
  const faults = makeFaults(world.arrays.map(({ name }) => name));
  const controls = makeControls({ world, faults, log: [], sessionLimit: 16, sessions: new Map() }, invariants, async () => undefined);
  return { controls, remove: () => rmSync(folder, { recursive: true }) };
}

async function withBench(bench: Bench, act: (controls: Controls) => Promise<void>): Promise<void> {
  try {
    await act(bench.controls);
    expect(bench.controls.violations()).to.deep.equal([]);
  } finally {
    bench.remove();
  }
}

const sync: Partial<GroupConfig> = { mode: 'Sync', periodMs: 0 };
const metro: Partial<GroupConfig> = { ...sync, policies: ['auto_recover', 'path_management'] };

const stop = '1 stoprcopygroup -f MYRCG';
const reverse = '2 setrcopygroup reverse -f -waittask MYRCG.r12345';
const failover = '2 setrcopygroup failover -f -waittask MYRCG.r12345';
const recover = '2 setrcopygroup recover -f -waittask MYRCG.r12345';
const restore = '2 setrcopygroup restore -f -waittask MYRCG.r12345';
const startTwo = '2 startrcopygroup MYRCG.r12345';

/** Steps, what both arrays then say, and what hosts may do on either. */
const legal: readonly (readonly [string, readonly Step[], string, string, Partial<GroupConfig>?])[] = [
  ['nothing', [], 'Primary/Started Secondary/Started', 'rw ro'],
  ['stop on the primary', [stop], 'Primary/Stopped Secondary/Stopped', 'rw ro'],
  ['stop on the secondary with -remote', ['2 stoprcopygroup -f -remote MYRCG.r12345'], 'Primary/Stopped Secondary/Stopped', 'rw ro'],
  ['start again', [stop, '1 startrcopygroup MYRCG'], 'Primary/Started Secondary/Started', 'rw ro'],
  ['start told on the secondary', [stop, startTwo], 'Primary/Started Secondary/Started', 'rw ro'],
  ['reverse', [stop, reverse], 'Secondary/Stopped Primary/Stopped', 'ro rw'],
  ['reverse and resume', [stop, reverse, startTwo, 'wait'], 'Secondary/Started Primary/Started', 'ro rw'],
  [
    'reverse with -stopgroups',
    ['2 setrcopygroup reverse -f -stopgroups -waittask MYRCG.r12345'],
    'Secondary/Stopped Primary/Stopped',
    'ro rw',
  ],
  [
    'there and back',
    [stop, reverse, startTwo, 'wait', '2 stoprcopygroup -f MYRCG.r12345', '1 setrcopygroup reverse -f -waittask MYRCG'],
    'Primary/Stopped Secondary/Stopped',
    'rw ro',
  ],
  [
    'reverse -current',
    [stop, '2 setrcopygroup reverse -f -current -waittask MYRCG.r12345'],
    'Secondary-Rev/Stopped Primary-Rev/Stopped',
    'ro rw',
  ],
  [
    'reverse -current and -natural make it permanent',
    [stop, '2 setrcopygroup reverse -f -current -waittask MYRCG.r12345', '2 setrcopygroup reverse -f -natural -waittask MYRCG.r12345'],
    'Secondary/Stopped Primary/Stopped',
    'ro rw',
  ],
  [
    'reverse -natural while started',
    ['1 setrcopygroup reverse -f -natural -waittask MYRCG'],
    'Primary-Rev/Started Secondary-Rev/Started',
    'rw ro',
  ],
  [
    'reverse -natural -local on one side',
    ['1 setrcopygroup reverse -f -natural -local -waittask MYRCG'],
    'Primary-Rev/Started Secondary/Started',
    'rw ro',
  ],
  [
    'revert: reverse -current -local of what failed over',
    ['failed', failover, '2 setrcopygroup reverse -f -waittask -stopgroups -local -current MYRCG.r12345'],
    'Primary/Stopped Secondary/Stopped',
    'rw ro',
  ],
  ['links down, not yet failed', ['cut'], 'Primary/Started Secondary/Started', 'rw ro'],
  ['target failed', ['failed'], 'Primary/Stopped Secondary/Stopped', 'rw ro'],
  ['links back: auto_recover', ['failed', 'joined', 'wait'], 'Primary/Started Secondary/Started', 'rw ro'],
  ['links back before the target failed', ['cut', 'joined'], 'Primary/Started Secondary/Started', 'rw ro'],
  ['links back without auto_recover', ['failed', 'joined'], 'Primary/Stopped Secondary/Stopped', 'rw ro', { policies: [] }],
  ['stopped by a person, links away and back', [stop, 'failed', 'joined'], 'Primary/Stopped Secondary/Stopped', 'rw ro'],
  ['failover of a lost target', ['failed', failover], 'Primary/Stopped Primary-Rev/Stopped', 'rw rw'],
  ['failover while it is failing', ['cut', failover], 'Primary/Started Primary-Rev/Stopped', 'rw rw'],
  [
    'links return before the target failed, but behind a failover',
    ['cut', failover, 'joined'],
    'Primary/Failsafe Primary-Rev/Stopped',
    'ro rw',
  ],
  ['failover with both arrays up', [stop, failover], 'Secondary-Rev/Stopped Primary-Rev/Stopped', 'ro rw'],
  ['failover with auto_synchronize', [failover], 'Secondary-Rev/Stopped Primary-Rev/Stopped', 'ro rw', { policies: ['auto_synchronize'] }],
  ['array 1 dead', ['kill 1'], 'Primary/Stopped Secondary/Started', 'none ro'],
  ['array 1 dead, failed over', ['kill 1', failover], 'Primary/Stopped Primary-Rev/Stopped', 'none rw'],
  ['array 1 returns and stands back', ['kill 1', failover, 'revive 1'], 'Primary/Failsafe Primary-Rev/Stopped', 'ro rw'],
  ['links return to a split', ['failed', failover, 'joined'], 'Primary/Failsafe Primary-Rev/Stopped', 'ro rw'],
  ['recover', ['kill 1', failover, 'revive 1', recover, 'wait'], 'Secondary-Rev/Started Primary-Rev/Started', 'ro rw'],
  [
    'recover -nostart',
    ['kill 1', failover, 'revive 1', '2 setrcopygroup recover -f -nostart -waittask MYRCG.r12345'],
    'Secondary-Rev/Stopped Primary-Rev/Stopped',
    'ro rw',
  ],
  ['restore', ['kill 1', failover, 'revive 1', restore, 'wait'], 'Primary/Started Secondary/Started', 'rw ro'],
  [
    'restore behind recover',
    ['kill 1', failover, 'revive 1', recover, 'wait', restore, 'wait'],
    'Primary/Started Secondary/Started',
    'rw ro',
  ],
  ['array 1 back untouched', ['kill 1', 'revive 1', 'wait'], 'Primary/Started Secondary/Started', 'rw ro'],
  ['switchover', ['1 setrcopygroup switchover -f -waittask MYRCG', 'wait'], 'Secondary-Rev/Started Primary-Rev/Started', 'ro rw', metro],
  [
    'what failed over gives up before the links return: auto_recover goes on in the old direction',
    ['failed', failover, '2 setrcopygroup reverse -f -local -current -waittask MYRCG.r12345', 'joined', 'wait'],
    'Primary/Started Secondary/Started',
    'rw ro',
  ],
];

/** Steps, the command that is refused, and its words. */
const refused: readonly (readonly [readonly Step[], string, RegExp, Partial<GroupConfig>?])[] = [
  [[], '1 showrcopy groups NOSUCH', /Error: group matching NOSUCH does not exist on the system/],
  [[], '1 stoprcopygroup -f NOSUCH', /does not exist/],
  [[], '1 stoprcopygroup -f', /no group name/],
  [[], '2 stoprcopygroup -f MYRCG', /does not exist/],
  [[], '2 stoprcopygroup -f MYRCG.r12345', /not primary on this system/],
  [[stop], stop, /not started/],
  [[], '1 startrcopygroup MYRCG', /already started/],
  [[stop], '2 startrcopygroup -wait MYRCG.r12345', /-wait is only valid on the primary/],
  [['failed'], '1 startrcopygroup MYRCG', /not up and ready/],
  [['failed', failover, 'joined'], '1 startrcopygroup MYRCG', /failsafe/],
  [[stop], '1 syncrcopy -w MYRCG', /Group isn't started/],
  [[], '2 syncrcopy -w MYRCG.r12345', /-w is only valid there/],
  [['cut'], '1 syncrcopy -w MYRCG', /not up and ready/],
  [[], reverse, /Remote copy group not stopped/],
  [['failed'], reverse, /not up and ready/],
  [[stop], '2 setrcopygroup reverse -f -local MYRCG.r12345', /-local needs/],
  [[stop], '2 setrcopygroup reverse -f -natural -current MYRCG.r12345', /exclude each other/],
  [[stop], '2 setrcopygroup reverse -f -local -current MYRCG.r12345', /is primary on target/],
  [['failed', failover, 'joined'], reverse, /primary on both systems/],
  [[], failover, /Remote copy group not stopped/],
  [[stop], '1 setrcopygroup failover -f MYRCG', /is Primary on this system/],
  [['failed', failover], failover, /is Primary-Rev on this system/],
  [['failed'], failover, /never synchronized/, { sync: 'New' }],
  [[stop], recover, /not previously switched/],
  [[stop, reverse], restore, /not previously switched/],
  [['failed', failover], recover, /not up and ready/],
  [['failed', failover], restore, /not up and ready/],
  [['kill 1', failover, 'revive 1', recover], recover, /Remote copy group not stopped/],
  [[], '1 setrcopygroup switchover -f MYRCG', /not synchronous/],
  [[], '1 setrcopygroup switchover -f MYRCG', /path_management/, sync],
  [[], '2 setrcopygroup switchover -f MYRCG.r12345', /is Secondary on this system/, metro],
  [[stop], '1 setrcopygroup switchover -f MYRCG', /isn't started/, metro],
  [[], '1 setrcopygroup override -f MYRCG', /not in failsafe/],
  [['failed', failover, 'joined'], '1 setrcopygroup override -f MYRCG', /primary on both systems/],
  [[], '1 setrcopygroup frobnicate -f MYRCG', /invalid subcommand/],
  [[], '1 setrcopygroup reverse -f -fast MYRCG', /invalid option -fast/],
  [[], '1 setrcopygroup period 10s hp3par2.opensvc.com MYRCG', /invalid period/],
  [[], '1 setrcopygroup period 5m nosuch MYRCG', /Could not find target nosuch \./],
  [[], '1 setrcopygroup pol auto_everything MYRCG', /invalid policy/],
  [[], '1 setrcopygroup mode sync hp3par2.opensvc.com MYRCG', /not stopped/],
  [[], '1 removercopygroup -f MYRCG', /not stopped/],
  [[], '1 showtask -d 9999', /Task 9999 does not exist/],
  [[], '1 waittask 9999', /Task 9999 does not exist/],
  [[], '1 updatevv -f', /no vv names specified/],
  [[], '1 updatevv -f VV_SVC1_ROOT', /not a snapshot/],
  [[], '1 rm -rf', /invalid command name/],
];

describe('hp3par simulator: transitions', () => {
  for (const [title, steps, roles, access, group] of legal) {
    it(title, () =>
      withBench(makeBench(group), async (controls) => {
        for (const step of steps) await take(controls, step);
        expect(`${seen(controls)}; ${writable(controls)}`).to.equal(`${roles}; ${access}`);
      }),
    );
  }
});

describe('hp3par simulator: refusals', () => {
  for (const [steps, command, words, group] of refused) {
    it(`${command}${steps.length > 0 ? ` after ${steps.join(', ')}` : ''}${group === undefined ? '' : ` (${JSON.stringify(group)})`}`, () =>
      withBench(makeBench(group), async (controls) => {
        for (const step of steps) await take(controls, step);
        const before = structuredClone(controls.state());
        const answer = await controls.run(command.startsWith('1') ? one : two, command.slice(2));
        expect(answer).to.deep.include({ exit: 1, stderr: '' });
        expect(answer.stdout)
          .to.match(words)
          .and.match(/^Error: /m);
        expect(controls.state()).to.deep.equal(before);
      }));
  }

  it('a group that a task holds is busy on both arrays, until the task is over', () =>
    withBench(makeBench(), async (controls) => {
      await take(controls, stop);
      await take(controls, '2 setrcopygroup reverse -f MYRCG.r12345');
      for (const step of ['1 startrcopygroup MYRCG', reverse]) {
        expect((await controls.run(step.startsWith('1') ? one : two, step.slice(2))).stdout).to.match(/is busy with task 2576/);
      }
      expect(await take(controls, '2 waittask 2576')).to.equal('Task 2576 done\n');
      expect(seen(controls)).to.equal('Secondary/Stopped Primary/Stopped');
    }));

  it('what was just promoted is started later', () =>
    withBench(makeBench({}, { timing: { promotingMs: 5000 } }), async (controls) => {
      for (const step of [stop, reverse]) await take(controls, step);
      expect((await controls.run(two, startTwo.slice(2))).stdout).to.match(/currently being promoted.*could be retried later/);
      controls.elapse(5000);
      await take(controls, startTwo);
    }));

  it('a target has started groups of one mode only', () =>
    withBench(makeBench(), async (controls) => {
      await take(controls, '1 creatercopygroup OTHER hp3par2.opensvc.com:sync');
      expect((await controls.run(one, 'startrcopygroup OTHER')).stdout).to.match(/has no volumes/);
      await take(controls, '1 admitrcopyvv VV_SVC1_ROOT OTHER hp3par2.opensvc.com:VV_SVC1_ROOT');
      expect((await controls.run(one, 'startrcopygroup OTHER')).stdout).to.match(/already has a started group of mode Periodic, MYRCG/);
    }));
});

describe('hp3par simulator: tasks and periods', () => {
  it('a failed task says so, exits 1 and has changed nothing', () =>
    withBench(makeBench(), async (controls) => {
      await take(controls, stop);
      controls.taskFault('fail');
      const answer = await controls.run(two, reverse.slice(2));
      expect(answer).to.deep.equal({
        stdout:
          'setrcopygroup for reverse MYRCG.r12345\nreverse started with tasks: 2576\nWaiting for tasks to complete\nTask 2576 failed\n',
        stderr: '',
        exit: 1,
      });
      expect(seen(controls)).to.equal('Primary/Stopped Secondary/Stopped');
      expect(await take(controls, '2 showtask -d 2576'))
        .to.match(/remote_copy_reverse.*failed/)
        .and.match(/Failed to switch target group/);
      await take(controls, reverse);
    }));

  it('a task whose links are cut meanwhile fails', () =>
    withBench(makeBench({}, { clock: 'manual' }), async (controls) => {
      await take(controls, stop);
      await take(controls, '2 setrcopygroup reverse -f MYRCG.r12345');
      controls.links(one, two, false);
      controls.elapse(10_000);
      expect(await take(controls, '2 showtask -d 2576'))
        .to.match(/failed/)
        .and.match(/not up and ready/);
      expect(seen(controls)).to.equal('Primary/Stopped Secondary/Stopped');
    }));

  it('a slow task takes its time, a cancelled one does nothing', () =>
    withBench(makeBench({}, { clock: 'manual' }), async (controls) => {
      await take(controls, stop);
      controls.taskFault('slow', 1, 60_000);
      await take(controls, '2 setrcopygroup reverse -f MYRCG.r12345');
      controls.elapse(63_000);
      expect(seen(controls)).to.equal('Primary/Stopped Secondary/Stopped');
      await take(controls, '2 canceltask -f 2576');
      controls.elapse(63_000);
      expect(seen(controls)).to.equal('Primary/Stopped Secondary/Stopped');
    }));

  it('a periodic group synchronizes at each period, and not while stopped', () =>
    withBench(makeBench({}, { startMs: Date.parse('2014-03-25T13:00:00Z') }), async (controls) => {
      const last = () => new Date(controls.state()[one]?.groups[here]?.lastSyncMs ?? 0).toISOString().slice(11, 19);
      controls.elapse(299_000);
      expect(last()).to.equal('13:00:00');
      controls.elapse(4000);
      expect(last()).to.equal('13:05:00');
      controls.elapse(300_000);
      expect(last()).to.equal('13:10:00');
      await take(controls, stop);
      controls.elapse(900_000);
      expect(last()).to.equal('13:10:00');
      await take(controls, '1 startrcopygroup MYRCG');
      controls.elapse(302_000);
      expect(last()).to.equal('13:30:03');
    }));

  it('says how far a synchronization is', () =>
    withBench(makeBench({}, { clock: 'manual', timing: { syncMs: 10_000 } }), async (controls) => {
      await take(controls, '1 syncrcopy MYRCG');
      controls.elapse(4700);
      expect(await take(controls, '1 showrcopy groups MYRCG')).to.include(',Syncing (47%),');
      expect(await take(controls, '2 showrcopy groups')).to.include(',Syncing (47%),');
      controls.elapse(5300);
      expect(await take(controls, '1 showrcopy groups MYRCG')).to.include(',Synced,');
    }));

  it('policies, period and mode are changed on both arrays', () =>
    withBench(makeBench(), async (controls) => {
      for (const words of ['pol no_auto_recover,auto_synchronize MYRCG', `period 10m ${two} MYRCG`])
        await take(controls, `1 setrcopygroup ${words}`);
      expect(await take(controls, '2 showrcopy groups')).to.include('"Period 10m, over_per_alert,auto_synchronize"');
      await take(controls, stop);
      await take(controls, `1 setrcopygroup mode sync ${two} MYRCG`);
      expect(await take(controls, '2 showrcopy groups')).to.include('Secondary,Sync,"over_per_alert,auto_synchronize"');
    }));
});

describe('hp3par simulator: what nobody could verify, both ways', () => {
  it('an old primary may go on when its links return', async () => {
    const bench = makeBench({}, { quirks: { returnedPrimary: 'primary' } });
    await withBench(bench, async (controls) => {
      for (const step of ['failed', failover, 'joined']) await take(controls, step);
      expect(`${seen(controls)}; ${writable(controls)}`).to.equal('Primary/Stopped Primary-Rev/Stopped; rw rw');
      await take(controls, recover);
      expect(writable(controls)).to.equal('ro rw');
    });
  });

  it('with auto_synchronize an array of OS 10.5 mirrors a failover, starts and renames by itself', () =>
    withBench(makeBench({ policies: ['auto_synchronize'] }, { quirks: { autoNatural: true } }), async (controls) => {
      await take(controls, failover);
      await take(controls, 'wait');
      expect(seen(controls)).to.equal('Secondary/Started Primary/Started');
      expect((await controls.run(two, recover.slice(2))).stdout).to.match(/not previously switched/);
    }));

  it('errors go to stderr, and exit 0', () =>
    withBench(makeBench({}, { quirks: { errorsOn: 'stderr', errorExit: 0 } }), async (controls) => {
      expect(await controls.run(two, reverse.slice(2))).to.deep.equal({
        stdout: '',
        stderr: 'Error: Remote copy group not stopped\n',
        exit: 0,
      });
    }));
});
