/** Status and names as a call without a daemon has them: looked at here and now. */
import { openMetricsBook } from '../api/metrics-book.ts';
import { statusOf } from '../engine/service-status.ts';
import { serviceNames } from '../engine/services.ts';
import type { World } from '../engine/world.ts';
import type { App } from './app.ts';

export function localStatus(world: World, signal: AbortSignal): Pick<App, 'statusOf' | 'serviceNames' | 'metrics'> {
  return {
    statusOf: (service) => statusOf(world, service, signal),
    serviceNames: () => serviceNames(world),
    metrics: openMetricsBook(world),
  };
}
