/** Measures subjects side by side: every round runs each once, so a busy moment of the machine hits all of them alike. */

export interface Subject {
  readonly name: string;
  /** What nothing can beat; ratios are to the median of it. One per benchmark. */
  readonly isFloor?: true;
  /** One measured run; the time until it settles counts. */
  run(): Promise<unknown> | unknown;
  /** Before each run, not measured. */
  prepare?(): Promise<unknown> | unknown;
}

export interface Limits {
  readonly rounds: number;
  /** Rounds before, not counted (default 3). */
  readonly warmUps?: number;
  /** Things done in one run: times are per thing. */
  readonly thingsPerRun?: number;
}

/** All times in ms. */
export interface Row {
  readonly name: string;
  readonly minMs: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  /** Median over the floor's median. */
  readonly ratio: number;
}

export interface Bench {
  readonly title: string;
  readonly rows: readonly Row[];
  /** What the issue or a spec asks for, and whether it was met; absent = for information. */
  readonly aim?: { readonly text: string; readonly met: boolean };
}

export async function measure(subjects: readonly Subject[], limits: Limits): Promise<readonly Row[]> {
  const times = new Map<Subject, number[]>(subjects.map((subject) => [subject, []]));
  const warmUps = limits.warmUps ?? 3;
  for (let round = 0; round < warmUps + limits.rounds; round++) {
    for (const subject of rotate(subjects, round)) {
      const tookMs = await timeOnce(subject);
      if (round >= warmUps) times.get(subject)?.push(tookMs / (limits.thingsPerRun ?? 1));
    }
  }
  const floorTimes = times.get(subjects.find((subject) => subject.isFloor === true) ?? { name: '', run: () => undefined }) ?? [];
  return subjects.map((subject) => summarise(subject.name, times.get(subject) ?? [], percentile(floorTimes, 0.5)));
}

/** Finds a row that must be there. */
export function rowOf(rows: readonly Row[], name: string): Row {
  const row = rows.find((one) => one.name === name);
  if (row === undefined) throw new Error(`no row ${name}`);
  return row;
}

async function timeOnce(subject: Subject): Promise<number> {
  await subject.prepare?.();
  const startedAt = performance.now();
  await subject.run();
  return performance.now() - startedAt;
}

/** Another order each round: nobody always runs after the most greedy one. */
function rotate<T>(list: readonly T[], by: number): readonly T[] {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

function summarise(name: string, times: readonly number[], floorMs: number): Row {
  const medianMs = percentile(times, 0.5);
  return { name, minMs: percentile(times, 0), medianMs, p95Ms: percentile(times, 0.95), ratio: medianMs / floorMs };
}

export function percentile(times: readonly number[], part: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}
