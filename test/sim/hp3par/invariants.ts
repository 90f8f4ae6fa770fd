/**
 * What must hold at every instant; looked at after each change and before each command.
 * 1. Two halves that reach each other are never both writable.
 * 2. Nothing but replication changes a volume that hosts may not write.
 * 3. While both halves are writable (a split), never are both written.
 */
import { type Access, type Half, isWritable, type StorageArray, type Volume } from './model.ts';
import { primaryHalves } from './replicate.ts';
import { accessTo, isReachable, otherHalf, volumeNamed, type World } from './world.ts';

export interface Invariants {
  /** What was violated, when and at which change; empty is well. */
  readonly violations: readonly string[];
  look(world: World, cause: string): void;
  /** The simulator itself wrote to this volume: its stamp is taken anew. */
  replicated(world: World, array: StorageArray, volume: Volume): void;
}

interface Known {
  readonly access: Access;
  readonly stamp: string;
}

/** Names a pair of volumes, the same from both sides. */
function keyOf(half: Half, other: Half, index: number): string {
  const member = half.group.members[index];
  return [`${half.array.name}/${member?.volume}`, `${other.array.name}/${member?.remote}`].sort().join(' ');
}

export function makeInvariants(): Invariants {
  const violations: string[] = [];
  const known = new Map<string, Known>();
  /** Stamps of both sides when a split began, by the name of its first volume. */
  const splits = new Map<string, { readonly here: string; readonly there: string }>();
  const report = (world: World, words: string, cause: string) => {
    const line = `${new Date(world.clock.nowMs()).toISOString()} ${words} (${cause})`;
    if (!violations.some((one) => one.slice(25) === line.slice(25))) violations.push(line);
  };
  const stampOf = (world: World, array: StorageArray, volume: Volume) => world.bytes.stamp(array, volume);

  const lookAtSplits = (world: World, cause: string) => {
    const open = new Set<string>();
    for (const half of primaryHalves(world).filter(({ group }) => isWritable(group))) {
      const other = otherHalf(world, half);
      if (!isWritable(other.group)) continue;
      // An array that lets an old primary go on breaks the rule itself.
      const isOld = world.quirks.returnedPrimary === 'primary' && splits.has(keyOf(half, other, 0));
      if (isReachable(world, half) && !isOld)
        report(world, `${half.group.name} is writable on both arrays while their links are up`, cause);
      for (const [index, member] of half.group.members.entries()) {
        const key = keyOf(half, other, index);
        open.add(key);
        const here = stampOf(world, half.array, volumeNamed(half.array, member.volume));
        const there = stampOf(world, other.array, volumeNamed(other.array, member.remote));
        const [one, two] = half.array.name < other.array.name ? [here, there] : [there, here];
        const before = splits.get(key) ?? { here: one, there: two };
        splits.set(key, before);
        if (before.here !== one && before.there !== two) report(world, `both sides of ${key} were written`, cause);
      }
    }
    for (const key of splits.keys()) if (!open.has(key)) splits.delete(key);
  };

  const lookAtReadOnly = (world: World, cause: string) => {
    for (const array of world.arrays) {
      for (const volume of array.volumes) {
        const key = `${array.name}/${volume.name}`;
        const [access, stamp] = [accessTo(array, volume), stampOf(world, array, volume)];
        const before = known.get(key);
        if (before !== undefined && before.access !== 'rw' && before.stamp !== stamp)
          report(world, `${key} was written while ${before.access}`, cause);
        known.set(key, { access, stamp });
      }
    }
  };
  return {
    violations,
    look: (world, cause) => {
      lookAtReadOnly(world, cause);
      lookAtSplits(world, cause);
    },
    replicated: (world, array, volume) => {
      known.set(`${array.name}/${volume.name}`, { access: accessTo(array, volume), stamp: stampOf(world, array, volume) });
    },
  };
}
