/** Which services a selector means (spec/cli.md "Selectors"). Pure. */
import { SvcError } from '../errors.ts';
import { type Candidate, holdsKeyword, holdsStatus } from './condition.ts';
import { globTest } from './glob.ts';
import { nearestNames } from '../nearest.ts';
import { type CatchAll, parseSelector, type Selector, type Term } from './selector-syntax.ts';

export type { Candidate, KeywordValue } from './condition.ts';

/**
 * The names of the services a selector matches, in the order of the candidates; empty when only globs or conditions found nothing.
 * @throws SvcError CONFIG for a faulty selector; NOT_FOUND for a plain name that no service has, wherever it stands: a typo in
 * `allservices+!prod1` must not select prod1
 */
export function selectServices(selector: string | Selector, candidates: readonly Candidate[]): readonly string[] {
  const groups = typeof selector === 'string' ? parseSelector(selector) : selector;
  const names = new Set(candidates.map((candidate) => candidate.name));
  for (const term of groups.flat()) if (term.kind === 'name' && !names.has(term.text)) throw unknownService(term, names);
  const tests = groups.map((terms) => terms.map((term) => ({ negated: term.negated, test: testOf(term) })));
  return candidates
    .filter((candidate) => tests.some((terms) => terms.every(({ negated, test }) => test(candidate) !== negated)))
    .map((candidate) => candidate.name);
}

function testOf(term: Term): (candidate: Candidate) => boolean {
  switch (term.kind) {
    case 'name':
      return (candidate) => candidate.name === term.text;
    case 'glob': {
      const test = globTest(term.text);
      return (candidate) => test(candidate.name);
    }
    case 'catchAll':
      return catchAllTests[term.word];
    case 'status':
      return (candidate) => holdsStatus(term.condition, candidate);
    case 'keyword':
      return (candidate) => holdsKeyword(term.condition, candidate);
  }
}

/** Up: available here. Down: nothing runs here but standby parts. A service in warn is neither: name it. */
const catchAllTests = {
  allservices: () => true,
  allupservices: (candidate) => candidate.status?.avail === 'up',
  alldownservices: (candidate) => ['down', 'stdby up', 'stdby down'].includes(String(candidate.status?.avail)),
  allprimaryservices: (candidate) => candidate.primary,
  allsecondaryservices: (candidate) => !candidate.primary,
} as const satisfies Record<CatchAll, (candidate: Candidate) => boolean>;

function unknownService(term: Term, names: ReadonlySet<string>): SvcError {
  const nearest = nearestNames(term.text, names);
  const hint = nearest.length > 0 ? `did you mean ${nearest.join(' or ')}?` : 'svcmgr ls lists the services';
  return new SvcError('NOT_FOUND', `no service is named ${term.text}`, { hint, facts: { name: term.text, nearest } });
}
