/** The completion script of bash; zsh takes it too. It reads service files and starts no program. */
import { verbs, type VerbSpec } from '../verbs.ts';
import { type CompletionSource, heads, openHeads, optionsOf, selectorWords, specs, tailsOf, valueOptions, wordsOf } from './words.ts';

/** `'it'\''s'`: the path may hold anything. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function cases(rows: readonly (readonly [string, readonly string[]])[], indent: string): string {
  return rows
    .filter(([, words]) => words.length > 0)
    .map(([pattern, words]) => `${indent}${quote(pattern)}) list=${quote(words.join(' '))} ;;`)
    .join('\n');
}

export function bashScript(source: CompletionSource): string {
  const all: readonly VerbSpec[] = verbs;
  const choices = Object.entries(specs).map(([name, spec]) => [`--${name}`, spec.choices ?? []] as const);
  return `# bash completion of svcmgr; made by: svcmgr completion bash

_svcmgr_folder=${quote(source.servicesFolder)}

_svcmgr_services() {
  local file
  for file in "$_svcmgr_folder"/*.conf "$_svcmgr_folder"/*.env "$_svcmgr_folder"/*.ini; do
    [ -f "$file" ] || continue
    file=\${file##*/}
    list="$list \${file%.*}"
  done
}

# Resources of the service $1: the sections of its file.
_svcmgr_rids() {
  local file line
  for file in "$_svcmgr_folder/$1".conf "$_svcmgr_folder/$1".env "$_svcmgr_folder/$1".ini; do
    [ -f "$file" ] || continue
    while IFS= read -r line || [ -n "$line" ]; do
      case $line in
        '[subset#'*) ;;
        '['*'#'*']'*) line=\${line%%\\]*}; list="$list \${line#\\[}" ;;
      esac
    done <"$file"
  done
}

# The words that may follow the option $1; the service is $2. Fails when they are none of ours (files, free text).
_svcmgr_values() {
  case $1 in
${cases(choices, '    ')}
    -s|--service) list=${quote(selectorWords.join(' '))}; _svcmgr_services ;;
    --rid|--upto|--downto) _svcmgr_rids "$2" ;;
    *) return 1 ;;
  esac
}

_svcmgr_options() {
  case $1 in
${cases(
  all.map((verb) => [verb.name, optionsOf(verb)]),
  '    ',
)}
    *) list='-s --service --help --version' ;;
  esac
}

_svcmgr_words() {
  case $1 in
${cases(
  openHeads.map((head) => [head, tailsOf(head)]),
  '    ',
)}
${cases(
  all.map((verb) => [verb.name, wordsOf(verb, source)]),
  '    ',
)}
    ls) _svcmgr_services ;;
    *) return 1 ;;
  esac
}

_svcmgr() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous='' service='' verb='' list='' token index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    token=\${COMP_WORDS[index]}
    case " ${valueOptions.join(' ')} " in
      *" $previous "*)
        case $previous in -s|--service) service=$token ;; esac
        previous=''
        continue
        ;;
    esac
    previous=$token
    case $token in -*) continue ;; esac
    if [ -n "$verb" ]; then
      verb="$verb $token"
    else
      case " ${heads.join(' ')} " in
        *" $token "*) verb=$token ;;
        *) service=$token ;;
      esac
    fi
  done
  case " ${valueOptions.join(' ')} " in
    *" $previous "*)
      _svcmgr_values "$previous" "$service" || { COMPREPLY=($(compgen -f -- "$word")); return; }
      ;;
    *)
      case $word in
        -*) _svcmgr_options "$verb" ;;
        *)
          if [ -z "$verb" ]; then
            list=${quote(heads.join(' '))}
            [ -n "$service" ] || _svcmgr_services
          else
            _svcmgr_words "$verb" || { COMPREPLY=($(compgen -f -- "$word")); return; }
          fi
          ;;
      esac
      ;;
  esac
  COMPREPLY=($(compgen -W "$list" -- "$word"))
}

complete -F _svcmgr svcmgr
`;
}

/** zsh runs the same functions through its own bash emulation. */
export function zshScript(source: CompletionSource): string {
  const [, ...script] = bashScript(source).split('\n');
  return [
    '#compdef svcmgr',
    '# zsh completion of svcmgr; made by: svcmgr completion zsh',
    'autoload -U +X bashcompinit && bashcompinit',
    ...script,
  ].join('\n');
}
