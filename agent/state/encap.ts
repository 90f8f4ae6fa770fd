/** Resources that live inside a container, seen from its host (spec/status.md "Aggregation", spec/opensvc-core.md §3.4). */
import { canonicalGroup } from './groups.ts';
import { isDown, merge, type Status, settle } from './status.ts';

/** What the inner agent has nothing to say about while its container is down. */
const silentGroups: ReadonlySet<string> = new Set(['sync', 'app', 'task', 'repave', 'hb']);

/**
 * The status of an inner resource as the host shows it: as reported while the container runs; in a container that is
 * down everything is down, and what only runs there (sync, app, task) is n/a.
 */
export function encapStatus(container: Status, group: string, reported: Status): Status {
  if (!isDown(container)) return reported;
  return silentGroups.has(canonicalGroup(group)) ? 'n/a' : 'down';
}

export interface Totals {
  readonly avail: Status;
  readonly overall: Status;
}

/** Merges a container's inner instance into its host's, after both were aggregated (conformance: status_encap). */
export function mergeEncap(host: Totals, inner: Totals): Totals {
  return { avail: settle(merge(host.avail, inner.avail)), overall: settle(merge(host.overall, inner.overall)) };
}
