/** Where a service goes from where it is: the whole table. */
import { expect } from 'chai';
import fc from 'fast-check';
import type { PeerState } from '../../../agent/state/readiness.ts';
import { planRelocation, type RelocatePlan } from '../../../agent/state/relocate-plan.ts';

type State = PeerState['state'];
const states = ['up', 'starting', 'down', 'unknown', 'unreachable'] as const satisfies readonly State[];
const nodesOf = (...given: readonly State[]): readonly PeerState[] =>
  given.map((state, at) => ({ node: `n${at + 1}`, state, text: `it is ${state}` }));
const plan = (given: readonly State[], to?: string): RelocatePlan => planRelocation({ service: 'svc1', nodes: nodesOf(...given), to });
const shown = (given: readonly State[], to?: string): string => {
  const one = plan(given, to);
  if (one.kind === 'there') return `there ${one.node}`;
  const allows = one.blockers.map(({ allow }) => allow ?? 'fixed').join(',');
  return one.kind === 'move' ? `${one.from ?? '-'} > ${one.to}${allows === '' ? '' : ` if ${allows}`}` : `refused ${allows}`;
};

describe('unit: state: where a service goes', () => {
  const table: readonly (readonly [readonly State[], string | undefined, string])[] = [
    [['up', 'down'], undefined, 'n1 > n2'],
    [['down', 'up'], undefined, 'n2 > n1'],
    [['up', 'down'], 'n2', 'n1 > n2'],
    [['up', 'down'], 'n1', 'there n1'],
    [['starting', 'down'], 'n1', 'there n1'],
    [['starting', 'down'], 'n2', 'n1 > n2'],
    [['down', 'down'], undefined, 'refused fixed'],
    [['down', 'down'], 'n2', '- > n2'],
    [['up', 'unreachable'], undefined, 'refused fixed'],
    [['up', 'unknown'], 'n2', 'refused fixed'],
    [['unreachable', 'down'], undefined, 'refused fixed'],
    [['unreachable', 'down'], 'n2', '- > n2 if peer-unreachable'],
    [['unknown', 'down'], 'n2', '- > n2 if peer-unreachable'],
    [['up', 'up'], 'n2', 'refused fixed'],
    [['up', 'starting'], undefined, 'refused fixed'],
    [['up'], undefined, 'refused fixed'],
    [['up', 'unreachable', 'down'], undefined, 'n1 > n3 if peer-unreachable'],
    [['up', 'down', 'unknown'], undefined, 'n1 > n2 if peer-unreachable'],
    [['down', 'up', 'down'], undefined, 'n2 > n1'],
  ];
  for (const [given, to, expected] of table) {
    it(`${given.join(' ')}${to === undefined ? '' : ` to ${to}`}: ${expected}`, () => {
      expect(shown(given, to)).to.equal(expected);
    });
  }

  it('says what else is to be done', () => {
    const mends = (given: readonly State[], to?: string) => {
      const one = plan(given, to);
      return one.kind === 'there' ? [] : one.blockers.map(({ mend }) => mend);
    };
    expect(mends(['down', 'down'])).to.deep.equal(['svcmgr -s svc1 switch --to NODE']);
    expect(mends(['unreachable', 'down'])).to.deep.equal(['svcmgr -s svc1 takeover, on the node that shall have it']);
    expect(mends(['up', 'unreachable'], 'n2')).to.deep.equal(['svcmgr node ping n2']);
  });

  it('never moves to or past a node that cannot be told, nor from two, whatever the states', () => {
    const given = fc.array(fc.constantFrom(...states), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(given, fc.option(fc.nat({ max: 4 }), { nil: undefined }), (list, wish) => {
        const one = plan(list, wish === undefined ? undefined : `n${(wish % list.length) + 1}`);
        const nodes = nodesOf(...list);
        const holders = nodes.filter(({ state }) => state === 'up' || state === 'starting');
        if (one.kind !== 'move') return;
        expect(nodes.find(({ node }) => node === one.to)?.state).to.equal('down');
        expect(holders.map(({ node }) => node)).to.deep.equal(one.from === undefined ? [] : [one.from]);
        const dark = nodes.filter(({ state }) => state === 'unknown' || state === 'unreachable');
        expect(one.blockers.map(({ allow }) => allow)).to.deep.equal(dark.map(() => 'peer-unreachable'));
      }),
    );
  });
});
