/** `limit_*` keywords: resource limits of a launched process (prlimit(1), getrlimit(2)). */
import type { Keywords } from '../../agent/driver/keywords.ts';

export const limitKeywords = {
  limit_as: { kind: 'size', text: 'Limit of the address space of a process.', alias: ['limit_vmem'] },
  limit_core: { kind: 'size', text: 'Limit of the size of a core dump.' },
  limit_cpu: { kind: 'duration', text: 'Limit of the processor time of a process.' },
  limit_data: { kind: 'size', text: 'Limit of the data segment of a process.' },
  limit_fsize: { kind: 'size', text: 'Limit of the size of a file the process writes.' },
  limit_memlock: { kind: 'size', text: 'Limit of the memory a process may lock.' },
  limit_nofile: { kind: 'integer', text: 'Limit of open files of a process.', min: 0, example: '4096' },
  limit_nproc: { kind: 'integer', text: 'Limit of processes of the user.', min: 0 },
  limit_rss: { kind: 'size', text: 'Limit of the resident memory of a process (Linux does not enforce it).' },
  limit_stack: { kind: 'size', text: 'Limit of the stack of a process.' },
} as const satisfies Keywords;

type Limits = { readonly [K in keyof typeof limitKeywords]: number | undefined };

/** prlimit names and values: `{ nofile: '4096' }`. */
export function limitsOf(config: Limits): Readonly<Record<string, string>> {
  const limits: Record<string, string> = {};
  for (const key of Object.keys(limitKeywords) as (keyof Limits)[]) {
    const value = config[key];
    if (value === undefined) continue;
    // The kernel counts processor time in whole seconds; less than one would end the process at once.
    limits[key.slice('limit_'.length)] = String(key === 'limit_cpu' ? Math.max(1, Math.ceil(value / 1000)) : value);
  }
  return limits;
}
