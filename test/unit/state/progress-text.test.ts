import { expect } from 'chai';
import { createMeter, progressText } from '../../../agent/state/progress-text.ts';

describe('unit: state: progress of long work', () => {
  const text = (done: number, total?: number, perSecond?: number, unit = 'bytes') => progressText({ done, total, unit, perSecond });

  it('says bytes, percent, rate and the time that is left, as far as they are known', () => {
    expect(text(1_234_567_890, 3_400_000_000, 45_000_000)).to.equal('1.2 GB of 3.4 GB (36 %), 45.0 MB/s, 48s left');
    expect(text(1_234_567_890, undefined, 45_000_000)).to.equal('1.2 GB, 45.0 MB/s');
    expect(text(12, 0, undefined)).to.equal('12 B');
    expect(text(3, 3, 1)).to.equal('3 B of 3 B (100 %), 1 B/s');
    expect(text(3, 12, 0.5, 'files')).to.equal('3 of 12 files (25 %), 1 files/s, 18s left');
    expect(text(5, 4, undefined)).to.equal('5 B of 4 B (100 %)');
    expect(text(3, 12, 0)).to.equal('3 B of 12 B (25 %)');
    expect([text(46.6, 100, undefined, '%'), text(50, 100, 2, '%')]).to.deep.equal(['47 %', '50 %, 25s left']);
  });

  it('never shows a number of four digits', () => {
    expect([999, 1000, 99_949, 99_951, 999_499, 999_501].map((done) => text(done))).to.deep.equal([
      '999 B',
      '1.0 kB',
      '99.9 kB',
      '100 kB',
      '999 kB',
      '1.0 MB',
    ]);
  });

  it('measures the last ten seconds, and anew when the work begins again', () => {
    const meter = createMeter();
    expect(meter(0, 0)).to.equal(undefined);
    expect(meter(1000, 1000)).to.equal(1000);
    for (let second = 2; second <= 30; second += 1) meter(1000 + second * 10, second * 1000);
    expect(meter(1310, 31_000), 'the quick beginning is forgotten').to.equal(10);
    expect(meter(0, 32_000)).to.equal(undefined);
    expect(meter(500, 33_000)).to.equal(500);
  });
});
