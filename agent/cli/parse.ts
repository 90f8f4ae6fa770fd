/** From argv to what the user asked: pure, driven by the verb table. */
import { SvcError } from '../errors.ts';
import { type Given, readOptions } from './options.ts';
import { noVerb, unknownOption, unknownVerb } from './unknown.ts';
import { commonOptions, type OptionName } from './option-specs.ts';
import { type VerbName, type VerbSpec, verbs } from './verbs.ts';

export interface Invocation {
  readonly verb: VerbSpec & { readonly name: VerbName };
  /** Undefined: none was given. */
  readonly selector: string | undefined;
  readonly words: readonly string[];
  readonly values: Readonly<Partial<Record<OptionName, readonly string[]>>>;
  readonly switches: ReadonlySet<OptionName>;
}

/** What a command line turned out to be: a call, or a wish for help (`head`: of the verbs that begin so) or the version. */
export type Parsed =
  | { readonly kind: 'call'; readonly call: Invocation }
  | { readonly kind: 'help'; readonly verb: VerbSpec | undefined; readonly head?: string }
  | { readonly kind: 'version' };

/**
 * Parses a command line: `[-s SEL] VERB …`, `SELECTOR VERB …`, or a link named after the service.
 * @param invokedAs base name of the link used, undefined or `svcmgr` when called by its own name
 * @throws SvcError CONFIG for an unknown verb or option, with the nearest name
 */
export function parseCommandLine(argv: readonly string[], invokedAs?: string): Parsed {
  const given = readOptions(argv);
  const { words, values, switches } = given;
  if (switches.has('version')) return { kind: 'version' };
  const linked = invokedAs === undefined || invokedAs === 'svcmgr' ? undefined : invokedAs;
  const selector = values.service?.join(',') ?? linked;
  if (words[0] === 'help') return helpOn(words.slice(1), selector);
  const found = findVerb(words, selector);
  if (found !== undefined) return switches.has('help') ? { kind: 'help', verb: found.verb } : callOf(found, given, selector);
  if (switches.has('help')) return helpOn(words, selector);
  if (words.length === 0 && selector === undefined && argv.length === 0) return { kind: 'help', verb: undefined };
  throw words.length === 0 ? noVerb(selector) : unknownVerb(words, selector);
}

function callOf(found: FoundVerb, { values, switches }: Given, selector: string | undefined): Parsed {
  const { verb, words } = found;
  const allowed: readonly string[] = [...commonOptions, ...verb.options];
  const stray = [...switches, ...(Object.keys(values) as OptionName[])].find((name) => !allowed.includes(name));
  if (stray !== undefined) throw unknownOption(verb, stray);
  if (words.length > 0 && verb.words === undefined) {
    throw new SvcError('CONFIG', `${verb.name} takes no word "${words[0]}"`, { hint: `svcmgr ${verb.name} --help` });
  }
  return { kind: 'call', call: { verb, selector: found.selector ?? selector, words, values, switches } };
}

/** `help start`, `start --help`, `print --help`, `svc1 --help`. */
function helpOn(words: readonly string[], selector: string | undefined): Parsed {
  const found = findVerb(words, selector);
  if (found !== undefined) return { kind: 'help', verb: found.verb };
  const head = words.find((word) => verbs.some((verb) => verb.name.startsWith(`${word} `)));
  return { kind: 'help', verb: undefined, ...(head === undefined ? {} : { head }) };
}

interface FoundVerb {
  readonly verb: Invocation['verb'];
  /** The selector before the verb. */
  readonly selector: string | undefined;
  readonly words: readonly string[];
}

function findVerb(words: readonly string[], selector: string | undefined): FoundVerb | undefined {
  const direct = verbAt(words, 0);
  if (direct !== undefined) return { verb: direct, selector: undefined, words: words.slice(direct.name.split(' ').length) };
  if (selector !== undefined) return undefined;
  const second = verbAt(words, 1);
  if (second === undefined || second.services === 'none') return undefined;
  return { verb: second, selector: words[0], words: words.slice(1 + second.name.split(' ').length) };
}

/** The longest verb that begins at a word. */
function verbAt(words: readonly string[], at: number): Invocation['verb'] | undefined {
  const candidates = verbs.filter((verb) => verb.name.split(' ').every((word, index) => words[at + index] === word));
  return candidates.sort((a, b) => b.name.length - a.name.length)[0];
}
