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
  return new Checker();
}

class Checker implements Invariants {
  readonly violations: string[] = [];
  readonly #known = new Map<string, Known>();
  /** Stamps of both sides when a split began, by its pair of volumes. */
  readonly #splits = new Map<string, readonly [string, string]>();

  look(world: World, cause: string): void {
    this.#lookAtReadOnly(world, cause);
    this.#lookAtSplits(world, cause);
  }

  replicated(world: World, array: StorageArray, volume: Volume): void {
    this.#known.set(`${array.name}/${volume.name}`, { access: accessTo(array, volume), stamp: world.bytes.stamp(array, volume) });
  }

  #report(world: World, words: string, cause: string): void {
    const at = new Date(world.clock.nowMs()).toISOString();
    const line = `${words} (${cause})`;
    if (!this.violations.some((one) => one.endsWith(` ${line}`))) this.violations.push(`${at} ${line}`);
  }

  #lookAtReadOnly(world: World, cause: string): void {
    for (const array of world.arrays) {
      for (const volume of array.volumes) {
        const key = `${array.name}/${volume.name}`;
        const before = this.#known.get(key);
        this.replicated(world, array, volume);
        if (before === undefined || before.access === 'rw' || before.stamp === this.#known.get(key)?.stamp) continue;
        this.#report(world, `${key} was written while ${before.access}`, cause);
      }
    }
  }

  #lookAtSplits(world: World, cause: string): void {
    const open = new Set<string>();
    for (const half of primaryHalves(world).filter(({ group }) => isWritable(group))) {
      const other = otherHalf(world, half);
      if (!isWritable(other.group)) continue;
      // An array that lets an old primary go on breaks the rule itself.
      const isOld = world.quirks.returnedPrimary === 'primary' && this.#splits.has(keyOf(half, other, 0));
      if (isReachable(world, half) && !isOld) {
        this.#report(world, `${half.group.name} is writable on both arrays while their links are up`, cause);
      }
      for (const index of half.group.members.keys()) open.add(this.#lookAtSplit(world, half, other, index, cause));
    }
    for (const key of this.#splits.keys()) if (!open.has(key)) this.#splits.delete(key);
  }

  /** Returns the name of the pair of volumes. */
  #lookAtSplit(world: World, half: Half, other: Half, index: number, cause: string): string {
    const key = keyOf(half, other, index);
    const member = half.group.members[index];
    const stamp = ({ array }: Half, volume = '') => world.bytes.stamp(array, volumeNamed(array, volume));
    const [here, there] = [stamp(half, member?.volume), stamp(other, member?.remote)];
    const now = half.array.name < other.array.name ? ([here, there] as const) : ([there, here] as const);
    const before = this.#splits.get(key) ?? now;
    this.#splits.set(key, before);
    if (before[0] !== now[0] && before[1] !== now[1]) this.#report(world, `both sides of ${key} were written`, cause);
    return key;
  }
}
