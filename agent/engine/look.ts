/** Looking at resources: in parallel, each within its own limit, never throwing: what cannot be told is `undef` with the reason. */
import { createObserve } from '../driver/context.ts';
import type { Report } from '../driver/contract.ts';
import { defaultLimits } from '../driver/limits.ts';
import { asSvcError, SvcError } from '../errors.ts';
import { createSemaphore } from '../io/semaphore.ts';
import { checkReport } from './check-report.ts';
import { settledWithin, withDeadline } from './deadline.ts';
import type { Resource } from './instance.ts';
import { contextInput, type Run } from './run.ts';

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
  return Promise.all(resources.map((resource) => gate.run(() => lookAt(run, resource, signal))));
}

/** Looks at one resource within its status_timeout. */
export async function lookAt(run: Run, resource: Resource, signal: AbortSignal): Promise<Look> {
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

/** An answer that comes just after its look was aborted is worth this wait. */
const lateAnswerMs = 500;

/** No second probe of a resource starts while the first one hangs (spec/status.md "Freshness"). */
async function probe(run: Run, resource: Resource, signal: AbortSignal): Promise<Report> {
  const before = run.hanging.get(resource.rid);
  if (before !== undefined && !(await settledWithin(before, lateAnswerMs))) {
    throw new SvcError('TIMEOUT', 'the look before still waits for its answer');
  }
  const asked = ask(run, resource, signal);
  run.hanging.set(resource.rid, asked);
  try {
    return checkReport(resource.type, await asked);
  } finally {
    run.hanging.delete(resource.rid);
  }
}

async function ask(run: Run, resource: Resource, signal: AbortSignal): Promise<Report> {
  return resource.driver.status(createObserve(contextInput(run, resource, signal)));
}
