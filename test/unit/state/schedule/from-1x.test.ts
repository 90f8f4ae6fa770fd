import { expect } from 'chai';
import { from1x } from '../../../../agent/state/schedule/from-1x.ts';

describe('schedules of the 1.x form', () => {
  it('defaults: 03:59-05:59, every day, 121 minutes', () => {
    const parsed = from1x({});
    expect(parsed.ok ? parsed.schedule.members : []).to.deep.include.members([
      {
        kind: 'range',
        text: '{}',
        exclude: false,
        ranges: [{ beginS: 14_340, endS: 21_599, intervalMs: 7_260_000, random: false }],
        days: 'all',
        weeks: 'all',
        months: 'all',
      },
    ]);
  });

  it('sync_interval comes before sync_max_delay, which comes before the default', () => {
    const interval = (params: object): unknown => {
      const parsed = from1x(params);
      const member = parsed.ok ? parsed.schedule.members[0] : undefined;
      return member?.kind === 'range' ? member.ranges[0]?.intervalMs : parsed;
    };
    expect(interval({ sync_max_delay: 30 })).to.equal(1_800_000);
    expect(interval({ sync_max_delay: 30, sync_interval: 10 })).to.equal(600_000);
    expect(interval({ sync_interval: '15' })).to.equal(900_000);
  });

  it('what never runs is said', () => {
    const warned = (params: object): readonly string[] => {
      const parsed = from1x(params);
      return parsed.ok ? parsed.warnings : [];
    };
    expect(warned({ sync_days: [] })[0]).to.contain('never');
    expect(warned({ sync_interval: 0 })[0]).to.contain('never');
  });

  it('anything else is a fault, never an exception', () => {
    for (const params of [
      { sync_period: 'x' },
      { sync_period: ['25:00', '26:00'] },
      { sync_period: [['03:00', '04:00'], '05:00'] },
      { sync_period: [null, undefined] },
      { sync_days: 'monday' },
      { sync_days: ['funday'] },
      { sync_days: [7] },
      { sync_interval: -1 },
      { sync_interval: 'often' },
      { sync_max_delay: 1.5 },
    ]) {
      const parsed = from1x(params);
      expect(parsed.ok, JSON.stringify(params)).to.equal(false);
      expect(parsed.ok ? 1 : parsed.faults.length).to.be.greaterThan(0);
    }
  });
});
