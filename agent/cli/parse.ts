/** From argv to what the user asked: pure, driven by the verb table. */
import { parseArgs } from 'node:util';
import { nearestName } from '../config/nearest.ts';
import { SvcError } from '../errors.ts';
import { commonOptions, type OptionName, type OptionSpec, optionSpecs, type VerbName, type VerbSpec, verbs } from './verbs.ts';

export interface Invocation {
  readonly verb: VerbSpec & { readonly name: VerbName };
  /** Undefined: none was given. */
  readonly selector: string | undefined;
  readonly words: readonly string[];
  readonly values: Readonly<Partial<Record<OptionName, readonly string[]>>>;
  readonly switches: ReadonlySet<OptionName>;
}

/** What a command line turned out to be: a call, or a wish for help or the version. */
export type Parsed = { kind: 'call'; call: Invocation } | { kind: 'help'; verb: VerbSpec | undefined } | { kind: 'version' };

const parserOptions = Object.fromEntries(
  Object.entries(optionSpecs as Record<string, OptionSpec>).map(([name, spec]) => [
    name,
    {
      type: spec.value === undefined ? ('boolean' as const) : ('string' as const),
      multiple: true,
      ...(spec.short === undefined ? {} : { short: spec.short }),
    },
  ]),
);

/**
 * Parses a command line: `[-s SEL] VERB …`, `SELECTOR VERB …`, or a link named after the service.
 * @param invokedAs base name of the link used, undefined or `svcmgr` when called by its own name
 * @throws SvcError CONFIG for an unknown verb or option, with the nearest name
 */
export function parseCommandLine(argv: readonly string[], invokedAs?: string): Parsed {
  const { tokens } = parseArgs({ args: [...argv], options: parserOptions, strict: false, allowPositionals: true, tokens: true });
  const positionals = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []));
  const linked = invokedAs === undefined || invokedAs === 'svcmgr' ? undefined : invokedAs;
  const switches = new Set<OptionName>();
  const values: Partial<Record<OptionName, string[]>> = {};
  for (const token of tokens) if (token.kind === 'option') takeOption(token, switches, values);
  if (switches.has('version')) return { kind: 'version' };
  const given = values.service?.join(',') ?? linked;
  const found = findVerb(positionals, given);
  if (found === undefined) {
    if (switches.has('help') || positionals.length === 0) return { kind: 'help', verb: undefined };
    throw unknownVerb(given === undefined && positionals.length > 1 ? positionals.slice(0, 3) : positionals.slice(0, 2));
  }
  if (switches.has('help')) return { kind: 'help', verb: found.verb };
  checkOptions(found.verb, [...switches, ...(Object.keys(values) as OptionName[])]);
  if (found.words.length > 0 && found.verb.words === undefined) {
    throw new SvcError('CONFIG', `${found.verb.name} takes no "${found.words[0]}"`, { hint: `svcmgr ${found.verb.name} --help` });
  }
  return { kind: 'call', call: { verb: found.verb, selector: found.selector ?? given, words: found.words, values, switches } };
}

function takeOption(
  token: { name: string; rawName: string; value?: string | undefined },
  switches: Set<OptionName>,
  values: Partial<Record<OptionName, string[]>>,
): void {
  const spec = (optionSpecs as Record<string, OptionSpec>)[token.name];
  if (spec === undefined) {
    const nearest = nearestName(token.name, Object.keys(optionSpecs));
    throw new SvcError('CONFIG', `unknown option ${token.rawName}`, nearest === undefined ? {} : { hint: `did you mean --${nearest}?` });
  }
  const name = token.name as OptionName;
  if (spec.value === undefined) {
    if (token.value !== undefined) throw new SvcError('CONFIG', `${token.rawName} takes no value`);
    switches.add(name);
    return;
  }
  if (token.value === undefined) throw new SvcError('CONFIG', `${token.rawName} needs a value: ${spec.value}`);
  if (values[name] !== undefined && spec.multiple === undefined && name !== 'service') {
    throw new SvcError('CONFIG', `${token.rawName} is given twice`);
  }
  values[name] = [...(values[name] ?? []), token.value];
}

type FoundVerb = { verb: Invocation['verb']; selector: string | undefined; words: readonly string[] };

function findVerb(words: readonly string[], given: string | undefined): FoundVerb | undefined {
  const direct = verbAt(words, 0);
  if (direct !== undefined) return { verb: direct, selector: undefined, words: words.slice(direct.name.split(' ').length) };
  if (given !== undefined) return undefined;
  const second = verbAt(words, 1);
  if (second === undefined || second.services === 'none') return undefined;
  return { verb: second, selector: words[0], words: words.slice(1 + second.name.split(' ').length) };
}

/** The longest verb that begins at a word. */
function verbAt(words: readonly string[], at: number): Invocation['verb'] | undefined {
  const candidates = verbs.filter((verb) => verb.name.split(' ').every((word, index) => words[at + index] === word));
  return candidates.sort((a, b) => b.name.length - a.name.length)[0];
}

function unknownVerb(words: readonly string[]): SvcError {
  const names = verbs.map((verb) => verb.name);
  const tries = [words.slice(0, 2).join(' '), words[0] ?? '', words.slice(1, 3).join(' '), words[1] ?? ''].filter((text) => text !== '');
  const nearest = tries.map((text) => nearestName(text, names)).find((name) => name !== undefined);
  return new SvcError('CONFIG', `unknown verb: ${words.join(' ')}`, {
    hint: nearest === undefined ? 'svcmgr --help lists the verbs' : `did you mean "${nearest}"?`,
  });
}

function checkOptions(verb: VerbSpec, given: readonly OptionName[]): void {
  const allowed: readonly string[] = [...commonOptions, ...verb.options];
  const stray = given.find((name) => !allowed.includes(name));
  if (stray === undefined) return;
  const nearest = nearestName(stray, verb.options);
  throw new SvcError('CONFIG', `${verb.name} has no option --${stray}`, {
    hint: nearest === undefined ? `svcmgr ${verb.name} --help` : `did you mean --${nearest}?`,
  });
}
