/** Status and names as a call without a daemon has them: looked at here and now. */
import { statusOf } from '../engine/service-status.ts';
import { serviceNames } from '../engine/services.ts';
import type { World } from '../engine/world.ts';
import type { App } from './app.ts';

export function localStatus(world: World, signal: AbortSignal): Pick<App, 'statusOf' | 'serviceNames'> {
  return { statusOf: (service) => statusOf(world, service, signal), serviceNames: () => serviceNames(world) };
}
