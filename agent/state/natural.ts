/** Natural order: `app#2` before `app#10`, a companion reservation `vg#1pr` right before its `vg#1`, the implicit `sync#i0` first. */
import { ridIndex } from './groups.ts';

/** Digits compare as numbers, the rest by code unit (so `B` before `a`, as the peer). Negative, zero or positive. */
export function compareNatural(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = compareRuns(left[i] ?? '', right[i] ?? '');
    if (order !== 0) return order;
  }
  // Equal as numbers but not as text (1 and 01): the text decides, so that the order is total.
  return left.length - right.length || compareText(a, b);
}

/**
 * Order of resources inside a group: by index, then by the whole rid, so that `disk#1`, `vg#2`, `lv#3` follow their numbers.
 * The companion `Npr` comes before `N` (spec/storage-drivers.md §2), the implicit syncs before the written ones (spec/status.md).
 */
export function compareRids(a: string, b: string): number {
  const left = companion(ridIndex(a));
  const right = companion(ridIndex(b));
  return implicitFirst(a, b) || compareNatural(left.base, right.base) || right.pr - left.pr || compareNatural(a, b);
}

/** `sync#i0` is made by the agent, not written in the file. */
function implicitFirst(a: string, b: string): number {
  const implicit = /^sync#i\d+$/;
  return Number(implicit.test(b)) - Number(implicit.test(a));
}

function companion(index: string): { base: string; pr: number } {
  return /^.+pr$/.test(index) ? { base: index.slice(0, -2), pr: 1 } : { base: index, pr: 0 };
}

function compareRuns(a: string, b: string): number {
  if (!/^\d/.test(a) || !/^\d/.test(b)) return compareText(a, b);
  const left = a.replace(/^0+/, '');
  const right = b.replace(/^0+/, '');
  return left.length - right.length || compareText(left, right);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
