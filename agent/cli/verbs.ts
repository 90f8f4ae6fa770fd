/** The verbs of the command line: one table gives parsing, help, completion and the manual (spec/cli.md). */

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

const selection = ['rid', 'subset', 'tag'] as const;
const action = [...selection, 'dry-run', 'allow', 'force', 'local', 'wait', 'no-wait', 'timeout', 'reason', 'parallel'] as const;

// biome-ignore format: a table, a verb a line
export const verbs = [
  { name: 'print status', group: 'status', services: 'many', options: ['refresh', 'peers'], summary: 'what is up, warn or down, and why', example: 'svcmgr -s svc1 print status' },
  { name: 'mon', group: 'status', services: 'many', options: ['watch', 'peers'], summary: 'a line per service: its state on each node; --watch goes on', example: 'svcmgr mon --watch' },
  { name: 'check', group: 'status', services: 'many', options: [], summary: 'a line for monitoring: exit 0 up, 1 warn, 2 down, 3 undef', example: "svcmgr check -s 'web*'" },
  { name: 'metrics', group: 'status', services: 'many', options: [], summary: 'figures for Prometheus, as a scrape of the daemon gets', example: 'svcmgr metrics > /var/lib/node_exporter/svcmgr.prom' },
  { name: 'ls', group: 'status', services: 'many', options: [], words: '[SELECTOR]', summary: 'names that a selector matches', example: "svcmgr ls 'svc*'" },
  { name: 'readiness', group: 'status', services: 'many', options: ['node', 'local'], summary: 'could it start there now; what blocks it, what is lost', example: 'svcmgr -s svc1 readiness --node node2' },
  { name: 'start', group: 'actions', services: 'many', options: [...action, 'upto', 'downto', 'no-rollback'], summary: 'start the resources in order', example: 'svcmgr -s svc1 start' },
  { name: 'stop', group: 'actions', services: 'many', options: [...action, 'upto', 'downto'], summary: 'stop the resources in reverse order', example: 'svcmgr -s svc1 stop' },
  { name: 'restart', group: 'actions', services: 'many', options: [...action, 'no-rollback'], summary: 'stop, then start on this node', example: 'svcmgr -s svc1 restart --rid app#1' },
  { name: 'provision', group: 'actions', services: 'many', options: [...action, 'no-rollback'], summary: 'create what the resources need, then start them', example: 'svcmgr -s svc1 provision' },
  { name: 'unprovision', group: 'actions', services: 'one', options: [...action, 'confirm'], summary: 'stop, then destroy the data; asks for the name typed back', example: 'svcmgr -s svc1 unprovision --confirm svc1' },
  { name: 'run', group: 'actions', services: 'many', options: [...action], summary: 'run task resources', example: 'svcmgr -s svc1 run --rid task#1' },
  { name: 'sync', group: 'actions', services: 'many', options: [...action], words: 'VERB', summary: 'send copies to the other nodes; svcmgr sync lists its verbs', example: 'svcmgr -s svc1 sync update --rid sync#1' },
  { name: 'switch', group: 'actions', services: 'many', options: ['to', 'dry-run', 'allow', 'wait', 'no-wait', 'reason'], summary: 'bring the service to another node: stop there, start here', example: 'svcmgr -s svc1 switch --to node2' },
  { name: 'giveback', group: 'actions', services: 'many', options: ['dry-run', 'allow', 'wait', 'no-wait', 'reason'], summary: 'bring the service back to its first node', example: 'svcmgr -s svc1 giveback' },
  { name: 'takeover', group: 'actions', services: 'many', options: ['dry-run', 'allow', 'no-rollback', 'local', 'wait', 'no-wait', 'timeout', 'reason', 'parallel', 'yes'], summary: 'start here without the other side; says what it waives', example: 'svcmgr -s svc1 takeover' },
  { name: 'boot', group: 'actions', services: 'many', options: ['dry-run', 'local', 'timeout', 'reason', 'parallel'], summary: 'at boot: standby resources, and orchestrate = start', example: 'svcmgr boot' },
  { name: 'shutdown', group: 'actions', services: 'many', options: ['dry-run', 'local', 'timeout', 'reason', 'parallel'], summary: 'the machine goes down: stop all, standby ones too', example: 'svcmgr shutdown' },
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
  { name: 'history', group: 'journal', services: 'many', options: ['since', 'sid'], summary: 'actions: who, why, how long, what changed', example: 'svcmgr -s svc1 history --since 2d' },
  { name: 'logs', group: 'journal', services: 'many', options: ['since', 'follow'], summary: 'the journal, line by line', example: 'svcmgr -s svc1 logs -f' },
  { name: 'daemon start', group: 'node', services: 'none', options: [], summary: 'start the daemon, where systemd does not', example: 'svcmgr daemon start' },
  { name: 'daemon stop', group: 'node', services: 'none', options: [], summary: 'end the daemon; services and applications go on', example: 'svcmgr daemon stop' },
  { name: 'daemon status', group: 'node', services: 'none', options: [], summary: 'does the daemon run, and how it is; exit 3 when not', example: 'svcmgr daemon status' },
  { name: 'daemon reload', group: 'node', services: 'none', options: [], summary: 'take the files as they are now', example: 'svcmgr daemon reload' },
  { name: 'events', group: 'journal', services: 'many', options: ['since', 'follow'], summary: 'what happened: states, actions, what the daemon did', example: 'svcmgr events -f --format jsonl' },
  { name: 'node doctor', group: 'node', services: 'none', options: [], summary: 'is this node fit for its services', example: 'svcmgr node doctor' },
  { name: 'node ping', group: 'node', services: 'none', options: [], words: '[NODE]', summary: 'can the other nodes be reached: address, key, login, agent', example: 'svcmgr node ping node2' },
  { name: 'node print config', group: 'node', services: 'none', options: ['file'], summary: 'the effective node configuration, secrets masked', example: 'svcmgr node print config' },
  { name: 'array show', group: 'node', services: 'none', options: [], words: '[ARRAY]', summary: 'arrays of the node file: links, copy groups, roles, ages', example: 'svcmgr array show hp3par1' },
  { name: 'doc', group: 'node', services: 'none', options: [], words: '[DRIVER|KEYWORD|errors|drivers]', summary: 'drivers, keywords and errors', example: 'svcmgr doc fs.ext4' },
  { name: 'completion', group: 'node', services: 'none', options: [], words: 'bash|zsh|fish', summary: 'a completion script for your shell', example: 'svcmgr completion bash > /etc/bash_completion.d/svcmgr' },
] as const satisfies readonly VerbSpec[];

export type VerbName = (typeof verbs)[number]['name'];
