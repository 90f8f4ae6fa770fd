/** A daily job runs once a day through every change of the clock (spec/deps.md §1.3 shows how a cron library fails here). */
import { expect } from 'chai';
import { isAllowed } from '../../../../agent/state/schedule/allowed.ts';
import { nextRuns } from '../../../../agent/state/schedule/next-run.ts';
import { requireSchedule } from '../../../../agent/state/schedule/parse.ts';
import { localDayOf, localText, openZone } from '../../../../agent/state/schedule/zone.ts';
import { dayNumberOf } from '../../../../agent/state/schedule/calendar.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const changing = ['Europe/Paris', 'America/New_York', 'Australia/Lord_Howe'] as const;

/** Changes of the clock in 2026, 2027 and 2028; for UTC two instants where others change. */
function changesOf(name: string): readonly number[] {
  if (name === 'UTC') return [Date.UTC(2027, 2, 28, 1), Date.UTC(2027, 9, 31, 1)];
  const regimes = openZone(name).regimes(dayNumberOf(2026, 1, 1), dayNumberOf(2029, 1, 1));
  return regimes.slice(1).map((regime) => regime.fromMs);
}

/** Every quarter of an hour of the night, and every hour of the day, as a job. */
const quarters = Array.from({ length: 96 }, (_, index) => {
  const [hour, minute] = [Math.floor(index / 4), (index % 4) * 15];
  return {
    hour,
    minute,
    text: `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`,
    cron: `cron:${minute} ${hour} * * *`,
  };
}).filter(({ hour, minute }) => hour < 6 || minute === 0);

function localTimes(text: string, zoneName: string, from: string, count: number): readonly string[] {
  const zone = openZone(zoneName);
  return nextRuns(requireSchedule(text), { nowMs: Date.parse(from), zone }, count).map((run) => localText(zone, run.atMs));
}

describe('schedules through changes of the clock', () => {
  it('knows six changes in three years, on the hour the zones publish', () => {
    for (const name of changing) expect(changesOf(name), name).to.have.length(6);
    expect(changesOf('Europe/Paris').map((atMs) => new Date(atMs).toISOString())).to.include.members([
      '2026-03-29T01:00:00.000Z',
      '2027-10-31T01:00:00.000Z',
    ]);
    expect(new Date(changesOf('Australia/Lord_Howe')[0] ?? 0).toISOString()).to.equal('2026-04-04T15:00:00.000Z');
  });

  for (const name of [...changing, 'UTC']) {
    it(`${name}: a daily job at any quarter of the night, at any hour of the day, runs once on each day around every change`, () => {
      const zone = openZone(name);
      for (const changeMs of changesOf(name)) {
        const first = localDayOf(zone, changeMs) - 2;
        const fromMs = zone.regimes(first, first + 1)[0]?.offsetMs ?? 0;
        for (const { text, cron } of quarters) {
          for (const job of [text, cron]) {
            const runs = nextRuns(requireSchedule(job), { nowMs: first * dayMs - fromMs, zone }, 5);
            const days = runs.map((run) => localDayOf(zone, run.atMs));
            expect(days, `${job} around ${localText(zone, changeMs)}`).to.deep.equal([first, first + 1, first + 2, first + 3, first + 4]);
          }
        }
      }
    });

    it(`${name}: asked every minute, ranges and moments around the change run once a day`, () => {
      const zone = openZone(name);
      for (const job of ['02:15', '01:45-02:45', '02:00-03:00@61', '*', '23:30-01:30', 'cron:20 2 * * *'].map(requireSchedule)) {
        for (const changeMs of changesOf(name)) {
          const startMs = changeMs - 6 * hourMs;
          const runs: number[] = [];
          for (let nowMs = startMs; nowMs < changeMs + 3 * hourMs; nowMs += 60_000) {
            if (isAllowed(job, { nowMs, lastMs: runs.at(-1) ?? startMs, zone }).allowed) runs.push(nowMs);
          }
          expect(runs, `${job.text} around ${localText(zone, changeMs)}`).to.have.length(1);
        }
      }
    });
  }

  it('a skipped time runs at the first instant after the gap, a skipped range opens there for its length', () => {
    expect(localTimes('02:30', 'Europe/Paris', '2027-03-27T12:00:00Z', 2)).to.deep.equal([
      '2027-03-28 03:00:00 +02:00',
      '2027-03-29 02:30:00 +02:00',
    ]);
    expect(localTimes('02:10', 'Australia/Lord_Howe', '2026-10-03T00:00:00Z', 1)).to.deep.equal(['2026-10-04 02:30:00 +11:00']);
    const zone = openZone('Europe/Paris');
    const range = nextRuns(requireSchedule('02:15-02:45'), { nowMs: Date.parse('2027-03-28T00:00:00Z'), zone }, 1)[0];
    expect(localText(zone, range?.untilMs ?? 0)).to.equal('2027-03-28 03:30:00 +02:00');
  });

  it('a repeated time runs the first time only', () => {
    expect(localTimes('02:30', 'Europe/Paris', '2027-10-30T12:00:00Z', 2)).to.deep.equal([
      '2027-10-31 02:30:00 +02:00',
      '2027-11-01 02:30:00 +01:00',
    ]);
  });

  it('intervals count real time: every 30 minutes goes on through the repeated and the skipped hour', () => {
    const fall = nextRuns(requireSchedule('@30'), { nowMs: Date.parse('2027-10-30T23:00:00Z'), zone: 'Europe/Paris' }, 9);
    expect(fall.map((run) => run.atMs - (fall[0]?.atMs ?? 0))).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8].map((n) => n * 1_800_000));
    const spring = nextRuns(requireSchedule('cron:*/15 * * * *'), { nowMs: Date.parse('2027-03-28T00:30:00Z'), zone: 'Europe/Paris' }, 5);
    expect(spring.map((run) => run.atMs - (spring[0]?.atMs ?? 0))).to.deep.equal([0, 1, 2, 3, 4].map((n) => n * 900_000));
    const cron = nextRuns(requireSchedule('cron:*/30 * * * *'), { nowMs: Date.parse('2027-10-30T23:00:00Z'), zone: 'Europe/Paris' }, 9);
    expect(cron.map((run) => run.atMs)).to.deep.equal(fall.map((run) => run.atMs));
  });

  it('a day that does not exist at all (Samoa, 30 december 2011) loses no job', () => {
    expect(localTimes('12:00', 'Pacific/Apia', '2011-12-29T12:00:00Z', 3)).to.deep.equal([
      '2011-12-29 12:00:00 -10:00',
      '2011-12-31 00:00:00 +14:00',
      '2011-12-31 12:00:00 +14:00',
    ]);
  });

  it('a change at midnight leaves a whole day with one run (Havana: 00:00 is skipped in march, repeated in november)', () => {
    expect(localTimes('*', 'America/Havana', '2027-03-13T12:00:00Z', 3).slice(1)).to.deep.equal([
      '2027-03-14 01:00:00 -04:00',
      '2027-03-15 00:00:00 -04:00',
    ]);
    expect(localTimes('*', 'America/Havana', '2027-11-06T12:00:00Z', 3).slice(1)).to.deep.equal([
      '2027-11-07 00:00:00 -04:00',
      '2027-11-08 00:00:00 -05:00',
    ]);
  });
});
