/** An array for a person: who it is, whom it knows, its links and groups. */
import type { ArrayView, Reader } from '../../../agent/driver/contract.ts';
import { askArray } from './ask.ts';
import { momentOf, parseArrayTime } from './array-time.ts';
import { parseShowsys } from './listings.ts';

/** @throws SvcError when it does not answer, or not as an array does */
export async function describeArray(array: Reader): Promise<ArrayView> {
  const [{ stdout }, { rcopy, clock }] = await Promise.all([array.read(['showsys'], { timeoutMs: 8000 }), askArray(array)]);
  const { name, model, serial, id } = parseShowsys(stdout);
  const nowMs = Date.now();
  const ageOf = (text: string | undefined): number | null => {
    const atMs = text === undefined ? undefined : momentOf(parseArrayTime(text), { nowMs, clock });
    return atMs === undefined ? null : Math.max(0, nowMs - atMs);
  };
  return {
    system: { name, model, serial, id, remoteCopy: rcopy.system?.service ?? 'unknown', zone: clock?.zone ?? null },
    targets: (rcopy.targets ?? []).map((target) => ({ name: target.name, type: target.type, status: target.status })),
    links: (rcopy.links ?? [])
      .filter(({ target }) => target !== 'receive')
      .map(({ target, node, address, status }) => ({ target, node, address, status })),
    groups: (rcopy.groups ?? []).map(({ name: group, target, status, role, mode, volumes }) => {
      const last = volumes
        .map(({ lastSyncTime }) => lastSyncTime)
        .filter((text) => text !== undefined)
        .sort()[0];
      const states = [...new Set(volumes.map(({ syncStatus }) => syncStatus))];
      return {
        name: group,
        target,
        status,
        role,
        mode,
        volumes: volumes.length,
        sync: states.join(', '),
        lastSync: last ?? null,
        ageMs: ageOf(last),
      };
    }),
  };
}
