/** Scopes `key@SCOPE`: which entry of a key applies on a node (spec/config.md "Scopes"). Pure. */
import type { IniEntry, IniSection } from './document.ts';
import { splitScope } from './key-path.ts';

/** Scopes that name a role, most specific first. */
export const roleScopes = ['nodes', 'drpnodes', 'encapnodes', 'flex_primary', 'drp_flex_primary'] as const;
type RoleScope = (typeof roleScopes)[number];

/** Who the nodes are, and for which one the file is read. */
export interface ScopeView {
  readonly node: string;
  readonly members: Readonly<Record<RoleScope, readonly string[]>>;
  /** Every node a scope may name: members, cluster nodes and the node itself. */
  readonly known: readonly string[];
}

export interface ScopedEntry extends IniEntry {
  /** As written, scope included. */
  readonly key: string;
  readonly scope: string | undefined;
}

/** Base key -> its entries with and without scope. */
export type SectionIndex = ReadonlyMap<string, readonly ScopedEntry[]>;

export function indexSection(section: IniSection): SectionIndex {
  const index = new Map<string, ScopedEntry[]>();
  for (const [key, entry] of section.keys) {
    const { base, scope } = splitScope(key);
    const entries = index.get(base);
    const scoped = { ...entry, key, scope };
    if (entries === undefined) index.set(base, [scoped]);
    else entries.push(scoped);
  }
  return index;
}

/** A view of the nodes; flex primaries default to the first of their list. */
export function scopeView(node: string, members: ScopeView['members'], clusterNodes: readonly string[]): ScopeView {
  const all = [
    ...members.nodes,
    ...members.drpnodes,
    ...members.encapnodes,
    ...members.flex_primary,
    ...members.drp_flex_primary,
    ...clusterNodes,
    node,
  ];
  return { node, members, known: [...new Set(all.map((name) => name.toLowerCase()))] };
}

/** True when both names mean one node: equal, or one is the first label of the other. Case does not count. */
export function isSameNode(left: string, right: string): boolean {
  const [a, b] = [left.toLowerCase(), right.toLowerCase()];
  return a === b || isShortOf(a, b) || isShortOf(b, a);
}

function isShortOf(short: string, full: string): boolean {
  return !short.includes('.') && full.startsWith(`${short}.`);
}

/** The entry that applies on the view's node among several spellings of one keyword, or undefined. */
export function effectiveEntry(index: SectionIndex | undefined, spellings: readonly string[], view: ScopeView): ScopedEntry | undefined {
  let best: ScopedEntry | undefined;
  let bestRank = Number.POSITIVE_INFINITY;
  for (const spelling of spellings) {
    for (const entry of index?.get(spelling) ?? []) {
      const rank = scopeRank(entry.scope, view);
      if (rank < bestRank) {
        best = entry;
        bestRank = rank;
      }
    }
  }
  return best;
}

/** 0 is the most specific; infinite when the scope does not cover the node. */
function scopeRank(scope: string | undefined, view: ScopeView): number {
  if (scope === undefined) return roleScopes.length + 2;
  const role = (roleScopes as readonly string[]).indexOf(scope);
  const roleName = roleScopes[role];
  if (roleName !== undefined) {
    return view.members[roleName].some((member) => isSameNode(member, view.node)) ? role + 2 : Number.POSITIVE_INFINITY;
  }
  const wanted = scope.toLowerCase();
  if (wanted === view.node.toLowerCase()) return 0;
  const named = namedNodes(wanted, view.known);
  return named.length > 0 && isSameNode(wanted, view.node) && named.every((name) => isSameNode(name, view.node))
    ? 1
    : Number.POSITIVE_INFINITY;
}

/** True when the scope covers the view's node. */
export function isCovered(scope: string, view: ScopeView): boolean {
  return scopeRank(scope, view) !== Number.POSITIVE_INFINITY;
}

/** Why a scope is not right for the service: it names no node, or a short name fits several. */
export function scopeFault(scope: string, view: ScopeView): { readonly severity: 'error' | 'warning'; readonly text: string } | undefined {
  if (roleScopes.some((role) => role === scope)) return undefined;
  const named = namedNodes(scope.toLowerCase(), view.known);
  if (named.length === 0) {
    return {
      severity: 'warning',
      text: `scope @${scope} names no node of the service; allowed are its nodes and @${roleScopes.join(', @')}`,
    };
  }
  const full = named.filter((name) => name.includes('.'));
  return full.length > 1 ? { severity: 'error', text: `scope @${scope} is ambiguous: ${full.join(', ')}; write the full name` } : undefined;
}

/** Known nodes a scope names: the one of exactly that name, else all that it may abbreviate. */
function namedNodes(scope: string, known: readonly string[]): readonly string[] {
  return known.includes(scope) && scope.includes('.') ? [scope] : known.filter((name) => isSameNode(name, scope));
}
