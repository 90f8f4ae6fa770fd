/** The words behind `sync`, made from the drivers: what any of them can do, and `all`. */
import type { Registry } from '../driver/registry.ts';

/** Loads every driver of group sync; sorted. */
export async function syncVerbs(registry: Registry): Promise<readonly string[]> {
  const ids = registry.ids.filter((id) => id.startsWith('sync.'));
  await registry.load(ids);
  const methods = ids.flatMap((id) => Object.keys(registry.driver(id).sync ?? {}));
  return [...new Set(['all', ...methods])].sort();
}
