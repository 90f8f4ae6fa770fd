/** The options of a command line, checked against the table: known, with their values, given once unless they repeat. */
import { parseArgs } from 'node:util';
import { nearestName } from '../nearest.ts';
import { SvcError } from '../errors.ts';
import { type OptionName, type OptionSpec, optionSpecs } from './option-specs.ts';

export interface Given {
  /** Everything that is no option, in order. */
  readonly words: readonly string[];
  readonly values: Readonly<Partial<Record<OptionName, readonly string[]>>>;
  readonly switches: ReadonlySet<OptionName>;
}

interface OptionToken {
  readonly name: string;
  /** As written: `-s`, `--service`. */
  readonly rawName: string;
  readonly value?: string | undefined;
  /** `--name=value`, or `-svalue`. */
  readonly inlineValue?: boolean | undefined;
}

const table = optionSpecs as Readonly<Record<string, OptionSpec>>;

const parserOptions = Object.fromEntries(
  Object.entries(table).map(([name, spec]) => [
    name,
    {
      type: spec.value === undefined ? ('boolean' as const) : ('string' as const),
      multiple: true,
      ...(spec.short === undefined ? {} : { short: spec.short }),
    },
  ]),
);

/** Reads options anywhere on the line, up to `--`. @throws SvcError CONFIG for an unknown one, or a missing or stray value */
export function readOptions(argv: readonly string[]): Given {
  const { tokens } = parseArgs({ args: [...argv], options: parserOptions, strict: false, allowPositionals: true, tokens: true });
  const switches = new Set<OptionName>();
  const values: Partial<Record<OptionName, string[]>> = {};
  for (const token of tokens) if (token.kind === 'option') takeOption(token, switches, values);
  return { words: tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : [])), values, switches };
}

function takeOption(token: OptionToken, switches: Set<OptionName>, values: Partial<Record<OptionName, string[]>>): void {
  const spec = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
  if (spec === undefined) throw noSuchOption(token);
  const name = token.name as OptionName;
  if (spec.value === undefined) {
    if (token.value !== undefined) throw new SvcError('CONFIG', `${token.rawName} takes no value`);
    switches.add(name);
    return;
  }
  const value = readValue(token, spec);
  const before = values[name];
  if (before !== undefined && spec.multiple !== true && name !== 'service') {
    throw new SvcError('CONFIG', `${token.rawName} is given twice: ${before[0]} and ${value}`);
  }
  values[name] = [...(before ?? []), value];
}

/**
 * The value of an option. What begins with a dash is not taken for one unless joined by `=`: in `start --rid --dry-run` the
 * operator forgot the rid, and must not get a real start of nothing they named.
 */
function readValue({ rawName, value, inlineValue }: OptionToken, spec: OptionSpec): string {
  const short = !rawName.startsWith('--');
  const text = short && inlineValue === true ? value?.replace(/^=/, '') : value;
  if (text === undefined || text === '') throw new SvcError('CONFIG', `${rawName} needs a value: ${spec.value}`);
  if (inlineValue !== true && /^-./.test(text)) {
    throw new SvcError('CONFIG', `${rawName} needs a value: ${spec.value}; ${text} looks like an option`, {
      hint: `when it is meant: ${short ? `${rawName}${text}` : `${rawName}=${text}`}`,
    });
  }
  if (spec.choices !== undefined && !spec.choices.includes(text)) {
    const nearest = nearestName(text, spec.choices);
    const hint = nearest === undefined ? `one of ${spec.choices.join(', ')}` : `did you mean ${nearest}? one of ${spec.choices.join(', ')}`;
    throw new SvcError('CONFIG', `unknown ${rawName.replace(/^-+/, '')} ${text}`, { hint });
  }
  return text;
}

function noSuchOption({ name, rawName }: OptionToken): SvcError {
  const nearest = rawName.startsWith('--') ? nearestName(name, Object.keys(table)) : undefined;
  return new SvcError('CONFIG', `unknown option ${rawName}`, {
    hint: nearest === undefined ? 'svcmgr VERB --help lists the options' : `did you mean --${nearest}?`,
  });
}
