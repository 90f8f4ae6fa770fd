import { expect } from 'chai';
import fc from 'fast-check';
import { chooseRuns, type DueJob, type RunningJob } from '../../../agent/state/choose-runs.ts';

const job = (key: string, more: Partial<DueJob> = {}): DueJob => ({
  key,
  service: key.split(' ')[0] ?? '',
  dueMs: 0,
  priority: 100,
  locks: [],
  ...more,
});
const keys = (jobs: readonly DueJob[]): readonly string[] => jobs.map(({ key }) => key);

describe('choosing among due jobs', () => {
  it('takes who has waited longest, then by priority', () => {
    const due = [job('c sync#1', { dueMs: 2 }), job('a sync#1', { dueMs: 3 }), job('b sync#1', { dueMs: 2, priority: 1 })];
    expect(keys(chooseRuns(due, [], 2).start)).to.deep.equal(['b sync#1', 'c sync#1']);
    expect(chooseRuns(due, [], 2).waiting.map(({ why }) => why)).to.deep.equal(['waits: 2 jobs run already']);
  });

  it('runs one job of a service and one of a target at a time, and says what it waits for', () => {
    const due = [
      job('a sync#1', { locks: ['x'] }),
      job('a sync#2'),
      job('b sync#1', { locks: ['x', 'y'] }),
      job('c sync#1', { locks: ['z'] }),
    ];
    const { start, waiting } = chooseRuns(due, [], 9);
    expect(keys(start)).to.deep.equal(['a sync#1', 'c sync#1']);
    expect(waiting.map(({ why }) => why)).to.deep.equal(['waits for a sync#1', 'waits for a sync#1, which has x']);
  });

  it('counts what runs already', () => {
    const running = [job('a sync#1', { locks: ['x'] })];
    expect(chooseRuns([job('a sync#1'), job('b sync#1', { locks: ['x'] })], running, 9).start).to.deep.equal([]);
    expect(chooseRuns([job('a sync#1')], running, 9).waiting[0]?.why).to.equal('it runs');
  });

  it('keeps the limit and the locks whatever comes, and nobody starves', () => {
    const jobs = fc.uniqueArray(
      fc.record({
        service: fc.constantFrom('a', 'b', 'c', 'd'),
        rid: fc.constantFrom('sync#1', 'sync#2', 'task#1'),
        dueMs: fc.nat(5),
        locks: fc.subarray(['x', 'y', 'z']),
      }),
      { selector: ({ service, rid }) => `${service} ${rid}`, maxLength: 12 },
    );
    fc.assert(
      fc.property(jobs, fc.integer({ min: 1, max: 4 }), (all, limit) => {
        let left = all.map(({ service, rid, dueMs, locks }) => job(`${service} ${rid}`, { dueMs, locks }));
        const oldest = [...left].sort((a, b) => a.dueMs - b.dueMs || (a.key < b.key ? -1 : 1))[0];
        let rounds = 0;
        while (left.length > 0) {
          const { start, waiting } = chooseRuns(left, [] as RunningJob[], limit);
          expect(start.length).to.be.within(1, limit);
          expect(start.length + waiting.length).to.equal(left.length);
          expect(new Set(start.map(({ service }) => service)).size).to.equal(start.length);
          const held = start.flatMap(({ locks }) => locks);
          expect(new Set(held).size).to.equal(held.length);
          if (rounds === 0) expect(start[0]?.key).to.equal(oldest?.key);
          left = left.filter(({ key }) => !keys(start).includes(key));
          rounds += 1;
        }
      }),
    );
  });
});
