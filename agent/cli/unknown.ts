/** What to say when a command line names no verb, an unknown one, or an option the verb has not. */
import { nearestName } from '../nearest.ts';
import { SvcError } from '../errors.ts';
import type { OptionName } from './option-specs.ts';
import { type VerbSpec, verbs } from './verbs.ts';

const names = verbs.map((verb) => verb.name);

/** Options or a selector, and nothing to do. */
export function noVerb(selector: string | undefined): SvcError {
  return new SvcError('CONFIG', 'which verb?', {
    hint: selector === undefined ? 'svcmgr --help lists the verbs' : `svcmgr -s ${selector} print status; svcmgr --help lists the verbs`,
  });
}

/** @param words everything that is no option: `prnt status`, `svc1 strat`, `svc1` */
export function unknownVerb(words: readonly string[], selector: string | undefined): SvcError {
  const tries = selector === undefined ? [words, words.slice(1)] : [words];
  const heads = tries.map((rest) => rest[0] ?? '');
  const open = heads.find((head) => names.some((name) => name.startsWith(`${head} `)));
  const rest = tries[open === undefined ? 0 : heads.indexOf(open)] ?? words;
  const nearest = open !== undefined && rest.length === 1 ? undefined : tries.map(nearestVerb).find((name) => name !== undefined);
  const shown = words.slice(0, selector === undefined ? 3 : 2).join(' ');
  return new SvcError('CONFIG', `unknown verb: ${shown}`, { hint: hintFor(words, selector, open, nearest) });
}

function hintFor(words: readonly string[], selector: string | undefined, open: string | undefined, nearest: string | undefined): string {
  if (nearest !== undefined) return `did you mean "${nearest}"?`;
  if (open !== undefined) return `one of: ${names.filter((name) => name.startsWith(`${open} `)).join(', ')}`;
  const [word = ''] = words;
  // One word may well be a service, whose verb was left out.
  return words.length === 1 && selector === undefined
    ? `a service needs a verb: svcmgr ${word} print status; svcmgr --help lists the verbs`
    : 'svcmgr --help lists the verbs';
}

/** The verb that was meant: its last word alone (`status`), or nearly its name. */
function nearestVerb(words: readonly string[]): string | undefined {
  const [first = '', second] = words;
  const byTail = names.find((name) => name.endsWith(` ${first}`));
  if (byTail !== undefined) return byTail;
  return (second === undefined ? undefined : nearestName(`${first} ${second}`, names)) ?? nearestName(first, names);
}

/** An option that exists, but not for this verb. */
export function unknownOption(verb: VerbSpec, stray: OptionName): SvcError {
  const nearest = nearestName(stray, verb.options);
  return new SvcError('CONFIG', `${verb.name} has no option --${stray}`, {
    hint: nearest === undefined ? `svcmgr ${verb.name} --help` : `did you mean --${nearest}?`,
  });
}
