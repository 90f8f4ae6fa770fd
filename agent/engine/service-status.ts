/** The status of a service by name, evaluated here and now. */
import type { StatusDocument } from '../state/status-document.ts';
import { createRun } from './run.ts';
import { loadForStatus } from './services.ts';
import { evaluateStatus } from './status.ts';
import type { World } from './world.ts';

export async function statusOf(world: World, service: string, signal: AbortSignal): Promise<StatusDocument> {
  const { instance, invalid } = await loadForStatus(world, service);
  return evaluateStatus(createRun(world, instance), signal, invalid === undefined ? {} : { invalid });
}
