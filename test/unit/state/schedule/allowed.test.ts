import { expect } from 'chai';
import { isAllowed, type Verdict } from '../../../../agent/state/schedule/allowed.ts';
import { requireSchedule } from '../../../../agent/state/schedule/parse.ts';
import { stableRandom } from '../../../../agent/state/schedule/random.ts';

function may(text: string, now: string, last?: string): Verdict {
  return isAllowed(requireSchedule(text), {
    nowMs: Date.parse(`${now}Z`),
    lastMs: last === undefined ? undefined : Date.parse(`${last}Z`),
    zone: 'UTC',
  });
}

function refusal(text: string, now: string, last?: string): string {
  const verdict = may(text, now, last);
  return verdict.allowed ? 'allowed' : `${verdict.code}: ${verdict.reason}`;
}

describe('permission to run', () => {
  it('says why not', () => {
    expect(refusal('', '2027-01-08T10:00:00')).to.equal('no-schedule: no schedule: it never runs');
    expect(refusal('10:00-11:00 mon-fri', '2027-01-09T10:00:00')).to.equal(
      'day: not in allowed days: saturday 9 january is not monday to friday',
    );
    expect(refusal('* * * feb', '2027-01-09T10:00:00')).to.contain('month: not in allowed months').and.to.contain('is not february');
    expect(refusal('* * 9', '2027-01-09T10:00:00')).to.contain('is not ISO week 9');
    expect(refusal('10:00-11:00,14:00', '2027-01-09T12:00:00')).to.equal('time: not in timerange 10:00-11:00, 14:00');
    expect(refusal('@10', '2027-01-09T12:00:00', '2027-01-09T11:55:00'))
      .to.contain('too-soon')
      .and.to.contain('2027-01-09 11:55:00 +00:00');
    expect(refusal('*', '2027-01-09T12:00:00', '2027-01-09T00:00:00')).to.contain('it has run in this period');
    expect(refusal('*@0', '2027-01-09T12:00:00')).to.contain('never: interval set to 0');
    expect(refusal('["!10:30-10:40","*"]', '2027-01-09T10:35:00')).to.equal(
      "excluded: excluded by '!10:30-10:40' until 2027-01-09 10:40:00 +00:00",
    );
  });

  it('tells the member that came closest, and all that were asked', () => {
    const verdict = may('["* * * feb", "10:00-11:00", "@30"]', '2027-01-09T12:00:00', '2027-01-09T11:50:00');
    expect(verdict).to.deep.include({ allowed: false, code: 'too-soon' });
    expect(verdict.allowed ? [] : verdict.refusals.map(({ member, code }) => [member, code])).to.deep.equal([
      [0, 'month'],
      [1, 'time'],
      [2, 'too-soon'],
    ]);
  });

  it('says until when it may start: the end of the window or the next exclusion, nothing for a moment', () => {
    expect(may('10:00-11:00', '2027-01-08T10:30:00')).to.deep.equal({
      allowed: true,
      member: 0,
      untilMs: Date.parse('2027-01-08T11:00:00Z'),
    });
    expect(may('["!10:45-10:50", "10:00-11:00"]', '2027-01-08T10:30:00')).to.deep.equal({
      allowed: true,
      member: 1,
      untilMs: Date.parse('2027-01-08T10:44:59Z'),
    });
    expect(may('10:00', '2027-01-08T10:00:01')).to.deep.equal({ allowed: true, member: 0 });
  });

  it('an exclusion binds the members after it, not those before it', () => {
    expect(may('["10:00-11:00", "!10:30-10:40", "*"]', '2027-01-08T10:35:00').allowed).to.equal(true);
    expect(may('["10:00-11:00", "!10:30-10:40", "*"]', '2027-01-08T10:35:00', '2027-01-08T10:10:00').allowed).to.equal(false);
  });

  it('a window over midnight belongs to the day it opens and runs once', () => {
    expect(may('23:00-01:00 fri', '2027-01-09T00:30:00').allowed).to.equal(true); // saturday
    expect(may('23:00-01:00 fri', '2027-01-08T00:30:00').allowed).to.equal(false); // the night of thursday
    expect(may('23:00-01:00 fri', '2027-01-09T00:30:00', '2027-01-08T23:10:00').allowed).to.equal(false);
    expect(may('! 23:00-01:00 fri\n*', '2027-01-09T00:30:00').allowed).to.equal(false);
    expect(may('23:00-01:00 * * dec', '2028-01-01T00:30:00').allowed).to.equal(true);
  });

  it('counts intervals in whole seconds, so that a beat 40 ms early is not too soon', () => {
    expect(may('@1', '2027-01-08T10:01:00.010', '2027-01-08T10:00:00.050').allowed).to.equal(true);
    expect(may('@1', '2027-01-08T10:00:59.990', '2027-01-08T10:00:00.050').allowed).to.equal(false);
  });

  it('does not believe a last run far in the future, which a wrong clock wrote', () => {
    expect(may('@10', '2027-01-08T10:00:00', '2031-01-01T00:00:00').allowed).to.equal(true);
    expect(may('*', '2027-01-08T10:00:00', '2031-01-01T00:00:00').allowed).to.equal(true);
    expect(may('@10', '2027-01-08T10:00:00', '2027-01-08T10:00:05').allowed).to.equal(false);
  });

  it('an interval that is not shorter than its range runs once per range even in the night of 25 hours', () => {
    const verdict = isAllowed(requireSchedule('02:00-03:00@61'), {
      nowMs: Date.parse('2027-10-31T01:20:00Z'), // 02:20, the second time
      lastMs: Date.parse('2027-10-31T00:05:00Z'), // 02:05, the first time
      zone: 'Europe/Paris',
    });
    expect(verdict.allowed).to.equal(false);
  });

  it('leap days', () => {
    expect(may('* *:last', '2028-02-28T10:00:00').allowed).to.equal(false);
    expect(may('* *:last', '2028-02-29T10:00:00').allowed).to.equal(true);
    expect(may('* *:last', '2027-02-28T10:00:00').allowed).to.equal(true);
    expect(may('* *:-29', '2028-02-01T10:00:00').allowed).to.equal(true);
    expect(may('* *:-29', '2027-02-01T10:00:00').allowed).to.equal(false);
  });

  it('a random instant is waited for when the dice are given, and stays drawn', () => {
    const schedule = requireSchedule('~00:00-06:00');
    const random = stableRandom('node1/svc1/sync#1');
    const midnight = Date.parse('2027-01-08T00:00:00Z');
    const allowedAt: number[] = [];
    for (let nowMs = midnight; nowMs < midnight + 21_600_000; nowMs += 60_000) {
      if (isAllowed(schedule, { nowMs, zone: 'UTC', random }).allowed) allowedAt.push(nowMs);
    }
    const drawn = Math.ceil((random(midnight) * 21_599) / 60);
    expect(allowedAt[0]).to.equal(midnight + drawn * 60_000);
    expect(allowedAt).to.have.length(360 - drawn);
    const early = isAllowed(schedule, { nowMs: midnight, zone: 'UTC', random });
    expect(early.allowed ? '' : early.code).to.equal('not-yet');
  });
});
