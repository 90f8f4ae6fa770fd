import { expect } from 'chai';
import fc from 'fast-check';
import {
  decideDue,
  type Due,
  firstRetryMs,
  type JobPast,
  longestRetryMs,
  retryPauseMs,
  spreadMs,
} from '../../../../agent/state/schedule/due.ts';
import { requireSchedule } from '../../../../agent/state/schedule/parse.ts';
import { openTimetable, type Window } from '../../../../agent/state/schedule/windows.ts';
import { localDayOf, openZone, type Zone } from '../../../../agent/state/schedule/zone.ts';
import { instantMs, zoneName, zones } from './arbitrary.ts';

const opened = new Map<string, Zone>(zones.map((name) => [name, openZone(name)]));
const utc = opened.get('UTC') as Zone;
const at = (text: string): number => Date.parse(`${text.replace(' ', 'T')}Z`);
const longAgo: JobPast = { sinceMs: at('2026-01-01 00:00'), failures: 0 };

function ask(text: string, now: string, past: Partial<JobPast> = {}, name = 'node1/svc1/sync#1'): Due {
  return decideDue({ schedule: requireSchedule(text), name, zone: utc, nowMs: at(now), past: { ...longAgo, ...past } });
}

describe('due jobs', () => {
  it('a moment is due at its second, and not again', () => {
    expect(ask('02:00', '2026-11-25 02:00:00', { lastMs: at('2026-11-24 02:00:00') })).to.deep.include({ kind: 'due', missed: false });
    expect(ask('02:00', '2026-11-25 02:00:01', { lastMs: at('2026-11-25 02:00:00') }).kind).to.equal('later');
  });

  it('a missed moment is run once, however many were missed', () => {
    const past = { lastMs: at('2026-11-20 02:00:00') };
    const due = ask('02:00', '2026-11-25 09:30', past);
    expect(due).to.deep.equal({ kind: 'due', dueMs: at('2026-11-21 02:00'), missed: true });
    const after = ask('02:00', '2026-11-25 09:31', { lastMs: at('2026-11-25 09:30') });
    expect(after).to.deep.include({ kind: 'later', atMs: at('2026-11-26 02:00') });
  });

  it('a moment before the job was known is not missed', () => {
    expect(ask('02:00', '2026-11-25 09:30', { sinceMs: at('2026-11-25 09:00') }).kind).to.equal('later');
    expect(ask('02:00', '2026-11-25 09:30', { sinceMs: at('2026-11-25 01:00') })).to.deep.include({ kind: 'due', missed: true });
  });

  it('the end of a range is a limit, and an exclusion too', () => {
    const past = { lastMs: at('2026-11-23 02:10') };
    expect(ask('02:00-04:00', '2026-11-25 09:30', past).kind).to.equal('later');
    expect(ask('02:00-04:00', '2026-11-25 03:30', past).kind).to.equal('due');
    const excluded = '["!08:00-18:00", "02:00"]';
    expect(ask(excluded, '2026-11-25 09:30', past)).to.deep.include({ kind: 'later' });
    expect(ask(excluded, '2026-11-25 18:00:01', past)).to.deep.include({ kind: 'due', missed: true });
  });

  it('jobs whose range opens take turns, the same job always the same one', () => {
    const turns = Array.from({ length: 200 }, (_, index) => ask('02:00-04:00', '2026-11-25 02:00:00', {}, `node1/svc${index}/sync#1`));
    const waits = turns.map((due) => (due.kind === 'later' ? due.atMs - at('2026-11-25 02:00:00') : 0));
    expect(Math.max(...waits)).to.be.within(spreadMs * 0.8, spreadMs);
    expect(new Set(waits).size).to.be.above(20);
    expect(turns).to.deep.equal(
      Array.from({ length: 200 }, (_, index) => ask('02:00-04:00', '2026-11-25 02:00:00', {}, `node1/svc${index}/sync#1`)),
    );
    expect(ask('02:00-04:00', '2026-11-25 02:00:30').kind).to.equal('due');
  });

  it('an interval is kept to the second: no turns', () => {
    const past = { lastMs: at('2026-11-25 09:00:00') };
    expect(ask('@60', '2026-11-25 09:59:59', past)).to.deep.include({ kind: 'later', atMs: at('2026-11-25 10:00:00') });
    expect(ask('@60', '2026-11-25 10:00:00', past).kind).to.equal('due');
  });

  it('a job that failed rests, longer each time, and says so', () => {
    const past = { lastMs: at('2026-11-25 10:00:00'), failedMs: at('2026-11-25 10:00:00'), failures: 3 };
    expect(ask('@1m', '2026-11-25 10:02', past)).to.deep.equal({
      kind: 'later',
      atMs: at('2026-11-25 10:04'),
      why: 'failed 3 times in a row: it rests',
    });
    expect(ask('@1m', '2026-11-25 10:04', past).kind).to.equal('due');
    expect([1, 2, 3].map(retryPauseMs)).to.deep.equal([firstRetryMs, 2 * firstRetryMs, 4 * firstRetryMs]);
    expect(retryPauseMs(50)).to.equal(longestRetryMs);
    expect(ask('@2h', '2026-11-25 10:30', { ...past, failures: 1 }), 'an interval that is longer decides').to.deep.include({
      kind: 'later',
      atMs: at('2026-11-25 12:00'),
    });
  });

  it('a clock that is set back a little repeats nothing; one that was far ahead is not believed', () => {
    expect(ask('02:00', '2026-11-25 02:00:00', { lastMs: at('2026-11-25 02:00:12') })).to.deep.include({ kind: 'later' });
    expect(ask('02:00-04:00', '2026-11-25 02:40', { lastMs: at('2026-11-25 03:00') }).kind).to.equal('later');
    expect(ask('02:00', '2026-11-25 02:00:00', { lastMs: at('2030-01-01 00:00') }).kind).to.equal('due');
    expect(
      ask('@10m', '2026-11-25 02:00:00', { lastMs: at('2030-01-01 00:00'), failedMs: at('2030-01-01 00:00'), failures: 9 }).kind,
    ).to.equal('due');
  });

  it('says why a job never runs', () => {
    expect(ask('@0', '2026-11-25 02:00')).to.deep.include({ kind: 'never' });
    expect(ask('', '2026-11-25 02:00')).to.deep.include({ kind: 'never', why: 'no schedule: it never runs' });
  });
});

function beatsAfter(fromMs: number, gaps: readonly number[]): number[] {
  let nowMs = fromMs;
  return gaps.map((gap) => {
    nowMs += gap * 1000;
    return nowMs;
  });
}

/** A daemon that beats, with pauses in which it is away; runs are instantaneous. As told, it asks again only when something is to come. */
function live(text: string, zone: Zone, fromMs: number, beats: readonly number[]): number[] {
  const schedule = requireSchedule(text);
  let past: JobPast = { sinceMs: fromMs, failures: 0 };
  const runs: number[] = [];
  let askAgainMs = fromMs;
  for (const nowMs of beats) {
    if (nowMs < askAgainMs) continue;
    const due = decideDue({ schedule, name: 'node1/svc1/sync#1', zone, nowMs, past });
    if (due.kind === 'later') askAgainMs = due.atMs;
    if (due.kind === 'never') return runs;
    if (due.kind !== 'due') continue;
    runs.push(nowMs);
    past = { ...past, lastMs: nowMs };
  }
  return runs;
}

function windowsBetween(text: string, zone: Zone, fromMs: number, toMs: number): readonly Window[] {
  const timetable = openTimetable(requireSchedule(text), zone);
  const days = Array.from(
    { length: localDayOf(zone, toMs) - localDayOf(zone, fromMs) + 3 },
    (_, index) => localDayOf(zone, fromMs) - 1 + index,
  );
  return days
    .flatMap((day) => timetable(day))
    .filter(({ spans }) => (spans[0]?.fromMs ?? 0) >= fromMs && (spans.at(-1)?.toMs ?? 0) <= toMs);
}

const daily = fc.constantFrom(
  '02:00-04:00',
  '~01:00-05:00',
  '23:30-00:30',
  '02:30',
  '00:00',
  '03:00',
  '02:00-03:00 sun',
  'cron:30 2 * * *',
  'cron:0 */6 * * *',
);
/** Beats of 1 to 90 s; now and then the daemon is away for minutes or hours. */
const pauses = fc.array(
  fc.oneof({ weight: 60, arbitrary: fc.integer({ min: 1, max: 90 }) }, { weight: 1, arbitrary: fc.integer({ min: 91, max: 30_000 }) }),
  {
    minLength: 200,
    maxLength: 1500,
  },
);

describe('due jobs: properties', () => {
  it('never two runs in one window, whatever the beats, the zone and its changes of the clock', () => {
    fc.assert(
      fc.property(daily, zoneName, instantMs, pauses, (text, name, fromMs, gaps) => {
        const zone = opened.get(name) as Zone;
        const beats = beatsAfter(fromMs, gaps);
        const runs = live(text, zone, fromMs, beats);
        for (const window of windowsBetween(text, zone, fromMs - 2 * 86_400_000, (beats.at(-1) ?? fromMs) + 86_400_000)) {
          const [from, to] = [window.spans[0]?.fromMs ?? 0, window.spans.at(-1)?.toMs ?? 0];
          expect(runs.filter((run) => run >= from && run < to).length, `${text} ${name} ${new Date(from).toISOString()}`).to.be.at.most(1);
        }
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  it('never a lost run: each range that was attended long enough has one, each moment one at the next beat', () => {
    fc.assert(
      fc.property(daily, zoneName, instantMs, pauses, (text, name, fromMs, gaps) => {
        const zone = opened.get(name) as Zone;
        const beats = beatsAfter(fromMs, gaps);
        const endMs = beats.at(-1) ?? fromMs;
        const runs = live(text, zone, fromMs, beats);
        for (const window of windowsBetween(text, zone, fromMs, endMs)) {
          const [from, to] = [window.spans[0]?.fromMs ?? 0, window.spans.at(-1)?.toMs ?? 0];
          if (window.moment) {
            const next = beats.find((beat) => beat >= from);
            if (next !== undefined)
              expect(runs, `${text} ${name} ${new Date(from).toISOString()}`).to.satisfy((all: number[]) =>
                all.some((run) => run >= from && run <= next),
              );
          } else if (!window.random && beats.some((beat) => beat >= from + spreadMs && beat < to)) {
            expect(
              runs.some((run) => run >= from && run < to),
              `${text} ${name} ${new Date(from).toISOString()}`,
            ).to.equal(true);
          }
        }
      }),
      { numRuns: 300, seed: 8 },
    );
  });

  it('intervals: never closer than the interval, never further apart than it and a beat', () => {
    fc.assert(
      fc.property(zoneName, instantMs, fc.integer({ min: 2, max: 90 }), (name, fromMs, minutes) => {
        const zone = opened.get(name) as Zone;
        const beats = Array.from({ length: 1000 }, (_, index) => fromMs + index * 20_000);
        const runs = live(`@${minutes}`, zone, fromMs, beats);
        const gaps = runs.slice(1).map((run, index) => run - (runs[index] ?? 0));
        for (const gap of gaps) expect(gap).to.be.within(minutes * 60_000 - 1000, minutes * 60_000 + 20_000 + spreadMs);
      }),
      { numRuns: 60 },
    );
  });

  it('a clock that jumps back and forth never makes a moment run twice within an hour', () => {
    fc.assert(
      fc.property(
        zoneName,
        instantMs,
        fc.array(fc.integer({ min: -1200, max: 1800 }), { minLength: 50, maxLength: 300 }),
        (name, fromMs, jumps) => {
          const zone = opened.get(name) as Zone;
          const schedule = requireSchedule('cron:0 */2 * * *');
          let past: JobPast = { sinceMs: fromMs, failures: 0 };
          let nowMs = fromMs;
          const runs: number[] = [];
          for (const jump of jumps) {
            nowMs += jump * 1000;
            const last = past.lastMs;
            if (decideDue({ schedule, name: 'x', zone, nowMs, past }).kind !== 'due') continue;
            if (last !== undefined && last - nowMs < 3_600_000) expect(nowMs, 'a run before the one that was').to.be.above(last);
            runs.push(nowMs);
            past = { ...past, lastMs: nowMs };
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
