import { expect } from 'chai';
import fc from 'fast-check';
import { isAllowed } from '../../../../agent/state/schedule/allowed.ts';
import { nextRun, nextRuns, type When } from '../../../../agent/state/schedule/next-run.ts';
import { faultText, parseSchedule, requireSchedule } from '../../../../agent/state/schedule/parse.ts';
import { stableRandom } from '../../../../agent/state/schedule/random.ts';
import { explainSchedule } from '../../../../agent/state/schedule/explain.ts';
import { openZone, type Zone } from '../../../../agent/state/schedule/zone.ts';
import { instantMs, scheduleText, zoneName, zones } from './arbitrary.ts';

const opened = new Map<string, Zone>(zones.map((name) => [name, openZone(name)]));
const random = stableRandom('node1/svc1/sync#1');

/** A schedule, a zone, an instant, and a last run up to nine days before it (or none). */
const question = fc.tuple(scheduleText, zoneName, instantMs, fc.option(fc.integer({ min: 0, max: 9 * 86_400_000 })));

function ask([text, zone, nowMs, ago]: [string, string, number, number | null]): {
  schedule: ReturnType<typeof requireSchedule>;
  when: When;
} {
  return {
    schedule: requireSchedule(text),
    when: { nowMs, lastMs: ago === null ? undefined : nowMs - ago, zone: opened.get(zone), random },
  };
}

describe('properties of schedules', () => {
  it('the next run is not before now and is allowed', () => {
    fc.assert(
      fc.property(question, (asked) => {
        const { schedule, when } = ask(asked);
        const run = nextRun(schedule, when);
        if (run === undefined) return;
        expect(run.atMs).to.be.at.least(when.nowMs);
        const verdict = isAllowed(schedule, { ...when, nowMs: run.atMs });
        expect(verdict.allowed, JSON.stringify(verdict)).to.equal(true);
        if (run.untilMs !== undefined) expect(run.untilMs).to.be.at.least(run.atMs - 1000);
      }),
      { numRuns: 400, seed: 1 },
    );
  });

  it('nothing is allowed between now and the next run', () => {
    fc.assert(
      fc.property(
        question,
        fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 6 }),
        (asked, fractions) => {
          const { schedule, when } = ask(asked);
          const run = nextRun(schedule, when);
          const endMs = run?.atMs ?? when.nowMs + 400 * 86_400_000;
          const waits = [
            ...fractions.map((fraction) => when.nowMs + Math.floor((endMs - when.nowMs) * fraction)),
            when.nowMs,
            endMs - 1,
            endMs - 60_000,
          ];
          for (const atMs of waits.filter((sample) => sample >= when.nowMs && sample < endMs)) {
            expect(isAllowed(schedule, { ...when, nowMs: atMs }).allowed, new Date(atMs).toISOString()).to.equal(false);
          }
        },
      ),
      { numRuns: 400, seed: 2 },
    );
  });

  it('a run is followed by a later one', () => {
    fc.assert(
      fc.property(question, (asked) => {
        const { schedule, when } = ask(asked);
        const times = nextRuns(schedule, { ...when, lastMs: when.nowMs }, 5).map((run) => run.atMs);
        for (const [index, atMs] of times.entries()) expect(atMs).to.be.above(times[index - 1] ?? when.nowMs);
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  it('any text is parsed without throwing, and what is refused has a sentence for each fault', () => {
    const pieces = fc.array(
      fc.constantFrom(
        '*',
        ' ',
        '!',
        '~',
        '@',
        '10',
        ':',
        '-',
        ',',
        '%2',
        '+1',
        'mon',
        'feb',
        'last',
        '09:00',
        'cron:',
        '/',
        '[',
        ']',
        '"',
        '\n',
        'x',
        '0',
        '\u0000',
        'é',
      ),
      { maxLength: 14 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string({ unit: 'binary' }),
          pieces.map((list) => list.join('')),
        ),
        (text) => {
          const parsed = parseSchedule(text);
          if (parsed.ok) {
            expect(explainSchedule(text, { zone: 'UTC', atMs: 0, next: 1 })).to.not.have.length(0);
            return;
          }
          expect(parsed.faults).to.not.have.length(0);
          for (const fault of parsed.faults) expect(faultText(fault)).to.match(/\S/);
        },
      ),
      { numRuns: 1000, seed: 4 },
    );
  });
});
