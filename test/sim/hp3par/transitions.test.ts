/** What a pair of arrays does with a group: every legal change of roles and states. */
import { expect } from 'chai';
import {
  take,
  seen,
  writable,
  makeBench,
  withBench,
  metro,
  stop,
  reverse,
  failover,
  recover,
  restore,
  startTwo,
  type Step,
} from './bench.ts';
import type { GroupConfig } from './config.ts';

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
