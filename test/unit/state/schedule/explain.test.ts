import { expect } from 'chai';
import { explainData, explainSchedule } from '../../../../agent/state/schedule/explain.ts';

const atMs = Date.parse('2027-03-27T12:00:00Z');
const lines = (text: string, next = 0): readonly string[] => explainSchedule(text, { atMs, zone: 'Europe/Paris', next });

describe('explained schedules', () => {
  it('say what the schedule means, whether it may run and why not, and when it runs next', () => {
    expect(lines('["! * wed", "04:00-06:00@121 mon-fri"]', 2)).to.deep.equal([
      '! * wed: not at any time, on wednesday, whatever the members after this one say',
      '04:00-06:00@121 mon-fri: once between 04:00 and 06:00, 2 hours 1 minute apart at least; on monday to friday',
      'times are local time of Europe/Paris',
      'at 2027-03-27 13:00:00 +01:00: may not run: not in allowed days: saturday 27 march is not monday to friday',
      'next runs:',
      '  2027-03-29 04:00:00 +02:00 monday, until 06:00:00',
      '  2027-03-30 04:00:00 +02:00 tuesday, until 06:00:00',
    ]);
  });

  it('have a sentence for every form', () => {
    const meaning = (text: string): string | undefined => explainData(text, { zone: 'UTC' }).members[0]?.meaning;
    expect(meaning('@10')).to.equal('every 10 minutes; every day');
    expect(meaning('*')).to.equal('once a day; every day');
    expect(meaning('09:00')).to.equal('at 09:00; every day');
    expect(meaning('*@0')).to.equal('never (interval 0); every day');
    expect(meaning('~22:00-02:00')).to.equal('once between 22:00 and 02:00 of the next day, at a random instant; every day');
    expect(meaning('09:00-10:00@15,14:00 *:last 1-9 nov-feb')).to.equal(
      'every 15 minutes between 09:00 and 10:00; at 14:00; on the last day of the month, in ISO week 1 to 9, in january, february, november, december',
    );
    expect(meaning('* fri:-2,mon')).to.equal('once a day; on the 2nd last day of the month when it is friday, or monday');
    expect(meaning('cron:30 2 1,15 * fri')).to.equal('at 02:30, on the 1st, 15th of the month, or friday');
    expect(meaning('cron:*/15 * * * *')).to.equal('at minute 0, 15, 30, 45 of every hour, every day');
    expect(meaning('cron:* 8-18 * 1 *')).to.equal('at every minute of hour 8 to 18, every day, in january');
  });

  it('tell the faults of a bad expression', () => {
    expect(lines('* freday')).to.deep.equal([
      "'* freday' is not a schedule:",
      "  member 1: 'freday' is not a day; allowed: mon..sun, monday..sunday or 1 (monday) to 7 (sunday); did you mean 'friday'?",
    ]);
    expect(explainData('* freday', { zone: 'UTC' })).to.deep.include({ valid: false, members: [], next: [] });
  });

  it('tell warnings, an empty schedule and the absence of runs', () => {
    expect(lines('["*","!10:00-12:00"]').filter((line) => line.startsWith('warning: '))).to.have.length(1);
    expect(lines('@0', 3)).to.deep.equal([
      'never: the schedule is empty',
      'times are local time of Europe/Paris',
      'at 2027-03-27 13:00:00 +01:00: may not run: no schedule: it never runs',
      'next runs: none',
    ]);
  });

  it('use the last run', () => {
    const told = explainData('@10', { atMs, lastMs: atMs - 60_000, zone: 'UTC', next: 1 });
    expect(told.at).to.deep.include({ allowed: false });
    expect(told.next).to.deep.equal([
      { at: '2027-03-27 12:09:00 +00:00', weekday: 'saturday', until: '2027-03-27 23:59:59 +00:00', member: '@10' },
    ]);
  });

  it('do not pretend to know the instant that ~ draws, unless the dice are given', () => {
    expect(lines('~00:00-06:00', 1).at(-1)).to.equal('  2027-03-28 00:00:00 +01:00 sunday, until 06:00:00, at a random instant');
    const drawn = explainSchedule('~00:00-06:00', { atMs, zone: 'Europe/Paris', next: 1, random: () => 0.5 });
    expect(drawn.at(-1)).to.equal('  2027-03-28 03:29:59 +02:00 sunday, until 06:00:00');
  });

  it('without an instant tell the meaning only', () => {
    expect(explainSchedule('09:00', { zone: 'UTC' })).to.deep.equal(['09:00: at 09:00; every day', 'times are local time of UTC']);
  });
});
