/** The options of the command line: parsing, help, completion and the manual are made from this table (spec/cli.md). */

export interface OptionSpec {
  /** Value placeholder; absent = a switch. */
  readonly value?: string;
  readonly short?: string;
  readonly multiple?: true;
  /** Allowed values: a wrong one is refused before anything is done. */
  readonly choices?: readonly string[];
  readonly text: string;
}

/** Forms of what a verb prints. */
export const formats = ['tree', 'json', 'jsonl', 'flat'] as const;
export type Format = (typeof formats)[number];

export const optionSpecs = {
  service: { value: 'SELECTOR', short: 's', text: 'services: names, globs, a,b (or), a+b (and), !a (not), env=PRD, avail=up' },
  help: { short: 'h', text: 'what the verb does, with an example' },
  version: { text: 'print the version' },
  format: { value: 'FORMAT', choices: formats, text: 'output: tree, json, jsonl or flat' },
  debug: { text: 'show looks and decisions, and stacks of errors' },
  quiet: { short: 'q', text: 'no log lines on stderr but warnings and errors' },
  color: { value: 'WHEN', choices: ['auto', 'never', 'always'], text: 'auto, never or always (NO_COLOR is honoured)' },
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
  local: { text: 'this node in this process: without the daemon, and of readiness without the view of others' },
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
  to: { value: 'NODE', text: 'where the service shall go (default: the next node in order)' },
  yes: { text: 'confirm without a question' },
  watch: { text: 'a screen that goes on: arrows, enter for detail, q' },
  peers: { text: 'ask the other nodes too' },
  sid: { value: 'ID', text: 'the action of this id' },
  template: { value: 'PATH', text: 'begin with a copy of this file' },
} as const satisfies Record<string, OptionSpec>;

export type OptionName = keyof typeof optionSpecs;

/** Options every verb takes. */
export const commonOptions = ['service', 'help', 'format', 'debug', 'quiet', 'color'] as const satisfies readonly OptionName[];
