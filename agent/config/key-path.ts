/** `section.key` as written on a command line or in a reference. */

export interface KeyPath {
  readonly section: string;
  /** Scope included: `mnt@node1`. */
  readonly key: string;
}

/** Sections whose keys may hold dots, so that the section ends at the first one. */
const freeSections = new Set(['env', 'labels', 'data']);

/** Sections whose keys are free text, not keywords. */
export function isFreeSection(name: string): boolean {
  return freeSections.has(name);
}

/**
 * Splits at the last dot before a scope (`array#hp3par1.opensvc.com.manager`), at the first one for env, labels and data.
 * Without a dot the section is DEFAULT.
 */
export function splitKeyPath(path: string): KeyPath {
  const at = path.indexOf('@');
  const base = at === -1 ? path : path.slice(0, at);
  const first = base.indexOf('.');
  const dot = first !== -1 && freeSections.has(base.slice(0, first)) ? first : base.lastIndexOf('.');
  return dot === -1 ? { section: 'DEFAULT', key: path } : { section: path.slice(0, dot), key: path.slice(dot + 1) };
}

/** Key and scope of a key as written: `mnt@node1` -> `mnt`, `node1`. */
export function splitScope(key: string): { readonly base: string; readonly scope: string | undefined } {
  const at = key.indexOf('@');
  return at <= 0 ? { base: key, scope: undefined } : { base: key.slice(0, at), scope: key.slice(at + 1) };
}
