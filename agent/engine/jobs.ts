/** The scheduled jobs of a service: which resource, when, what is asked for, and why it may not run now. */
import { whyHeld } from '../state/automatic-hold.ts';
import type { Schedule } from '../state/schedule/model.ts';
import { parseSchedule } from '../state/schedule/parse.ts';
import { whyNotSync } from '../state/sync-gate.ts';
import type { StatusDocument } from '../state/status-document.ts';
import type { Instance, Resource } from './instance.ts';
import type { AutomaticRequest } from './resident.ts';
import { shownServiceState } from './service-state.ts';
import { pauseOf } from './sync-pause.ts';
import { syncPlace } from './sync-place.ts';
import type { World } from './world.ts';

export interface Job {
  /** `svc1 sync#1` */
  readonly key: string;
  readonly service: string;
  readonly resource: Resource;
  readonly schedule: Schedule;
  readonly locks: readonly string[];
  readonly priority: number;
  readonly request: AutomaticRequest;
}

/** The jobs of a service, in the order of its file. */
export function jobsOf(instance: Instance): readonly Job[] {
  return instance.resources.flatMap((resource) => jobOf(instance, resource) ?? []);
}

function jobOf({ name, definition }: Instance, resource: Resource): Job | undefined {
  const { rid, group, config, driver, implied } = resource;
  const own = config['schedule'];
  const text = typeof own === 'string' ? own : group === 'task' ? definition.settings.run_schedule : undefined;
  const isSync = group === 'sync' && Object.hasOwn(driver.sync ?? {}, 'update');
  const isTask = group === 'task' && driver.run !== undefined;
  if (text === undefined || implied !== undefined || !(isSync || isTask)) return undefined;
  const parsed = parseSchedule(text);
  // The file was checked: only an outside driver's own default could be wrong.
  if (!parsed.ok) return undefined;
  return {
    key: `${name} ${rid}`,
    service: name,
    resource,
    schedule: parsed.schedule,
    locks: driver.locks?.(config as never) ?? [],
    priority: definition.settings.priority,
    request: isSync ? { verb: 'sync', sync: 'update', rid, automatic: true } : { verb: 'run', rid, automatic: true },
  };
}

/** Why a job may not run now, whatever its schedule says; undefined when it may. */
export function whyNotJob(world: World, instance: Instance, status: StatusDocument | undefined, { resource }: Job): string | undefined {
  if (resource.traits.disabled) return 'disabled';
  if (status === undefined) return 'the service was not looked at yet';
  const held = whyHeld({ status, disabled: instance.definition.settings.disable, acting: false });
  if (held !== undefined) return held;
  const service = shownServiceState(instance, status);
  const shown = status.resources[resource.rid];
  const paused = shown === undefined ? undefined : pauseOf(shown);
  if (resource.group === 'sync') return whyNotSync({ ...syncPlace(world, instance, resource), paused, named: false, service, allow: [] });
  // A task works on what the service holds; one of nothing but tasks holds nothing.
  return service === 'up' || service === 'n/a' ? undefined : `the service is ${service} here`;
}
