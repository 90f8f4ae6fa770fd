/** The dice of `~`, without chance: the same job draws the same instant of the same window, whoever asks and however often. */

/** FNV-1a, then an avalanche of its bits: neighbouring texts must not draw neighbouring instants. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/** A `random` for nextRun and isAllowed from a name such as `node1/svc1/sync#1`: spreads jobs over a range, and one job over its days. */
export function stableRandom(name: string): (opensMs: number) => number {
  return (opensMs) => hash(`${name} ${opensMs}`) / 2 ** 32;
}
