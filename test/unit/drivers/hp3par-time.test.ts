/** Times of an array: the same moment on our clock, or the honest word that it cannot be known. */
import { expect } from 'chai';
import { momentOf, parseArrayTime, parseShowdate, type TimeFacts } from '../../../drivers/lib/hp3par/array-time.ts';

const nowMs = Date.parse('2026-11-25T12:00:00Z');
const moment = (text: string, facts: Partial<TimeFacts> = {}) => {
  const ms = momentOf(parseArrayTime(text), { nowMs, ...facts });
  return ms === undefined ? undefined : new Date(ms).toISOString();
};

describe('hp3par: times', () => {
  it('are read by an abbreviation that means one offset', () => {
    expect(moment('2014-03-25 16:12:48 CET')).to.equal('2014-03-25T15:12:48.000Z');
    expect(moment('2014-07-25 16:12:48 CEST')).to.equal('2014-07-25T14:12:48.000Z');
    expect(moment('2014-03-25 16:12:48 UTC')).to.equal('2014-03-25T16:12:48.000Z');
    expect(moment('2014-03-25 16:12:48 -03')).to.equal('2014-03-25T19:12:48.000Z');
    expect(moment('2014-03-25 16:12:48 +0530')).to.equal('2014-03-25T10:42:48.000Z');
  });

  it('are not guessed from one that means several, or from none', () => {
    for (const word of ['IST', 'CST', 'EST', 'BST', 'AST', 'XYZ']) expect(moment(`2014-03-25 16:12:48 ${word}`), word).to.equal(undefined);
    expect(moment('2014-03-25 16:12:48')).to.equal(undefined);
  });

  it('are known by the zone that the administrator gives, or the array shows', () => {
    expect(moment('2026-07-27 18:50:42 IST', { zone: 'Asia/Kolkata' })).to.equal('2026-07-27T13:20:42.000Z');
    expect(moment('2026-07-27 18:50:42 IST', { zone: 'Asia/Jerusalem' })).to.equal('2026-07-27T15:50:42.000Z');
    expect(moment('2026-07-27 18:50:42 IST', { zone: 'Europe/Dublin' })).to.equal('2026-07-27T17:50:42.000Z');
  });

  it('are as old as the clock of the array says, however wrong it is', () => {
    const clock = parseShowdate('Node,Date\n0,2020-01-01 10:00:00 IST (Asia/Kolkata)\n1,2020-01-01 10:00:00 IST (Asia/Kolkata)\n', nowMs);
    expect(clock.zone).to.equal('Asia/Kolkata');
    expect(moment('2020-01-01 09:58:00 IST', { clock })).to.equal('2026-11-25T11:58:00.000Z');
    const nameless = parseShowdate('0 2020-01-01 10:00:00 XYZ\n', nowMs);
    expect(nameless.zone).to.equal(undefined);
    expect(moment('2020-01-01 09:58:00 XYZ', { clock: nameless }), 'no zone is needed for a difference').to.equal(
      '2026-11-25T11:58:00.000Z',
    );
  });

  it('are right across the change of a season, and rather too old in the hour that comes twice', () => {
    const clock = parseShowdate('0 2026-11-25 13:00:00 CET (Europe/Paris)', nowMs);
    expect(moment('2026-10-24 13:00:00 CEST', { clock })).to.equal('2026-10-24T11:00:00.000Z');
    expect(moment('2026-10-25 02:30:00 CEST', { zone: 'Europe/Paris' })).to.equal('2026-10-25T00:30:00.000Z');
    expect(moment('2026-10-25 02:30:00 CET', { zone: 'Europe/Paris' }), 'the earlier of the two').to.equal('2026-10-25T00:30:00.000Z');
  });

  it('that are none are refused with their text', () => {
    for (const text of ['', 'NA', 'yesterday', '2026-02-30 10:00:00 CET', '2026-11-25 10:00 CET', '25/11/2026 10:00:00']) {
      expect(() => parseArrayTime(text), text).to.throw(/what is not understood/);
    }
    for (const text of ['', 'Node,Date\n', 'Error: no\n', '0,soon\n'])
      expect(() => parseShowdate(text, nowMs), text).to.throw(/what is not understood/);
  });
});
