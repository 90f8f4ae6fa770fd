/** The completion script of fish. It reads service files and starts no program of ours. */
import { commonOptions } from '../option-specs.ts';
import { verbs, type VerbSpec } from '../verbs.ts';
import { type CompletionSource, heads, openHeads, selectorWords, specs, tailsOf, wordsOf } from './words.ts';

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

export function fishScript(source: CompletionSource): string {
  const all: readonly VerbSpec[] = verbs;
  const noVerb = quote(`not __fish_seen_subcommand_from ${heads.join(' ')}`);
  const lines = [
    ...heads.map((head) => `complete -c svcmgr -f -n ${noVerb} -a ${head} -d ${quote(summaryOf(head))}`),
    ...openHeads.flatMap((head) => tailsOf(head).map((tail) => `complete -c svcmgr -f -n ${after(head, tailsOf(head))} -a ${tail}`)),
    ...all.flatMap((verb) => wordsOf(verb, source).map((word) => `complete -c svcmgr -f -n ${after(verb.name, [])} -a ${word}`)),
    ...Object.keys(specs).map((name) => optionLine(name, all)),
  ];
  return `# fish completion of svcmgr; made by: svcmgr completion fish
function __svcmgr_services
  for file in ${quote(source.servicesFolder)}/*.{conf,env,ini}
    string replace -r '\\.[a-z]+$' '' (string replace -r '.*/' '' $file)
  end
end
complete -c svcmgr -f -n ${noVerb} -a '(__svcmgr_services)'
${lines.join('\n')}
`;
}

function optionLine(name: string, all: readonly VerbSpec[]): string {
  const spec = specs[name];
  const isCommon = (commonOptions as readonly string[]).includes(name) || name === 'version';
  const users = [...new Set(all.filter((verb) => verb.options.includes(name)).map((verb) => verb.name.split(' ')[0] ?? ''))];
  const values = name === 'service' ? `(__svcmgr_services) ${selectorWords.join(' ')}` : (spec?.choices?.join(' ') ?? '');
  return [
    'complete -c svcmgr',
    ...(isCommon ? [] : [`-n ${quote(`__fish_seen_subcommand_from ${users.join(' ')}`)}`]),
    `-l ${name}`,
    ...(spec?.short === undefined ? [] : [`-s ${spec.short}`]),
    ...(spec?.value === undefined ? [] : ['-r']),
    ...(values === '' ? [] : [`-f -a ${quote(values)}`]),
    `-d ${quote(spec?.text ?? '')}`,
  ].join(' ');
}

function summaryOf(head: string): string {
  const exact = verbs.find((verb) => verb.name === head);
  return exact?.summary ?? tailsOf(head).join(', ');
}

/** The words of a verb were given, and none of those that may follow. */
function after(name: string, tails: readonly string[]): string {
  const seen = name.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`);
  return quote([...seen, ...(tails.length === 0 ? [] : [`not __fish_seen_subcommand_from ${tails.join(' ')}`])].join('; and '));
}
