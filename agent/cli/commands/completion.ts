/** Completion scripts: generated from the verb table; completing starts no node (spec/cli.md "Speed"). */
import { SvcError } from '../../errors.ts';
import type { App } from '../app.ts';
import { commonOptions, type OptionSpec, optionSpecs } from '../option-specs.ts';
import { type VerbSpec, verbs } from '../verbs.ts';
import { catchAllWords } from '../../state/selector-syntax.ts';

export async function completionCommand(app: App): Promise<number> {
  const [shell] = app.call.words;
  const services = app.world.paths.services;
  if (shell === 'bash') app.out(bashScript(services));
  else if (shell === 'zsh') app.out(`autoload -U +X bashcompinit && bashcompinit\n${bashScript(services)}`);
  else if (shell === 'fish') app.out(fishScript(services));
  else throw new SvcError('CONFIG', `completion for ${shell ?? 'which shell'}?`, { hint: 'one of bash, zsh, fish' });
  return 0;
}

const firstWords = [...new Set(verbs.map((verb) => verb.name.split(' ')[0] ?? ''))];
const twoWords = Object.entries(
  verbs
    .map((verb) => verb.name.split(' '))
    .filter((words) => words.length > 1)
    .reduce<Record<string, string[]>>((found, words) => {
      const head = words[0] ?? '';
      found[head] = [...(found[head] ?? []), words.slice(1).join(' ').split(' ')[0] ?? ''];
      return found;
    }, {}),
);

function optionsOf(verb: VerbSpec): string {
  return [...verb.options, ...commonOptions].map((name) => `--${name}`).join(' ');
}

function bashScript(services: string): string {
  const seconds = twoWords.map(([head, tails]) => `    ${head}) words="${[...new Set(tails)].join(' ')}" ;;`).join('\n');
  const options = verbs.map((verb) => `    "${verb.name}") words="${optionsOf(verb)}" ;;`).join('\n');
  return `# bash completion of svcmgr; made by: svcmgr completion bash
_svcmgr_services() {
  local file
  for file in "\${SVCMGR_SERVICES:-${services}}"/*; do
    file="\${file##*/}"
    case $file in *.conf|*.env|*.ini) printf '%s\\n' "\${file%.*}" ;; esac
  done
}
_svcmgr() {
  local word="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" verb="" words="" index
  COMPREPLY=()
  if [ "$previous" = -s ] || [ "$previous" = --service ]; then
    COMPREPLY=($(compgen -W "$(_svcmgr_services) ${catchAllWords.join(' ')}" -- "$word"))
    return
  fi
  for ((index = 1; index < COMP_CWORD; index++)); do
    case " ${firstWords.join(' ')} " in
    *" \${COMP_WORDS[index]} "*) verb="\${COMP_WORDS[index]}"; break ;;
    esac
  done
  case "$verb" in
  "") words="${firstWords.join(' ')} -s $(_svcmgr_services)" ;;
  *)
    if [ "$index" -eq $((COMP_CWORD - 1)) ] && [ "\${word#-}" = "$word" ]; then
      case "$verb" in
${seconds}
      esac
    fi
    ;;
  esac
  if [ -z "$words" ]; then
    case " \${COMP_WORDS[index+1]} " in " -"*|"  ") ;; *) case "$verb" in ${twoWords.map(([head]) => head).join('|')}) verb="$verb \${COMP_WORDS[index+1]}" ;; esac ;; esac
    case "$verb" in
${options}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _svcmgr svcmgr
`;
}

function fishScript(services: string): string {
  const lines = verbs.map(
    (verb) =>
      `complete -c svcmgr -f -n "not __fish_seen_subcommand_from ${firstWords.join(' ')}" -a "${verb.name.split(' ')[0]}" -d "${verb.summary.replaceAll('"', '')}"`,
  );
  const options = Object.entries(optionSpecs as Record<string, OptionSpec>).map(
    ([name, spec]) =>
      `complete -c svcmgr -f -l ${name}${spec.short === undefined ? '' : ` -s ${spec.short}`}${spec.value === undefined ? '' : ' -r'} -d "${spec.text.replaceAll('"', '')}"`,
  );
  return `# fish completion of svcmgr; made by: svcmgr completion fish
function __svcmgr_services
  for file in ${services}/*.conf ${services}/*.env ${services}/*.ini
    string replace -r '\\.[a-z]+$' '' (basename $file)
  end
end
complete -c svcmgr -f -s s -l service -r -a "(__svcmgr_services) ${catchAllWords.join(' ')}"
${[...lines, ...options].join('\n')}
`;
}
