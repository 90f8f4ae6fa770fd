import { expect } from 'chai';
import fc from 'fast-check';
import {
  isDown,
  isStarted,
  isUp,
  type Merged,
  merge,
  mergeAll,
  mergedStatus,
  settle,
  type Status,
  standbyOf,
  statuses,
} from '../../../agent/state/status.ts';

const all: readonly Merged[] = [...statuses, 'stdby up with up', 'stdby up with down'];
const anyMerged = fc.constantFrom(...all);

/** Every cell, written a second time by hand: rows and columns in the order of `all`. */
const cells: Readonly<Record<Merged, string>> = {
  //                    up   down  warn  n/a  undef  su    sd    suu   sud
  up: '                 up   warn  warn  up   warn   suu   warn  suu   warn',
  down: '               warn down  warn  down warn   sud   sd    warn  sud',
  warn: '               warn warn  warn  warn warn   warn  warn  warn  warn',
  'n/a': '              up   down  warn  n/a  undef  su    sd    suu   sud',
  undef: '              warn warn  warn  undef undef warn  warn  warn  warn',
  'stdby up': '         suu  sud   warn  su   warn   su    warn  suu   sud',
  'stdby down': '       warn sd    warn  sd   warn   warn  sd    warn  warn',
  'stdby up with up': ' suu  warn  warn  suu  warn   suu   warn  suu   warn',
  'stdby up with down': 'warn sud  warn  sud  warn   sud   warn  warn  sud',
};
const short: Readonly<Record<string, Merged>> = { su: 'stdby up', sd: 'stdby down', suu: 'stdby up with up', sud: 'stdby up with down' };

describe('status merge', () => {
  for (const a of all) {
    it(`merges ${a} with every other`, () => {
      const expected = cells[a]
        .trim()
        .split(/\s+/)
        .map((word) => short[word] ?? word);
      expect(all.map((b) => merge(a, b))).to.deep.equal(expected);
    });
  }

  it('is commutative', () => {
    for (const a of all) for (const b of all) expect(merge(a, b), `${a} ${b}`).to.equal(merge(b, a));
  });

  it('is associative, so that no order of resources changes the result', () => {
    for (const a of all)
      for (const b of all) for (const c of all) expect(merge(merge(a, b), c), `${a} ${b} ${c}`).to.equal(merge(a, merge(b, c)));
  });

  it('gives the same for any order of any list', () => {
    fc.assert(
      fc.property(
        fc.array(anyMerged).chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        ([list, shuffled]) => {
          expect(mergeAll(shuffled)).to.equal(mergeAll(list));
        },
      ),
    );
  });

  it('never hides an undef', () => {
    fc.assert(
      fc.property(fc.array(anyMerged), fc.nat(), (list, at) => {
        const total = mergedStatus([...list.slice(0, at), 'undef', ...list.slice(at)]);
        const alone = list.every((status) => status === 'undef' || status === 'n/a');
        expect(total).to.equal(alone ? 'undef' : 'warn');
      }),
    );
  });

  it('is n/a for nothing', () => {
    expect(mergedStatus([])).to.equal('n/a');
  });

  it('ends the two composites as up and stdby up', () => {
    expect(settle('stdby up with up')).to.equal('up');
    expect(settle('stdby up with down')).to.equal('stdby up');
    for (const status of statuses) expect(settle(status)).to.equal(status);
  });
});

describe('status forms', () => {
  it('shows up and down of a standby resource as their standby forms, once', () => {
    const shown = (standby: boolean) => statuses.map((status) => standbyOf(status, standby));
    expect(shown(true)).to.deep.equal(['stdby up', 'stdby down', 'warn', 'n/a', 'undef', 'stdby up', 'stdby down']);
    expect(shown(false)).to.deep.equal(statuses);
  });

  it('knows what is up, down, and good enough after a start', () => {
    const named = (test: (status: Status) => boolean) => statuses.filter(test);
    expect(named(isUp)).to.deep.equal(['up', 'stdby up']);
    expect(named(isDown)).to.deep.equal(['down', 'stdby down']);
    expect(named(isStarted)).to.deep.equal(['up', 'warn', 'n/a', 'stdby up']);
  });
});
