import { expect } from 'chai';
import { dayNumberOf, dayOf, isoWeekOf } from '../../../../agent/state/schedule/calendar.ts';
import { localDayOf, localText, openZone } from '../../../../agent/state/schedule/zone.ts';

describe('zones', () => {
  it('know offsets, whole hours or not, before and after a change', () => {
    const offset = (zone: string, at: string): number => openZone(zone).offsetAtMs(Date.parse(at)) / 60_000;
    expect(offset('UTC', '2027-07-01T00:00:00Z')).to.equal(0);
    expect(offset('Europe/Paris', '2027-03-28T00:59:59.999Z')).to.equal(60);
    expect(offset('Europe/Paris', '2027-03-28T01:00:00Z')).to.equal(120);
    expect(offset('Asia/Kolkata', '2027-07-01T00:00:00Z')).to.equal(330);
    expect(offset('Australia/Lord_Howe', '2027-07-01T00:00:00Z')).to.equal(630);
    expect(offset('America/New_York', '1800-01-01T00:00:00Z')).to.be.closeTo(-296, 1);
  });

  it('list regimes without holes', () => {
    const regimes = openZone('Australia/Lord_Howe').regimes(dayNumberOf(2026, 1, 1), dayNumberOf(2027, 1, 1));
    expect(regimes.map((regime) => regime.offsetMs / 60_000)).to.deep.equal([660, 630, 660]);
    expect(regimes[0]?.toMs).to.equal(regimes[1]?.fromMs);
    expect(regimes[1]?.toMs).to.equal(regimes[2]?.fromMs);
    expect(new Date(regimes[1]?.toMs ?? 0).toISOString()).to.equal('2026-10-03T15:30:00.000Z');
  });

  it('write local time with its offset', () => {
    expect(localText(openZone('America/New_York'), Date.parse('2027-01-01T04:30:15.9Z'))).to.equal('2026-12-31 23:30:15 -05:00');
    expect(localText(openZone('Asia/Kolkata'), 0)).to.equal('1970-01-01 05:30:00 +05:30');
    expect(localDayOf(openZone('America/New_York'), Date.parse('2027-01-01T04:30:00Z'))).to.equal(dayNumberOf(2026, 12, 31));
  });

  it('refuse unknown names', () => {
    expect(() => openZone('Mars/Olympus'))
      .to.throw()
      .with.property('code', 'CONFIG');
  });
});

describe('calendar', () => {
  it('dates, weekdays and month lengths', () => {
    expect(dayOf(0)).to.deep.equal({ number: 0, year: 1970, month: 1, date: 1, weekday: 4, monthLength: 31 });
    expect(dayOf(-1)).to.deep.include({ year: 1969, month: 12, date: 31, weekday: 3 });
    expect(dayOf(dayNumberOf(2028, 2, 29))).to.deep.include({ month: 2, date: 29, weekday: 2, monthLength: 29 });
    expect(dayOf(dayNumberOf(2100, 2, 1)).monthLength).to.equal(28);
  });

  it('ISO weeks at the turn of the year', () => {
    const week = (year: number, month: number, date: number): number => isoWeekOf(dayOf(dayNumberOf(year, month, date)));
    expect(week(2026, 12, 31)).to.equal(53);
    expect(week(2027, 1, 3)).to.equal(53);
    expect(week(2027, 1, 4)).to.equal(1);
    expect(week(2024, 12, 30)).to.equal(1);
    expect(week(2015, 2, 27)).to.equal(9);
  });
});
