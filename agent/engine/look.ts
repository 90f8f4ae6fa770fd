/** Looking at resources: in parallel, each within its own limit, never throwing: what cannot be told is `undef` with the reason. */
import { createObserve } from '../driver/context.ts';
import type { Report } from '../driver/contract.ts';
import { defaultLimits } from '../driver/limits.ts';
import { asSvcError, SvcError } from '../errors.ts';
import { createSemaphore } from '../io/semaphore.ts';
import { checkReport } from './check-report.ts';
import { settledWithin, withDeadline } from './deadline.ts';
import { containerState, hostOf, isHostAssumed } from './hosted.ts';
import type { Resource } from './instance.ts';
import { contextInput, type HangingLook, type Run } from './run.ts';
import { withPauseNote } from './sync-pause.ts';

export interface Look {
  readonly rid: string;
  readonly report: Report;
  /** Set when the driver could not tell. */
  readonly error: SvcError | undefined;
}

/** Resources looked at together; more would only queue in the kernel. */
const parallelLooks = 16;

/** Looks at every given resource; the reports are kept in `run.reports`. */
export async function lookAtAll(run: Run, resources: readonly Resource[], signal: AbortSignal): Promise<readonly Look[]> {
  const gate = createSemaphore(parallelLooks);
  const looks = new Map<string, Promise<Look>>();
  const begin = (resource: Resource, first?: Promise<unknown>): void => {
    const look = async (): Promise<Look> => {
      await first;
      return gate.run(() => evaluateAndKeep(run, resource, signal));
    };
    looks.set(resource.rid, look());
  };
  // What lives in a container only waits for that one.
  const [plain, waiting] = [resources.filter((one) => !needsService(one)), resources.filter(needsService)];
  for (const resource of plain.filter((one) => hostOf(one) === undefined)) begin(resource);
  for (const resource of plain.filter((one) => hostOf(one) !== undefined)) begin(resource, looks.get(hostOf(resource) ?? ''));
  const others = Promise.all(looks.values());
  // An abort rejects it also where nothing waits for it.
  others.catch(() => undefined);
  for (const resource of waiting) begin(resource, others);
  return Promise.all(resources.map(({ rid }) => looks.get(rid) as Promise<Look>));
}

/** A sync that is paused while the service is not up must know whether it is. */
function needsService({ group, driver }: Resource): boolean {
  return group === 'sync' && driver.promotes !== true;
}

/** Looks at one resource within its status_timeout; at the container it lives in first. */
export async function lookAt(run: Run, resource: Resource, signal: AbortSignal): Promise<Look> {
  const container = run.instance.resources.find(({ rid }) => rid === hostOf(resource));
  if (container !== undefined && !isHostAssumed(run, resource)) {
    await run.shared.once(`look at ${container.rid}`, () => evaluateAndKeep(run, container, signal));
  }
  return evaluateAndKeep(run, resource, signal);
}

async function evaluateAndKeep(run: Run, resource: Resource, signal: AbortSignal): Promise<Look> {
  const look = await evaluate(run, resource, signal);
  run.reports.set(resource.rid, look.report);
  return look;
}

/** The longest look at a resource: its own limit, that of the node, the default. */
export function statusLimitMs(run: Run, resource: Resource): number {
  return resource.common.status_timeout ?? run.world.node.settings.status_timeout ?? defaultLimits.statusMs;
}

async function evaluate(run: Run, resource: Resource, signal: AbortSignal): Promise<Look> {
  const { rid } = resource;
  if (resource.traits.disabled) {
    return { rid, report: { state: 'n/a', notes: [{ level: 'info', text: 'disabled' }] }, error: undefined };
  }
  if (resource.traits.nostatus) return { rid, report: { state: 'n/a' }, error: undefined };
  const known = unasked(run, resource);
  if (known !== undefined) return known;
  try {
    const report = await withDeadline(signal, statusLimitMs(run, resource), 'status', (inner) => probe(run, resource, inner));
    return { rid, report, error: undefined };
  } catch (thrown) {
    const error = asSvcError(thrown);
    if (signal.aborted) throw error;
    const text = error.code === 'TIMEOUT' ? error.message.replace(/^status: /, '') : error.message;
    return { rid, report: { state: 'undef', notes: [{ level: 'error', text }] }, error };
  }
}

/** What lives in a container that does not run is down; of one that cannot be told, nothing can be told either. */
function unasked(run: Run, resource: Resource): Look | undefined {
  const { rid, container } = resource;
  const state = containerState(run, resource);
  if (state === 'down') return { rid, report: { state, notes: [{ level: 'info', text: `${container} is down` }] }, error: undefined };
  if (state !== 'undef') return undefined;
  const error = new SvcError('UNREACHABLE', `cannot be told while ${container} is undef`);
  return { rid, report: { state, notes: [{ level: 'error', text: error.message }] }, error };
}

/** An answer that comes just after its look was aborted is worth this wait. */
const lateAnswerMs = 500;

/** No second probe of a resource starts while the first one hangs (spec/status.md "Freshness"). */
async function probe(run: Run, resource: Resource, signal: AbortSignal): Promise<Report> {
  const before = run.hanging.get(resource.rid);
  if (before !== undefined) {
    const leftMs = statusLimitMs(run, resource) - (performance.now() - before.sinceMs);
    // The daemon looks at monitored resources also while a round is at them: that answer is as good as one of its own.
    if (run.standing !== undefined && before.run === run && leftMs > 0)
      return withPauseNote(run, resource, checkReport(resource.type, await before.asked));
    if (!(await settledWithin(before.asked, Math.max(leftMs, lateAnswerMs)))) {
      throw new SvcError('TIMEOUT', 'the look before still waits for its answer');
    }
  }
  const asked = ask(run, resource, signal);
  const look: HangingLook = { run, asked, sinceMs: performance.now() };
  run.hanging.set(resource.rid, look);
  try {
    return await withPauseNote(run, resource, checkReport(resource.type, await asked));
  } finally {
    if (run.hanging.get(resource.rid) === look) run.hanging.delete(resource.rid);
  }
}

async function ask(run: Run, resource: Resource, signal: AbortSignal): Promise<Report> {
  return resource.driver.status(createObserve(contextInput(run, resource, signal)));
}
