/** Keywords of a resource that is a remote copy group. */
import type { Act, Observe } from '../../../agent/driver/contract.ts';
import type { Keywords } from '../../../agent/driver/keywords.ts';

export const groupKeywords = {
  array: {
    kind: 'string',
    required: true,
    text: 'The array of this node: the name of its section in the node file.',
    example: 'hp3par1.opensvc.com',
  },
  rcg: { kind: 'string', required: true, text: 'The remote copy group, as the array of this node names it.', example: 'MYRCG' },
  mode: {
    kind: 'enum',
    choices: ['async', 'sync'],
    required: true,
    text: 'How it must replicate: async is Periodic on the array.',
    example: 'async',
  },
  sync_max_delay: { kind: 'duration', unit: 'm', default: '25m', text: 'Age of the last sync from which the state is warn.', example: '5' },
  resume_on_start: { kind: 'boolean', default: 'false', text: 'Start the replication again behind a start that turned it round.' },
  auto_takeover: {
    kind: 'boolean',
    default: 'true',
    text: 'A start may take over by itself when nothing on the other side gives a sign of life.',
  },
  force_sync: {
    kind: 'boolean',
    default: 'false',
    text: 'A start sends the last changes over before it turns an asynchronous group round.',
  },
  timeout: { kind: 'duration', default: '10m', text: 'How long a task of the array may take.' },
  timezone: { kind: 'string', text: 'Time zone of the array, when it does not say it itself.', example: 'Europe/Paris' },
  schedule: {
    kind: 'schedule',
    default: '@0',
    inherits: 'sync_schedule',
    text: 'When the daemon syncs. Default: never, the array has its own period.',
  },
} as const satisfies Keywords;

export type At = Observe<typeof groupKeywords>;
export type Acting = Act<typeof groupKeywords>;
