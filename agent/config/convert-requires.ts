/** Requirements (spec/config.md): `fs#1(up) sync#1(up,warn)`; without states, `up` or `stdby up`. */
import type { Requirement } from '../driver/keywords.ts';

/** States a requirement may name, as status shows them. */
export const requirementStates = ['up', 'down', 'warn', 'n/a', 'undef', 'stdby up', 'stdby down'] as const;

const defaultStates = ['up', 'stdby up'] as const;
const itemPattern = /[ \t\r\n]*([^ \t\r\n()]+)(?:\(([^()]*)\))?(?=[ \t\r\n]|$)/y;

export function parseRequires(text: string): { readonly value: readonly Requirement[] } | { readonly fault: string } {
  const value: Requirement[] = [];
  const pattern = new RegExp(itemPattern);
  while (pattern.lastIndex < text.length) {
    const from = pattern.lastIndex;
    if (text.slice(from).trim() === '') break;
    const match = pattern.exec(text);
    const rid = match?.[1];
    if (rid === undefined) return { fault: `cannot read "${text.slice(from, from + 30).trim()}"; allowed is rid or rid(state,state)` };
    if (!/^[^#]+#.+$/.test(rid)) return { fault: `"${rid}" is not a resource id; allowed is group#index, as in fs#1(up)` };
    const states = match?.[2] === undefined ? defaultStates : match[2].split(',').map((state) => state.trim().replace(/\s+/g, ' '));
    const unknown = states.find((state) => !requirementStates.some((known) => known === state));
    if (unknown !== undefined) return { fault: `"${unknown}" is not a state; allowed are ${requirementStates.join(', ')}` };
    value.push({ rid, states });
  }
  return { value };
}
