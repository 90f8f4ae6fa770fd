/** The schedules of 1,000 services of three jobs: what one of them costs to decide, and what a beat costs. */
import { chooseRuns, type DueJob } from '../agent/state/choose-runs.ts';
import { decideDue, type JobQuestion } from '../agent/state/schedule/due.ts';
import { requireSchedule } from '../agent/state/schedule/parse.ts';
import { openZone } from '../agent/state/schedule/zone.ts';
import { type Bench, measure, rowOf } from './lib/measure.ts';

const texts = ['@60', '02:00-06:00@121 mon-fri', 'cron:30 2 * * *'] as const;
const nowMs = Date.parse('2026-11-25T12:30:00Z');

function questions(): readonly JobQuestion[] {
  const zone = openZone('Europe/Paris');
  const schedules = texts.map(requireSchedule);
  return Array.from({ length: 3000 }, (_, at) => ({
    schedule: schedules[at % 3] as JobQuestion['schedule'],
    name: `node1/svc${Math.floor(at / 3)}/sync#${at % 3}`,
    zone,
    nowMs,
    past: { sinceMs: nowMs - 30 * 86_400_000, lastMs: nowMs - (at % 100) * 60_000, failures: 0 },
  }));
}

export async function bench(): Promise<Bench> {
  const all = questions();
  const due: readonly DueJob[] = all.map(({ name }, at) => ({
    key: name,
    service: `svc${Math.floor(at / 3)}`,
    dueMs: at,
    priority: 100,
    locks: [`to node${at % 7}`],
  }));
  const rows = await measure(
    [
      { name: 'floor: go through the jobs', isFloor: true, run: () => all.filter(({ past }) => (past.lastMs ?? 0) > nowMs) },
      { name: 'ask every schedule (once, at the start of the daemon)', run: () => all.map(decideDue) },
      { name: 'choose among 3,000 that are due', run: () => chooseRuns(due, [], 4) },
    ],
    { rounds: 10, warmUps: 1 },
  );
  const met = rowOf(rows, 'choose among 3,000 that are due').p95Ms < 50;
  return { title: 'schedules of 1,000 services of three jobs', rows, aim: { text: 'choosing under 50 ms', met } };
}
