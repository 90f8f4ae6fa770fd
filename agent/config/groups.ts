/** Groups of resources, their OpenSVC spellings and the types that go without saying (spec/config.md "INI language"). */

export const groups = ['vg', 'ip', 'fs', 'container', 'app', 'share', 'sync', 'task', 'hb', 'repave'] as const;
export type Group = (typeof groups)[number];

/** A section without `type` gets this one; a group that is not here must say its type. */
export const defaultTypes = {
  vg: 'lvm',
  ip: 'host',
  container: 'lxc',
  app: 'forking',
  sync: 'rsync',
  task: 'host',
} as const satisfies Partial<Record<Group, string>>;

/** Other names of group vg. Sections keep their rid; the name also chooses the type where it says one. */
const vgSpellings: Readonly<Record<string, string | undefined>> = {
  disk: undefined,
  lv: 'lv',
  raw: 'raw',
  loop: 'loop',
  zpool: 'zpool',
  pool: 'zpool',
  zvol: 'zvol',
  md: 'md',
  drbd: 'drbd',
  vmdg: 'vmdg',
  vdisk: 'vdisk',
  vxdg: 'vxdg',
  vxvol: 'vxvol',
};

/** Types under their other names, by group. */
const typeSpellings: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  vg: { vg: 'lvm', pool: 'zpool', disk: 'lvm' },
};

export interface SectionGroup {
  readonly group: Group;
  /** The type that the section's name or group implies. */
  readonly type: string | undefined;
}

/** The group that `fs` of `[fs#1]` means, or undefined when it is none. */
export function groupOf(name: string): SectionGroup | undefined {
  const group = groups.find((known) => known === name);
  if (group !== undefined) return { group, type: (defaultTypes as Partial<Record<Group, string>>)[group] };
  if (!Object.hasOwn(vgSpellings, name)) return undefined;
  return { group: 'vg', type: vgSpellings[name] ?? defaultTypes.vg };
}

/** Every name a resource section may begin with. */
export function groupNames(): readonly string[] {
  return [...groups, ...Object.keys(vgSpellings)];
}

/** The type under its own name: `vg` of group vg is `lvm`. */
export function canonicalType(group: Group, type: string): string {
  const spellings = typeSpellings[group];
  return spellings !== undefined && Object.hasOwn(spellings, type) ? (spellings[type] ?? type) : type;
}

/** Group and index of a rid, `fs#1` -> `fs` and `1`; undefined when it is not one. */
export function splitRid(rid: string): { readonly group: string; readonly index: string } | undefined {
  const hash = rid.indexOf('#');
  if (hash <= 0 || hash === rid.length - 1) return undefined;
  return { group: rid.slice(0, hash), index: rid.slice(hash + 1) };
}
