/** Whether what a resource needs has been created. */
import { createObserve } from '../driver/context.ts';
import { withDeadline } from './deadline.ts';
import { isReachable } from './hosted.ts';
import type { Resource } from './instance.ts';
import { type Look, statusLimitMs } from './look.ts';
import { contextInput, type Run } from './run.ts';

/** Null when there is nothing to provision or it cannot be told; what is up needs no question. */
export async function provisionedOf(run: Run, resource: Resource, look: Look, signal: AbortSignal): Promise<boolean | null> {
  const ask = resource.driver.provisioned;
  if (ask === undefined) return resource.driver.provision === undefined ? null : look.report.state === 'up' ? true : null;
  if (look.report.state === 'up') return true;
  if (look.error !== undefined || resource.traits.disabled || !isReachable(run, resource)) return null;
  try {
    return await withDeadline(signal, statusLimitMs(run, resource), 'provisioned', (inner) =>
      ask(createObserve(contextInput(run, resource, inner))),
    );
  } catch {
    return null;
  }
}
