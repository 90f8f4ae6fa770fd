/** What `showrcopy` says of an array: its targets, links and groups. */
import { type GroupRow, type LinkRow, readRow, type TargetRow, unreadable, type VolumeRow } from './rows.ts';

export interface Group extends GroupRow {
  /** When its last sync was begun, as printed; only a primary periodic group says it. */
  readonly lastSync: string | undefined;
  /** Undefined: it has no period, so that it syncs only when it is told to. */
  readonly periodSeconds: number | undefined;
  /** The options that are no figures: auto_recover, over_per_alert … */
  readonly policies: readonly string[];
  readonly volumes: readonly VolumeRow[];
}

/** A group as its first target has it. */
export interface NamedGroup extends Group {
  /** A group with several targets has a row for each of them (spec/hp3par.md §2.1). */
  readonly others: readonly Group[];
}

export function groupIn({ groups = [] }: Rcopy, name: string): NamedGroup | undefined {
  const [first, ...others] = groups.filter((group) => group.name === name);
  return first === undefined ? undefined : { ...first, others };
}

/** A part is undefined when its section was not printed and no row of it either. */
export interface Rcopy {
  readonly system: { readonly service: string; readonly health: string | undefined } | undefined;
  readonly targets: readonly TargetRow[] | undefined;
  readonly links: readonly LinkRow[] | undefined;
  readonly groups: readonly Group[] | undefined;
}

interface Draft {
  system?: Rcopy['system'];
  targets?: TargetRow[];
  links?: LinkRow[];
  groups?: (GroupRow & { volumes: VolumeRow[] })[];
}

const titles = { 'Target Information': 'targets', 'Link Information': 'links', 'Group Information': 'groups' } as const;

/** Column titles of the sections, by their first two words. */
const headings = /^\s*,?\s*(Name\s*,?\s*(ID|Target)|Target\s*,?\s*Node|LocalVV\s*,?\s*ID)\b/;

/**
 * Parses any of `showrcopy [links|groups|targets]`, with or without headings, with commas or aligned.
 * @throws SvcError COMMAND with the line that does not fit
 */
export function parseRcopy(text: string): Rcopy {
  const draft: Draft = {};
  for (const line of text.split('\n').map((one) => one.replace(/\r$/, ''))) addLine(draft, line);
  return {
    system: draft.system,
    targets: draft.targets,
    links: draft.links,
    groups: draft.groups?.map(({ volumes, ...row }) => ({ ...row, ...figuresOf(row.options), volumes })),
  };
}

function addLine(draft: Draft, line: string): void {
  const plain = line.trim();
  if (plain === '' || plain === 'Remote Copy System Information' || headings.test(line)) return;
  const status = /^Status: (\w+)(?:, (.+))?$/.exec(plain);
  if (status !== null) {
    draft.system = { service: status[1] ?? '', health: status[2] };
    return;
  }
  const title = Object.entries(titles).find(([name]) => name === plain)?.[1];
  if (title !== undefined) draft[title] ??= [];
  else addRow(draft, line);
}

function addRow(draft: Draft, line: string): void {
  const read = readRow(line);
  if (read.kind === 'target') draft.targets = [...(draft.targets ?? []), read.row];
  else if (read.kind === 'link') draft.links = [...(draft.links ?? []), read.row];
  else if (read.kind === 'group') draft.groups = [...(draft.groups ?? []), { ...read.row, volumes: [] }];
  else {
    // A volume without a group in front of it: the beginning of the answer is missing.
    const last = draft.groups?.at(-1);
    if (last === undefined) throw unreadable(line);
    last.volumes.push(read.row);
  }
}

const unitSeconds = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

function figuresOf(options: readonly string[]): Pick<Group, 'lastSync' | 'periodSeconds' | 'policies'> {
  const lastSync = options.flatMap((one) => /^Last-Sync (.+)$/.exec(one)?.[1] ?? [])[0];
  const period = options.map((one) => /^Period (\d+)([smhd])$/.exec(one)).find((found) => found !== null);
  const [, count, unit] = period ?? [];
  return {
    lastSync: lastSync === 'NA' ? undefined : lastSync,
    periodSeconds: count === undefined ? undefined : Number(count) * unitSeconds[unit as keyof typeof unitSeconds],
    policies: options.filter((one) => /^[a-z_]+$/.test(one)),
  };
}

/** Joined: at least one link to the target is up. `receive` rows tell of our own ports only (spec/hp3par.md §0.5). */
export function isJoined(links: readonly LinkRow[], target: string): boolean {
  return links.some((link) => link.target === target && link.status === 'Up');
}
