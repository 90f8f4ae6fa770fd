import { expect } from 'chai';
import { missedRun } from '../../../../agent/state/schedule/missed-run.ts';
import { nextRun, nextRuns } from '../../../../agent/state/schedule/next-run.ts';
import { requireSchedule } from '../../../../agent/state/schedule/parse.ts';
import { stableRandom } from '../../../../agent/state/schedule/random.ts';

const at = (text: string): number => Date.parse(`${text}Z`);
const iso = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString().slice(0, 19));

function next(text: string, now: string, last?: string): string | undefined {
  return iso(nextRun(requireSchedule(text), { nowMs: at(now), lastMs: last === undefined ? undefined : at(last), zone: 'UTC' })?.atMs);
}

describe('next run', () => {
  it('gives the end of the window, cut by an exclusion, and the member', () => {
    const run = nextRun(requireSchedule('["!05:00-05:30", "04:00-06:00@10"]'), { nowMs: at('2027-01-08T03:00:00'), zone: 'UTC' });
    expect(run).to.deep.equal({ atMs: at('2027-01-08T04:00:00'), untilMs: at('2027-01-08T04:59:59'), member: 1 });
  });

  it('takes the earliest of all members, also when a window of yesterday is still open', () => {
    expect(next('["20:00-04:00@6h", "01:00"]', '2027-01-09T00:10:00', '2027-01-08T20:00:00')).to.equal('2027-01-09T01:00:00');
    expect(next('["20:00-04:00@6h", "03:00"]', '2027-01-09T00:10:00', '2027-01-08T20:00:00')).to.equal('2027-01-09T02:00:00');
    expect(next('["!22:00-03:30", "20:00-04:00@6h", "00:30 sat"]', '2027-01-08T23:00:00')).to.equal('2027-01-09T03:30:00');
  });

  it('skips exclusions that touch each other', () => {
    expect(next('["!10:00-11:00", "!11:00-12:00", "! * sat,sun", "@10"]', '2027-01-08T10:30:00')).to.equal('2027-01-08T12:00:00');
    expect(next('["!10:00-11:00", "!11:00-12:00", "! * sat,sun", "@10"]', '2027-01-09T10:30:00')).to.equal('2027-01-11T00:00:00');
  });

  it('leap years', () => {
    expect(next('10:00 *:29 * feb', '2026-03-01T00:00:00')).to.equal('2028-02-29T10:00:00');
    expect(next('10:00 *:29 * feb', '2096-03-01T00:00:00')).to.equal('2104-02-29T10:00:00');
    expect(next('10:00 fri:29 * feb', '2026-03-01T00:00:00')).to.equal('2036-02-29T10:00:00');
    expect(next('* *:-2 * feb', '2028-01-01T00:00:00')).to.equal('2028-02-28T00:00:00');
  });

  it('weeks: 53 only where the year has it', () => {
    expect(next('* mon 53', '2027-01-05T00:00:00')).to.equal('2032-12-27T00:00:00');
  });

  it('is none for a schedule that never runs or is always excluded', () => {
    for (const text of ['', '@0', '*@0', '!*', '["!*", "*"]', '["! * mon-sun", "cron:0 0 * * *"]'])
      expect(next(text, '2027-01-08T10:00:00'), text).to.equal(undefined);
  });

  it('a last run in the window pushes a once-per-range job to the next one', () => {
    expect(next('09:00-10:00 mon-fri', '2027-01-08T09:30:00', '2027-01-08T09:05:00')).to.equal('2027-01-11T09:00:00');
    expect(next('09:00-10:00 mon-fri', '2027-01-08T09:30:00', '2027-01-07T09:05:00')).to.equal('2027-01-08T09:30:00');
  });

  it('lists runs, each the last of the next', () => {
    const runs = nextRuns(requireSchedule('09:00-09:30@15'), { nowMs: at('2027-01-08T08:00:00'), zone: 'UTC' }, 4);
    expect(runs.map((run) => iso(run.atMs))).to.deep.equal([
      '2027-01-08T09:00:00',
      '2027-01-08T09:15:00',
      '2027-01-08T09:30:00',
      '2027-01-09T09:00:00',
    ]);
  });

  it('refuses an unknown zone with CONFIG', () => {
    expect(() => nextRun(requireSchedule('*'), { nowMs: 0, zone: 'Europe/Pariss' }))
      .to.throw()
      .with.property('code', 'CONFIG');
  });

  it("uses this machine's zone when none is given", () => {
    const local = new Date(2027, 0, 8, 8, 0, 0);
    const run = nextRun(requireSchedule('09:00'), { nowMs: local.getTime() });
    expect(run?.atMs).to.equal(new Date(2027, 0, 8, 9, 0, 0).getTime());
  });
});

describe('random instants', () => {
  it('lie in the window, differ by job and by day, and do not move when asked again', () => {
    const draw = (name: string, now: string): number => {
      const run = nextRun(requireSchedule('~00:00-06:00'), { nowMs: at(now), zone: 'UTC', random: stableRandom(name) });
      expect(run?.untilMs).to.equal(at(`${now.slice(0, 10)}T06:00:00`));
      return (run?.atMs ?? 0) - at(`${now.slice(0, 10)}T00:00:00`);
    };
    const jobs = Array.from({ length: 200 }, (_, index) => draw(`node1/svc${index}/sync#1`, '2027-01-08T00:00:00'));
    expect(Math.min(...jobs)).to.be.within(0, 900_000);
    expect(Math.max(...jobs)).to.be.within(20_700_000, 21_600_000);
    expect(new Set(jobs).size).to.be.greaterThan(190);
    expect(draw('a', '2027-01-08T00:00:00')).to.not.equal(draw('a', '2027-01-09T00:00:00'));
    const drawn = draw('a', '2027-01-08T00:00:00');
    expect(
      nextRun(requireSchedule('~00:00-06:00'), { nowMs: at('2027-01-08T00:00:00') + drawn - 1000, zone: 'UTC', random: stableRandom('a') })
        ?.atMs,
    ).to.equal(at('2027-01-08T00:00:00') + drawn);
  });
});

describe('missed runs', () => {
  const missed = (text: string, last: string | undefined, now: string, since?: string): unknown =>
    missedRun(requireSchedule(text), {
      lastMs: last === undefined ? undefined : at(last),
      sinceMs: since === undefined ? undefined : at(since),
      nowMs: at(now),
      zone: 'UTC',
    });

  it('none when nothing was due', () => {
    expect(missed('10:00', '2027-01-08T10:00:00', '2027-01-09T09:59:00')).to.equal(undefined);
    expect(missed('10:00', undefined, '2027-01-09T09:59:00')).to.equal(undefined);
    expect(missed('@10', '2027-01-08T10:00:00', '2027-01-08T10:09:59')).to.equal(undefined);
  });

  it('a moment that passed is due once, however many days were missed', () => {
    expect(missed('10:00', '2027-01-05T10:00:00', '2027-01-08T09:00:00')).to.deep.equal({
      dueMs: at('2027-01-06T10:00:00'),
      stillAllowed: false,
      moment: true,
      excludedNow: false,
    });
    expect(missed('10:00', '2027-01-08T09:00:00', '2027-01-08T09:01:00')).to.equal(undefined); // it was run late at 09:00
  });

  it('a window that closed is told as such, one that is open is still allowed', () => {
    expect(missed('04:00-06:00', '2027-01-07T04:00:00', '2027-01-08T10:00:00')).to.deep.include({ moment: false, stillAllowed: false });
    expect(missed('04:00-06:00', '2027-01-07T04:00:00', '2027-01-08T05:00:00')).to.deep.include({ moment: false, stillAllowed: true });
  });

  it('says when an exclusion forbids it now, and counts from the time a job became known', () => {
    expect(missed('["!11:00-12:00", "10:00"]', undefined, '2027-01-08T11:30:00', '2027-01-08T09:00:00')).to.deep.include({
      moment: true,
      excludedNow: true,
    });
  });
});
