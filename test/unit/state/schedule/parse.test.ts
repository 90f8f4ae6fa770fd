import { expect } from 'chai';
import { SvcError } from '../../../../agent/errors.ts';
import { faultText, parseSchedule, requireSchedule } from '../../../../agent/state/schedule/parse.ts';
import type { RangeMember, ScheduleFault } from '../../../../agent/state/schedule/model.ts';

function members(text: string | readonly string[]): readonly RangeMember[] {
  const parsed = parseSchedule(text);
  if (!parsed.ok) throw new Error(parsed.faults.map(faultText).join('; '));
  return parsed.schedule.members.filter((member) => member.kind === 'range');
}

function faults(text: string): readonly ScheduleFault[] {
  const parsed = parseSchedule(text);
  return parsed.ok ? [] : parsed.faults;
}

function warnings(text: string): readonly string[] {
  const parsed = parseSchedule(text);
  return parsed.ok ? parsed.warnings : ['bad'];
}

describe('schedule texts', () => {
  it('reads every field of a member', () => {
    expect(members('~04:00-06:00@121 mon-fri %2 nov-feb')).to.deep.equal([
      {
        kind: 'range',
        text: '~04:00-06:00@121 mon-fri %2 nov-feb',
        exclude: false,
        ranges: [{ beginS: 14_400, endS: 21_600, intervalMs: 7_260_000, random: true }],
        days: [{ weekdays: [1, 2, 3, 4, 5] }],
        weeks: Array.from({ length: 26 }, (_, index) => 2 * index + 2),
        months: [1, 2, 11, 12],
      },
    ]);
  });

  it('takes members one per line, as a JSON list or already split', () => {
    const texts = (source: string | readonly string[]): readonly string[] => members(source).map((member) => member.text);
    expect(texts('! * wed\n\n  10:00-11:00@10  \r\n@10')).to.deep.equal(['! * wed', '10:00-11:00@10', '@10']);
    expect(texts('["! * wed", "10:00-11:00@10"]')).to.deep.equal(['! * wed', '10:00-11:00@10']);
    expect(texts(['! * wed', '10:00'])).to.deep.equal(['! * wed', '10:00']);
  });

  it('takes intervals with and without units', () => {
    const interval = (text: string): number | undefined => members(text)[0]?.ranges[0]?.intervalMs;
    expect(interval('@10')).to.equal(600_000);
    expect(interval('@90s')).to.equal(90_000);
    expect(interval('*@1h30m')).to.equal(5_400_000);
    expect(interval('@2d')).to.equal(172_800_000);
    expect(interval('*@1w')).to.equal(604_800_000);
    expect(interval('*')).to.equal(undefined);
    for (const bad of ['@', '@x', '@1z', '@1m1', '@1.5h', '@-3', '@30m1h', '@999999999w']) expect(faults(bad), bad).to.have.length(1);
  });

  it('empty text and @0 mean never', () => {
    for (const text of ['', '   ', '\n\n', '@0', '[]', '[""]', '["@0"]']) expect(members(text), JSON.stringify(text)).to.deep.equal([]);
  });

  it('names are known in any case, short and long', () => {
    expect(members('* Monday,TUE * January,FEB')[0]).to.deep.include({ days: [{ weekdays: [1] }, { weekdays: [2] }], months: [1, 2] });
  });

  it('filters of the day of the month are days of the month', () => {
    expect(members('* *:%10')[0]?.days).to.deep.equal([{ weekdays: [1, 2, 3, 4, 5, 6, 7], monthDays: [10, 20, 30] }]);
  });

  it('an end of an exclusion is not excluded itself', () => {
    expect(members('!10:00-12:00')[0]?.ranges[0]).to.deep.include({ beginS: 36_000, endS: 43_199 });
    expect(members('!22:00-00:00')[0]?.ranges[0]).to.deep.include({ beginS: 79_200, endS: 86_399 });
    expect(members('! *')[0]?.ranges[0]).to.deep.include({ beginS: 0, endS: 86_399 });
  });
});

describe('faults of schedule texts', () => {
  it('tell the part, what is allowed and the nearest word', () => {
    expect(faults('* freday')).to.deep.equal([
      {
        member: 1,
        part: 'freday',
        text: "'freday' is not a day; allowed: mon..sun, monday..sunday or 1 (monday) to 7 (sunday)",
        nearest: 'friday',
      },
    ]);
    expect(faults('* * * junuary')[0]?.nearest).to.equal('january');
    expect(faults('* *:lsat')[0]?.nearest).to.equal('last');
    expect(faults('* xyzzy')[0]).to.not.have.property('nearest');
  });

  it('are all told at once, with their member', () => {
    expect(faults('["25:00 mon", "* * 54 foo", "10:00"]').map(({ member, part }) => [member, part])).to.deep.equal([
      [1, '25:00'],
      [2, '54'],
      [2, 'foo'],
    ]);
  });

  it('explain common slips', () => {
    const said = (text: string): string => faults(text).map(faultText).join('; ');
    expect(said('10:00 12:00')).to.contain('one per line');
    expect(said('* * * * *')).to.contain('cron:');
    expect(said('22:00-24:00')).to.contain('midnight is 00:00');
    expect(said('* -1')).to.contain('written :-1');
    expect(said('mon 10:00-11:00')).to.contain('the first field');
    expect(said('!')).to.contain('needs the times');
    expect(said('!10:00-11:00@10')).to.contain('exclusion');
    expect(said('!cron:0 0 * * *')).to.contain('exclusion');
    expect(said('* * * *%0')).to.contain('modulo of 0');
    expect(said('* * * mar%2')).to.contain('selects no month');
    expect(said('* mon%2')).to.contain('weeks and months');
    expect(said('[1, 2]')).to.contain('must be a string');
    expect(said('["10:00"')).to.contain('JSON list');
    expect(said('10:00,')).to.contain('empty time range');
  });

  it('refuse dates that never come, and only those', () => {
    for (const text of ['* *:30 * feb', '* *:31 * apr,jun', '* * 1 jul', 'cron:0 0 31 2 *'])
      expect(faults(text)[0]?.text, text).to.contain('never comes');
    for (const text of ['* *:29 * feb', '* fri:29 * feb', '* * 53 jan', '* *:-31', 'cron:0 0 31 2 mon'])
      expect(faults(text), text).to.deep.equal([]);
  });

  it('refuse texts without measure', () => {
    expect(faults(`* ${'mon,'.repeat(5000)}mon`)).to.have.length(1);
    expect(faults(`${'@10\n'.repeat(101)}`)).to.have.length(1);
  });

  it('make requireSchedule throw CONFIG with all of them', () => {
    try {
      requireSchedule('* freday\n25:00');
      expect.fail('must throw');
    } catch (error) {
      expect(error).to.be.instanceOf(SvcError);
      expect((error as SvcError).code).to.equal('CONFIG');
      expect((error as SvcError).message)
        .to.contain("did you mean 'friday'")
        .and.to.contain('25:00');
    }
  });
});

describe('warnings of schedule texts', () => {
  it('an exclusion that binds nothing', () => {
    expect(warnings('["*", "!10:00-12:00"]')[0]).to.contain('excludes nothing');
    expect(warnings('["!10:00-12:00", "*"]')).to.deep.equal([]);
    expect(warnings('!*')[0]).to.contain('never runs');
  });

  it("'~' with an interval shorter than its range, and a weekday with a day of the month", () => {
    expect(warnings('~09:00-10:00@15')[0]).to.contain("'~' has no effect");
    expect(warnings('~09:00-10:00@61')).to.deep.equal([]);
    expect(warnings('* fri:last')[0]).to.contain('when it is also');
    expect(warnings('* *:last')).to.deep.equal([]);
  });
});
