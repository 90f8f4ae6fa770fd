/** What the daemon remembers of a service, as it may be shown now: never an old answer as a fresh one. */
import type { InstanceStatus, StatusDocument } from '../state/status-document.ts';
import { isStale, statusIntervalMs } from '../state/look-due.ts';
import { actionState } from './monitor.ts';
import type { ServiceWatch } from './service-watch.ts';

/** Undefined while nothing is known: no look has ended since the daemon began, or since the last action. */
export function shownNow(watch: ServiceWatch | undefined, nowMs: number, wallMs: number): StatusDocument | undefined {
  if (watch === undefined) return undefined;
  const { status, instance, action } = watch.resident();
  if (status === undefined) return undefined;
  const stale = isStale(watch.rounds().endedMs, { nowMs, wallMs, schedule: instance.definition.settings.status_schedule });
  const monitor =
    action === undefined || status.monitor.action !== null
      ? status.monitor
      : { ...status.monitor, state: actionState(action.verb), action: action.verb, since: new Date(action.sinceMs).toISOString() };
  return { ...status, stale, monitor, instances: aged(status.instances, wallMs) };
}

/** Answers of other nodes are as old as they say themselves; by a clock that is far from ours nothing is known to be fresh. */
function aged(instances: StatusDocument['instances'], wallMs: number): StatusDocument['instances'] {
  const isOld = ({ updated, stale }: InstanceStatus): boolean => stale || Math.abs(wallMs - Date.parse(updated)) > 2 * statusIntervalMs;
  return Object.fromEntries(Object.entries(instances).map(([node, one]) => [node, { ...one, stale: isOld(one) }]));
}
