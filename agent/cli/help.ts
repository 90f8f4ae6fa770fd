/** Help texts, made from the verb table; they fit into 80 columns. */
import { catchAllWords } from '../state/selector-syntax.ts';
import { wrap } from './render/wrap.ts';
import { commonOptions, type OptionName, type OptionSpec, optionSpecs } from './option-specs.ts';
import { type VerbSpec, verbs } from './verbs.ts';

const columns = 79;

const groupTitles = {
  status: 'Look',
  actions: 'Act',
  configuration: 'Configuration',
  journal: 'Journal',
  node: 'This node',
} as const satisfies Record<VerbSpec['group'], string>;

/** The overview: every verb, a line each; with `head`, those that begin with this word. */
export function renderHelp(version: string, head?: string): string {
  const shown: readonly VerbSpec[] = verbs.filter((verb) => head === undefined || verb.name.startsWith(`${head} `));
  const width = Math.max(...shown.map((verb) => verb.name.length));
  const blocks = Object.entries(groupTitles).flatMap(([group, title]) => {
    const lines = shown.filter((verb) => verb.group === group).map((verb) => `  ${verb.name.padEnd(width)}  ${verb.summary}`);
    return lines.length === 0 ? [] : [`${title}\n${lines.join('\n')}`];
  });
  return [
    `svcmgr ${version}: drives services and what they stand on`,
    '',
    '  svcmgr [-s SELECTOR] VERB [options]',
    '  svcmgr SELECTOR VERB [options]',
    '  svcmgr VERB --help',
    '',
    ...hanging('SELECTOR  ', `names, globs, a,b (or), a+b (and), !a (not), env=PRD, avail=up, ${catchAllWords.join(', ')}`),
    '',
    blocks.join('\n\n'),
    '',
  ].join('\n');
}

/** One verb: what it does, its options, an example. */
export function renderVerbHelp(verb: VerbSpec): string {
  const words = verb.words === undefined ? '' : ` ${verb.words}`;
  const selector = verb.services === 'none' ? '' : ' [-s SELECTOR]';
  return [
    `svcmgr${selector} ${verb.name}${words} [options]`,
    `  ${verb.summary}`,
    '',
    'Options',
    ...optionLines(verb.options as readonly OptionName[]),
    ...optionLines(verb.services === 'none' ? commonOptions.slice(1) : commonOptions),
    '',
    'Example',
    `  ${verb.example}`,
    '',
  ].join('\n');
}

function optionLines(names: readonly OptionName[]): string[] {
  return names.flatMap((name) => {
    const spec: OptionSpec = optionSpecs[name];
    const short = spec.short === undefined ? '    ' : `-${spec.short}, `;
    const value = spec.value === undefined ? '' : ` ${spec.value}`;
    return hanging(`  ${short}${`--${name}${value}`.padEnd(20)} `, spec.text);
  });
}

/** Text behind a title, its later lines below its first. */
function hanging(title: string, text: string): string[] {
  return wrap(text, columns - title.length).map((line, at) => (at === 0 ? title : ' '.repeat(title.length)) + line);
}
