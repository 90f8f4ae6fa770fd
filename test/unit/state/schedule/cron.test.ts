import { expect } from 'chai';
import { nextRuns } from '../../../../agent/state/schedule/next-run.ts';
import { faultText, parseSchedule, requireSchedule } from '../../../../agent/state/schedule/parse.ts';

function runs(expression: string, from: string, count: number): readonly string[] {
  const found = nextRuns(requireSchedule(`cron:${expression}`), { nowMs: Date.parse(`${from}Z`), zone: 'UTC' }, count);
  return found.map((run) => new Date(run.atMs).toISOString().slice(0, 16).replace('T', ' '));
}

function said(expression: string): string {
  const parsed = parseSchedule(`cron:${expression}`);
  return parsed.ok ? '' : parsed.faults.map(faultText).join('; ');
}

describe('cron expressions', () => {
  it('steps, lists, ranges and names', () => {
    expect(runs('*/15 * * * *', '2027-01-01T10:01:00', 3)).to.deep.equal(['2027-01-01 10:15', '2027-01-01 10:30', '2027-01-01 10:45']);
    expect(runs('5,35 8-10/2 * * *', '2027-01-01T08:30:00', 4)).to.deep.equal([
      '2027-01-01 08:35',
      '2027-01-01 10:05',
      '2027-01-01 10:35',
      '2027-01-02 08:05',
    ]);
    expect(runs('0 0 * jan,Mar mon-fri', '2027-01-29T12:00:00', 2)).to.deep.equal(['2027-03-01 00:00', '2027-03-02 00:00']);
    expect(runs('0 6 * * fri-sun', '2027-01-01T07:00:00', 3)).to.deep.equal(['2027-01-02 06:00', '2027-01-03 06:00', '2027-01-08 06:00']);
    expect(runs('0 6 * * 0', '2027-01-01T00:00:00', 1)).to.deep.equal(runs('0 6 * * 7', '2027-01-01T00:00:00', 1));
    expect(runs('0 6 * * sun-tue', '2027-01-01T00:00:00', 3)).to.deep.equal(['2027-01-03 06:00', '2027-01-04 06:00', '2027-01-05 06:00']);
  });

  it('aliases', () => {
    expect(runs('@daily', '2027-01-01T10:00:00', 1)).to.deep.equal(['2027-01-02 00:00']);
    expect(runs('@hourly', '2027-01-01T10:01:00', 1)).to.deep.equal(['2027-01-01 11:00']);
    expect(runs('@weekly', '2027-01-01T10:00:00', 1)).to.deep.equal(['2027-01-03 00:00']);
    expect(runs('@yearly', '2027-01-01T10:00:00', 1)).to.deep.equal(['2028-01-01 00:00']);
    expect(said('@dayly')).to.contain("did you mean '@daily'");
    expect(said('@reboot')).to.contain('not a cron alias');
  });

  it('either day is enough when both day fields are restricted, else both must agree (crontab(5))', () => {
    expect(runs('0 0 13 * fri', '2027-08-01T00:00:00', 3)).to.deep.equal(['2027-08-06 00:00', '2027-08-13 00:00', '2027-08-20 00:00']);
    expect(runs('0 0 10 * fri', '2027-08-07T00:00:00', 2)).to.deep.equal(['2027-08-10 00:00', '2027-08-13 00:00']);
    expect(runs('0 0 */10 * fri', '2027-08-01T00:00:00', 2)).to.deep.equal(['2027-10-01 00:00', '2027-12-31 00:00']);
    expect(runs('0 0 * * fri', '2027-08-01T00:00:00', 1)).to.deep.equal(['2027-08-06 00:00']);
  });

  it('29 february', () => {
    expect(runs('0 0 29 2 *', '2026-01-01T00:00:00', 2)).to.deep.equal(['2028-02-29 00:00', '2032-02-29 00:00']);
  });

  it('faults', () => {
    expect(said('* * * *')).to.contain('5 fields').and.to.contain('has 4');
    expect(said('0 * * * * *')).to.contain('5 fields');
    expect(said('60 * * * *')).to.contain('minute 60 does not exist');
    expect(said('* 22-2 * * *')).to.contain('goes backwards');
    expect(said('5/15 * * * *')).to.contain('5-59/15');
    expect(said('*/0 * * * *')).to.contain('not a step');
    expect(said('* * L * *')).to.contain('not standard cron');
    expect(said('* * * * 5#2')).to.contain('not standard cron');
    expect(said('* * * * fro')).to.contain("did you mean 'fri'");
    expect(said('a * b * *')).to.contain("'a'").and.to.contain("'b'");
  });

  it('stands beside other members', () => {
    const schedule = requireSchedule('["! * sat", "cron:0 12 * * *"]');
    const found = nextRuns(schedule, { nowMs: Date.parse('2027-01-01T13:00:00Z'), zone: 'UTC' }, 1);
    expect(new Date(found[0]?.atMs ?? 0).toISOString()).to.equal('2027-01-03T12:00:00.000Z');
  });
});
