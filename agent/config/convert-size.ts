/** Sizes (spec/config.md "Kinds"): k/m/g… and KiB/MiB… are 1024-based, KB/MB… 1000-based; any case, decimals with . or , */

const letters = ['', 'k', 'm', 'g', 't', 'p', 'e'] as const;

export const sizePattern = /^(\d+(?:[.,]\d+)?)[ \t]*([kmgtpe]?)(i?b?)$/i;

/** Bytes of a size, below 2^63; undefined when it is not a size. */
export function parseSize(text: string): number | undefined {
  const [, digits, letter, ending] = sizePattern.exec(text) ?? [];
  if (digits === undefined || letter === undefined || ending === undefined) return undefined;
  const power = (letters as readonly string[]).indexOf(letter.toLowerCase());
  if (power === 0 && ending.toLowerCase().startsWith('i')) return undefined;
  const base = ending.toLowerCase() === 'b' ? 1000 : 1024;
  const sizeBytes = Math.round(Number(digits.replace(',', '.')) * base ** power);
  return sizeBytes < 2 ** 63 ? sizeBytes : undefined;
}
