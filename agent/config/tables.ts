/**
 * Keyword tables of `[DEFAULT]`, of every resource and of `[node]` (spec/config.md). They give the types of
 * definition.ts, the validation, the manual and the completion; a driver adds its own table to a resource.
 */
import type { Keywords } from '../driver/keywords.ts';
import { triggerKeywords } from './triggers.ts';

/** What a service, or a node, is for; the words of OpenSVC. */
// biome-ignore format: one list of words
export const environments = ['CERT', 'DEV', 'DRP', 'FOR', 'INT', 'MUS', 'POC', 'PPR', 'PPRD', 'PRA', 'PRD', 'PRJ', 'QUAL', 'RCT', 'REC', 'STG', 'TMP', 'TST', 'UAT'] as const;

export const serviceKeywords = {
  nodes: {
    kind: 'nodes',
    min: 1,
    default: '{nodename}',
    scopable: false,
    text: 'Nodes of the main site that may run the service, in order of preference.',
    example: 'node1 node2',
  },
  drpnodes: { kind: 'nodes', default: '', scopable: false, text: 'Nodes of the recovery site that may run the service.', example: 'node3' },
  encapnodes: { kind: 'nodes', default: '', scopable: false, text: 'Names of the containers that run the encapsulated part.' },
  env: {
    kind: 'enum',
    choices: environments,
    text: 'What the service is for; one that is not PRD does not start on a PRD node. Default: the environment of the node.',
  },
  app: { kind: 'string', default: 'default', text: 'Application the service belongs to, for selection and reports.', example: 'billing' },
  id: { kind: 'string', scopable: false, text: 'Unique id that OpenSVC writes into a service file; kept, not used.' },
  comment: { kind: 'string', text: 'Free text about the service.' },
  orchestrate: {
    kind: 'enum',
    choices: ['no', 'start', 'ha'],
    default: 'no',
    text: 'What the cluster may do by itself: nothing, start after boot, or keep the service up.',
  },
  topology: { kind: 'enum', choices: ['failover', 'flex'], default: 'failover', text: 'One instance up at a time, or several.' },
  flex_min: { kind: 'integer', min: 0, text: 'Fewest instances up in topology flex. Default: 1.' },
  flex_max: { kind: 'integer', min: 0, text: 'Most instances up in topology flex. Default: one per node.' },
  flex_target: { kind: 'integer', min: 0, text: 'Wanted instances up in topology flex. Default: flex_min.' },
  flex_primary: { kind: 'string', scopable: false, text: 'Node that @flex_primary means. Default: the first of nodes.' },
  drp_flex_primary: { kind: 'string', scopable: false, text: 'Node that @drp_flex_primary means. Default: the first of drpnodes.' },
  placement: {
    kind: 'enum',
    choices: ['nodes order', 'spread', 'score', 'none'],
    default: 'nodes order',
    text: 'How the cluster chooses the node to run on.',
  },
  priority: { kind: 'integer', default: '100', min: 0, text: 'Order between services when many start; the lowest first.' },
  rollback: { kind: 'boolean', default: 'true', text: 'After a failed start, stop what this start brought up.' },
  disable: { kind: 'boolean', default: 'false', text: 'Actions on the service do nothing and its status is n/a.' },
  parents: { kind: 'list', default: '', text: 'Services that must be up before this one starts.' },
  children: { kind: 'list', default: '', text: 'Services that must be down before this one stops.' },
  status_schedule: { kind: 'schedule', text: 'When the daemon evaluates the status. Default: every 60 s.', example: '@1m' },
  sync_schedule: { kind: 'schedule', text: 'Schedule of the sync resources that have none.', example: '22:00-06:00@120' },
  run_schedule: { kind: 'schedule', text: 'Schedule of the task resources that have none.' },
  drill_schedule: { kind: 'schedule', text: 'When to rehearse a failover by itself.' },
  start_timeout: { kind: 'duration', text: 'Longest start of any one resource that does not say it itself.', example: '5m' },
  stop_timeout: { kind: 'duration', text: 'Longest stop of any one resource that does not say it itself.', example: '5m' },
  lock_timeout: { kind: 'duration', default: '60s', text: 'How long an action waits for another one on the same service.' },
  monitor_action: {
    kind: 'enum',
    choices: ['none', 'switch', 'freezestop', 'reboot', 'crash'],
    default: 'none',
    text: 'What to do when a monitored resource is down and cannot be restarted.',
  },
  hard_affinity: { kind: 'list', default: '', text: 'Services that must run on the same node.' },
  hard_anti_affinity: { kind: 'list', default: '', text: 'Services that must not run on the same node.' },
  soft_affinity: { kind: 'list', default: '', text: 'Services better run on the same node.' },
  soft_anti_affinity: { kind: 'list', default: '', text: 'Services better not run on the same node.' },
  ...triggerKeywords('the service'),
} as const satisfies Keywords;

export const resourceKeywords = {
  type: { kind: 'string', text: 'Driver inside the group: type = ext4 of [fs#1] is the driver fs.ext4.', example: 'ext4' },
  disable: { kind: 'boolean', default: 'false', text: 'The resource is left out of actions and its status is n/a.' },
  optional: {
    kind: 'boolean',
    default: 'false',
    text: 'Errors do not fail the action and the state counts only in overall; true for sync and task unless said otherwise.',
  },
  monitor: { kind: 'boolean', default: 'false', text: 'When the resource goes down, restart it, then do the monitor_action.' },
  standby: { kind: 'boolean', default: 'false', text: 'Also up on the nodes where the service is down.' },
  restart: { kind: 'integer', default: '0', min: 0, text: 'How often a resource that went down is started again.' },
  restart_delay: { kind: 'duration', default: '500ms', text: 'Pause between two restarts.' },
  tags: { kind: 'list', default: '', text: 'Words to select the resource by (--tag).' },
  subset: { kind: 'string', text: 'Subset of the group; [subset#group:name] may make it parallel.', example: 'web' },
  comment: { kind: 'string', text: 'Free text about the resource.' },
  encap: { kind: 'boolean', default: 'false', text: 'The resource lives inside the container of the service.' },
  start_timeout: { kind: 'duration', text: 'Longest start of the resource.', example: '2m' },
  stop_timeout: { kind: 'duration', text: 'Longest stop of the resource.', example: '2m' },
  status_timeout: {
    kind: 'duration',
    text: 'Longest look at the state of the resource; later it is undef. Default: that of the node, else 10 s.',
  },
  start_requires: { kind: 'requires', text: 'States of other resources needed before the start.', example: 'fs#1(up) sync#1(up,warn)' },
  stop_requires: { kind: 'requires', text: 'States of other resources needed before the stop.', example: 'app#1(down)' },
  sync_requires: { kind: 'requires', text: 'States of other resources needed before a sync.', example: 'fs#1(up)' },
  run_requires: { kind: 'requires', text: 'States of other resources needed before a run.', example: 'fs#1(up)' },
  ...triggerKeywords('the resource'),
} as const satisfies Keywords;

/** Common resource keywords that a resource takes from `[DEFAULT]` when its section does not say them. */
// biome-ignore format: one list of words
export const inheritedKeywords: ReadonlySet<string> = new Set(['optional', 'monitor', 'standby', 'restart', 'restart_delay', 'tags', 'start_timeout', 'stop_timeout', 'status_timeout']);

/** What does not apply to work that comes and goes: a sync or task is not kept running. */
export const notInheritedByWork: ReadonlySet<string> = new Set(['monitor', 'standby', 'restart', 'restart_delay']);

/** OpenSVC keywords of `[DEFAULT]` that load with a warning, because nothing here honours them. */
// biome-ignore format: one list of words
export const ignoredServiceKeywords: ReadonlySet<string> = new Set(['stonith', 'create_pg', 'show_disabled', 'scale', 'slaves', 'constraints', 'pre_monitor_action', 'cluster_type', 'pg_cpus', 'pg_mems', 'pg_cpu_shares', 'pg_cpu_quota', 'pg_mem_limit', 'pg_vmem_limit', 'pg_mem_oom_control', 'pg_mem_swappiness', 'pg_blkio_weight', 'resinfo_schedule', 'push_schedule', 'comp_schedule', 'monitor_schedule']);

export const subsetKeywords = {
  parallel: { kind: 'boolean', default: 'false', text: 'The resources of the subset are started and stopped together.' },
} as const satisfies Keywords;

export const nodeKeywords = {
  name: {
    kind: 'string',
    text: 'Name of this node in service files. Default: SVCMGR_NODENAME, else the host name.',
    example: 'node1.opensvc.com',
  },
  env: { kind: 'enum', choices: environments, default: 'TST', text: 'What the node is for; a PRD node runs only PRD services.' },
  uuid: { kind: 'string', text: 'Unique id of the node. Default: made once and kept in the state folder.' },
  prkey: { kind: 'string', text: 'SCSI-3 reservation key of the node, at most 16 hexadecimal digits.', example: '0x90520a45138e85' },
  driver_path: {
    kind: 'list',
    default: '',
    text: 'Folders with outside drivers, owned by root and not writable by others.',
    example: '/opt/svcmgr/drivers',
  },
  peer_timeout: {
    kind: 'duration',
    default: '5s',
    text: 'Longest wait for what another node says of its instance; a start is refused without.',
    example: '10s',
  },
  status_timeout: { kind: 'duration', text: 'Longest look at one resource whose file does not say it. Default: 10 s.', example: '20s' },
  parallel_jobs: {
    kind: 'integer',
    default: '4',
    min: 1,
    text: 'How many scheduled syncs and tasks of all services the daemon runs at the same time.',
    example: '8',
  },
  comment: { kind: 'string', text: 'Free text about the node.' },
} as const satisfies Keywords;
