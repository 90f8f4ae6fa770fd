/** Which of the jobs that are due begin now: a limit for all, one of a service at a time, one of a target at a time. Pure. */

export interface DueJob {
  /** Names the job. */
  readonly key: string;
  readonly service: string;
  readonly dueMs: number;
  /** Of its service, the lowest first. */
  readonly priority: number;
  /** What it shares with jobs of other services: a target, an array. */
  readonly locks: readonly string[];
}

export type RunningJob = Pick<DueJob, 'key' | 'service' | 'locks'>;

export interface Chosen<J extends DueJob> {
  readonly start: readonly J[];
  /** Due, but not now, and why. */
  readonly waiting: readonly { readonly job: J; readonly why: string }[];
}

/** Who has waited longest comes first: nobody starves. */
export function chooseRuns<J extends DueJob>(due: readonly J[], running: readonly RunningJob[], limit: number): Chosen<J> {
  const busy: RunningJob[] = [...running];
  const start: J[] = [];
  const waiting: { job: J; why: string }[] = [];
  const inOrder = [...due].sort((a, b) => a.dueMs - b.dueMs || a.priority - b.priority || (a.key < b.key ? -1 : 1));
  for (const job of inOrder) {
    const why = whyNot(job, busy, limit);
    if (why === undefined) {
      start.push(job);
      busy.push(job);
    } else waiting.push({ job, why });
  }
  return { start, waiting };
}

function whyNot(job: DueJob, busy: readonly RunningJob[], limit: number): string | undefined {
  const own = busy.find(({ service }) => service === job.service);
  if (own !== undefined) return own.key === job.key ? 'it runs' : `waits for ${own.key}`;
  const holder = busy.find(({ locks }) => locks.some((lock) => job.locks.includes(lock)));
  if (holder !== undefined) return `waits for ${holder.key}, which has ${holder.locks.find((lock) => job.locks.includes(lock))}`;
  return busy.length >= limit ? `waits: ${limit} jobs run already` : undefined;
}
