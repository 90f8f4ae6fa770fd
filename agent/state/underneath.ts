/** What a resource stands on, and whether that holds. Pure. */
import { canonicalGroup } from './groups.ts';
import type { Status } from './status.ts';

export interface Standing {
  readonly rid: string;
  readonly group: string;
  readonly status: Status;
  readonly optional: boolean;
  readonly disabled: boolean;
}

const comesAndGoes: ReadonlySet<string> = new Set(['sync', 'task', 'repave', 'hb']);

/**
 * What comes before it in a start, of another group, and is down or cannot be told: an application must not be started on the folder
 * below a mount point. Siblings of its own group do not count.
 * @param resources in the order of a start
 */
export function underneath<R extends Standing>(resources: readonly R[], rid: string): readonly R[] {
  const at = resources.findIndex((one) => one.rid === rid);
  const own = canonicalGroup(resources[at]?.group ?? '');
  return resources.slice(0, Math.max(at, 0)).filter(({ group, status, optional, disabled }) => {
    const counts = !optional && !disabled && canonicalGroup(group) !== own && !comesAndGoes.has(group);
    return counts && (status === 'down' || status === 'stdby down' || status === 'undef');
  });
}
