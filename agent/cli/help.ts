/** Help texts, made from the verb table. */
import { commonOptions, type OptionName, type OptionSpec, optionSpecs, type VerbSpec, verbs } from './verbs.ts';
import { catchAllWords } from '../state/selector-syntax.ts';

const groupTitles = {
  status: 'Look',
  actions: 'Act',
  configuration: 'Configuration',
  journal: 'Journal',
  node: 'This node',
} as const satisfies Record<VerbSpec['group'], string>;

/** The overview: every verb, a line each. */
export function renderHelp(version: string): string {
  const width = Math.max(...verbs.map((verb) => verb.name.length));
  const blocks = Object.entries(groupTitles).map(([group, title]) => {
    const lines = verbs.filter((verb) => verb.group === group).map((verb) => `  ${verb.name.padEnd(width)}  ${verb.summary}`);
    return `${title}\n${lines.join('\n')}`;
  });
  return [
    `svcmgr ${version}: drives services and the storage, addresses and applications they stand on`,
    '',
    'svcmgr [-s SELECTOR] VERB [options]    svcmgr SELECTOR VERB [options]    svcmgr VERB --help',
    `Selectors: names, globs, a,b (or), a+b (and), !a (not), env=PRD, avail=up; ${catchAllWords.join(', ')}`,
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
  return names.map((name) => {
    const spec: OptionSpec = optionSpecs[name];
    const short = spec.short === undefined ? '    ' : `-${spec.short}, `;
    const value = spec.value === undefined ? '' : ` ${spec.value}`;
    return `  ${short}${`--${name}${value}`.padEnd(22)} ${spec.text}`;
  });
}
