/** The verbs of the command line: one table gives parsing, help, completion and the manual (spec/cli.md). */

export interface OptionSpec {
  /** Value placeholder; absent = a switch. */
  readonly value?: string;
  readonly short?: string;
  readonly multiple?: true;
  readonly text: string;
}

export interface VerbSpec {
  readonly name: string;
  readonly summary: string;
  readonly example: string;
  /** Which services it needs: a selector, at most one service, or none at all. */
  readonly services: 'many' | 'one' | 'none';
  /** Positional words after the verb. */
  readonly words?: string;
  readonly options: readonly string[];
  readonly group: 'status' | 'actions' | 'configuration' | 'journal' | 'node';
}

export const optionSpecs = {
  service: { value: 'SELECTOR', short: 's', text: 'services: names, globs, a,b (or), a+b (and), !a (not), env=PRD, avail=up' },
  help: { short: 'h', text: 'what the verb does, with an example' },
  version: { text: 'print the version' },
  format: { value: 'FORMAT', text: 'output: tree, json, jsonl or flat' },
  debug: { text: 'show looks and decisions, and stacks of errors' },
  quiet: { short: 'q', text: 'no log lines on stderr but warnings and errors' },
  color: { value: 'WHEN', text: 'auto, never or always (NO_COLOR is honoured)' },
  refresh: { text: 'evaluate now instead of answering from memory' },
  rid: { value: 'RID', multiple: true, text: 'only these resources: rid, group or group.type; comma separated' },
  subset: { value: 'NAME', multiple: true, text: 'only resources of these subsets' },
  tag: { value: 'TAGS', multiple: true, text: 'only resources with these tags: a,b (or), a+b (and)' },
  upto: { value: 'RID', text: 'stop the walk after this resource or group' },
  downto: { value: 'RID', text: 'stop the walk after this resource or group' },
  'dry-run': { text: 'look for real, print what would change, change nothing' },
  allow: { value: 'NAME', multiple: true, text: 'waive the refusal of this name (repeatable)' },
  force: { text: 'refused: prints which --allow names would apply' },
  'no-rollback': { text: 'leave what was started when a later resource fails' },
  local: { text: 'act on this node in this process, without the daemon' },
  wait: { text: 'wait for the lock of the service (default)' },
  'no-wait': { text: 'give up at once when another action holds the service' },
  timeout: { value: 'DURATION', text: 'give up (and roll back) when the action takes longer' },
  reason: { value: 'TEXT', text: 'why, for the history' },
  parallel: { value: 'N', text: 'services acted on at the same time (default 1)' },
  confirm: { value: 'NAME', text: 'the service name, typed back, instead of a question' },
  node: { value: 'NODE', text: 'evaluate for this node' },
  file: { value: 'PATH', text: 'read this file instead of the installed one' },
  kw: { value: 'KEYWORD', multiple: true, text: 'section.keyword (set: also =, +=, |=, -= and a value)' },
  eval: { text: 'with scopes, references and kinds applied' },
  strict: { text: 'warnings fail too' },
  since: { value: 'WHEN', text: 'only from then on: 2026-11-21T12:00 or 2h' },
  follow: { short: 'f', text: 'go on as new lines come' },
  at: { value: 'TIME', text: 'the moment to decide for (default now)' },
  last: { value: 'TIME', text: 'when it ran last' },
  next: { value: 'N', text: 'how many coming runs to show' },
  zone: { value: 'ZONE', text: 'time zone, e.g. Europe/Paris (default: the local one)' },
  sid: { value: 'ID', text: 'the action of this id' },
  template: { value: 'PATH', text: 'begin with a copy of this file' },
} as const satisfies Record<string, OptionSpec>;

export type OptionName = keyof typeof optionSpecs;

/** Options every verb takes. */
export const commonOptions = ['service', 'help', 'format', 'debug', 'quiet', 'color'] as const satisfies readonly OptionName[];

const selection = ['rid', 'subset', 'tag'] as const;
const action = [...selection, 'dry-run', 'allow', 'force', 'local', 'wait', 'no-wait', 'timeout', 'reason', 'parallel'] as const;

export const verbs = [
  { name: 'print status', group: 'status', services: 'many', options: ['refresh'], summary: 'what is up, warn or down, and why', example: 'svcmgr -s svc1 print status' },
  { name: 'check', group: 'status', services: 'many', options: [], summary: 'one line for monitoring; exit 0 up, 1 warn, 2 down, 3 unknown', example: "svcmgr check -s 'web*'" },
  { name: 'ls', group: 'status', services: 'many', options: [], words: '[SELECTOR]', summary: 'names that a selector matches', example: "svcmgr ls 'svc*'" },
  { name: 'start', group: 'actions', services: 'many', options: [...action, 'upto', 'downto', 'no-rollback'], summary: 'start the resources in order', example: 'svcmgr -s svc1 start' },
  { name: 'stop', group: 'actions', services: 'many', options: [...action, 'upto', 'downto'], summary: 'stop the resources in reverse order', example: 'svcmgr -s svc1 stop' },
  { name: 'restart', group: 'actions', services: 'many', options: [...action, 'no-rollback'], summary: 'stop, then start on this node', example: 'svcmgr -s svc1 restart --rid app#1' },
  { name: 'provision', group: 'actions', services: 'many', options: [...action, 'no-rollback'], summary: 'create what the resources need, then start them', example: 'svcmgr -s svc1 provision' },
  { name: 'unprovision', group: 'actions', services: 'one', options: [...action, 'confirm'], summary: 'stop, then destroy the data; asks for the name typed back', example: 'svcmgr -s svc1 unprovision --confirm svc1' },
  { name: 'run', group: 'actions', services: 'many', options: [...action], summary: 'run task resources', example: 'svcmgr -s svc1 run --rid task#1' },
  { name: 'freeze', group: 'actions', services: 'many', options: ['reason'], summary: 'nothing automatic touches the service until thaw', example: 'svcmgr -s svc1 freeze' },
  { name: 'thaw', group: 'actions', services: 'many', options: ['reason'], summary: 'end a freeze', example: 'svcmgr -s svc1 thaw' },
  { name: 'enable', group: 'actions', services: 'many', options: [...selection, 'dry-run', 'reason'], summary: 'take resources into actions and status again', example: 'svcmgr -s svc1 enable --rid fs#2' },
  { name: 'disable', group: 'actions', services: 'many', options: [...selection, 'dry-run', 'reason'], summary: 'leave resources out of actions and status', example: 'svcmgr -s svc1 disable --rid fs#2' },
  { name: 'resume', group: 'actions', services: 'many', options: ['dry-run', 'allow', 'local', 'wait', 'no-wait', 'timeout', 'reason', 'sid'], summary: 'complete an interrupted action', example: 'svcmgr -s svc1 resume' },
  { name: 'clear', group: 'actions', services: 'many', options: ['dry-run', 'reason', 'sid'], summary: 'accept an interrupted action as it is', example: 'svcmgr -s svc1 clear' },
  { name: 'print config', group: 'configuration', services: 'many', options: ['eval', 'node', 'file'], summary: 'the service file, as written or evaluated', example: 'svcmgr -s svc1 print config --eval --node node2' },
  { name: 'get', group: 'configuration', services: 'many', options: ['kw', 'eval', 'node', 'file'], summary: 'the value of keywords', example: 'svcmgr -s svc1 get --kw fs#1.mnt --eval' },
  { name: 'set', group: 'configuration', services: 'many', options: ['kw', 'dry-run', 'reason'], summary: 'change keywords; comments and order stay', example: "svcmgr -s svc1 set --kw 'fs#1.mnt_opt=noatime'" },
  { name: 'unset', group: 'configuration', services: 'many', options: ['kw', 'dry-run', 'reason'], summary: 'remove keywords', example: 'svcmgr -s svc1 unset --kw fs#1.mnt_opt' },
  { name: 'edit', group: 'configuration', services: 'one', options: [], summary: 'edit the file with $EDITOR; installed only when valid', example: 'svcmgr -s svc1 edit' },
  { name: 'validate', group: 'configuration', services: 'many', options: ['file', 'node', 'strict'], words: '[FILE…]', summary: 'every error at once, with file and line', example: 'svcmgr validate services.d/*.conf' },
  { name: 'create', group: 'configuration', services: 'one', options: ['kw', 'template', 'dry-run', 'reason'], summary: 'a new service file', example: 'svcmgr -s svc2 create --kw fs#1.type=flag' },
  { name: 'delete', group: 'configuration', services: 'one', options: ['confirm', 'dry-run', 'reason'], summary: 'remove the file of a service that is down here', example: 'svcmgr -s svc2 delete --confirm svc2' },
  { name: 'print schedule', group: 'configuration', services: 'many', options: [], summary: 'what runs when: next, last', example: 'svcmgr -s svc1 print schedule' },
  { name: 'print plan', group: 'configuration', services: 'many', options: [...selection, 'upto', 'downto'], words: 'VERB', summary: 'the ordered steps an action would take', example: 'svcmgr -s svc1 print plan start' },
  { name: 'link', group: 'configuration', services: 'many', options: ['dry-run'], summary: 'a command named after the service, beside svcmgr', example: 'svcmgr -s svc1 link' },
  { name: 'schedule explain', group: 'configuration', services: 'none', options: ['at', 'last', 'next', 'zone'], words: 'EXPRESSION', summary: 'what a schedule means', example: "svcmgr schedule explain '02:00-04:00@60 mon-fri'" },
  { name: 'history', group: 'journal', services: 'many', options: ['since'], summary: 'actions: who, why, how long, what changed', example: 'svcmgr -s svc1 history --since 2d' },
  { name: 'logs', group: 'journal', services: 'many', options: ['since', 'follow'], summary: 'the journal, line by line', example: 'svcmgr -s svc1 logs -f' },
  { name: 'node doctor', group: 'node', services: 'none', options: [], summary: 'is this node fit for its services', example: 'svcmgr node doctor' },
  { name: 'node print config', group: 'node', services: 'none', options: ['file'], summary: 'the effective node configuration, secrets masked', example: 'svcmgr node print config' },
  { name: 'doc', group: 'node', services: 'none', options: [], words: '[DRIVER|KEYWORD|errors|drivers]', summary: 'drivers, keywords and errors', example: 'svcmgr doc fs.ext4' },
  { name: 'completion', group: 'node', services: 'none', options: [], words: 'bash|zsh|fish', summary: 'a completion script for your shell', example: 'svcmgr completion bash > /etc/bash_completion.d/svcmgr' },
] as const satisfies readonly VerbSpec[];

export type VerbName = (typeof verbs)[number]['name'];
