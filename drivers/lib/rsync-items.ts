/**
 * From src, dst, include and exclude to the rsync runs of a target (spec/storage-drivers.md §7.3). Pure.
 *
 * A source folder goes into dst under its own name, as rsync does; its contents go there when it ends in a slash, and when dst
 * ends in that very name (/etc/inet to /etc/inet never makes /etc/inet/inet). Absolute excludes are anchored at each item,
 * because rsync takes a leading slash for the root of the transfer.
 */
import { parentOf, tidyPath } from './mountinfo.ts';

export interface Source {
  /** Without a trailing slash, but for the root. */
  readonly path: string;
  readonly isFolder: boolean;
  /** Written with a trailing slash: its contents, not itself. */
  readonly contents: boolean;
}

export interface SyncItem {
  /** As rsync gets them. */
  readonly sources: readonly string[];
  /** The folder there, with a trailing slash. */
  readonly to: string;
  /** Paths there that this item writes, or deletes below. */
  readonly covers: readonly string[];
  readonly filters: readonly string[];
}

export interface ItemRules {
  readonly dst: string;
  readonly exclude: readonly string[];
  readonly include: readonly string[];
  /** Absolute includes that exist: each below one of the sources. */
  readonly included: readonly Source[];
  /** -R: sources keep their whole path. */
  readonly relative: boolean;
  /** Paths there that another resource keeps: never touched from here. */
  readonly taken: readonly string[];
}

export function planItems(sources: readonly Source[], rules: ItemRules): readonly SyncItem[] {
  if (rules.relative) return [relativeItem([...sources, ...rules.included], rules)];
  const dst = tidyPath(rules.dst);
  const placed = sources.map((source) => ({ source, to: placeOf(source, dst) }));
  const inner = rules.included.flatMap((source) => placeIncluded(source, placed, rules));
  const all = [...placed, ...inner];
  const folders = all.filter(({ source }) => source.isFolder).map(({ source, to }) => folderItem(source, to, rules));
  const files = new Map<string, string[]>();
  for (const { source, to } of all) {
    if (!source.isFolder) files.set(parentOf(to), [...(files.get(parentOf(to)) ?? []), source.path]);
  }
  return [...folders, ...[...files].map(([folder, paths]) => fileItem(paths, folder))];
}

interface Placed {
  readonly source: Source;
  /** Its path there. */
  readonly to: string;
}

function placeOf({ path, contents }: Source, dst: string): string {
  const name = nameOf(path);
  return contents || name === '' || name === nameOf(dst) ? dst : join(dst, name);
}

/** What an include names is copied although a parent of it is excluded; one that is copied anyway needs nothing. */
function placeIncluded(source: Source, placed: readonly Placed[], rules: ItemRules): readonly Placed[] {
  const excluded = rules.exclude.filter(isAbsolute).map(tidyPath);
  if (!excluded.some((path) => isBelow(source.path, path) || source.path === path)) return [];
  const host = placed.find((one) => one.source.isFolder && isBelow(source.path, one.source.path));
  return host === undefined ? [] : [{ source, to: join(host.to, relativeTo(source.path, host.source.path)) }];
}

function folderItem({ path }: Source, to: string, rules: ItemRules): SyncItem {
  const anchored = rules.exclude
    .filter(isAbsolute)
    .flatMap((pattern) =>
      isBelow(tidyPath(pattern), path) ? [`/${relativeTo(tidyPath(pattern), path)}${pattern.endsWith('/') ? '/' : ''}`] : [],
    );
  const taken = rules.taken.flatMap((other) => (isBelow(other, to) ? [`/${relativeTo(other, to).replace(/[\\*?[]/g, '\\$&')}`] : []));
  return {
    sources: [path === '/' ? '/' : `${path}/`],
    to: to === '/' ? '/' : `${to}/`,
    covers: [to],
    filters: filtersOf(rules, [...taken, ...anchored]),
  };
}

function fileItem(paths: readonly string[], folder: string): SyncItem {
  return { sources: paths, to: folder === '/' ? '/' : `${folder}/`, covers: paths.map((path) => join(folder, nameOf(path))), filters: [] };
}

/** One run: the transfer root is /, so absolute excludes are right as they are. */
function relativeItem(sources: readonly Source[], rules: ItemRules): SyncItem {
  const dst = tidyPath(rules.dst);
  return {
    sources: sources.map(({ path, contents }) => (contents && path !== '/' ? `${path}/` : path)),
    to: dst === '/' ? '/' : `${dst}/`,
    covers: sources.map(({ path }) => join(dst, path.slice(1))),
    filters: filtersOf(rules, rules.exclude.filter(isAbsolute)),
  };
}

/** Includes come first: the first rule that fits decides. */
function filtersOf(rules: ItemRules, anchored: readonly string[]): readonly string[] {
  const plain = rules.exclude.filter((pattern) => !isAbsolute(pattern));
  return [
    ...rules.include.filter((pattern) => !isAbsolute(pattern)).map((pattern) => `--include=${pattern}`),
    ...[...anchored, ...plain].map((pattern) => `--exclude=${pattern}`),
  ];
}

export function isAbsolute(path: string): boolean {
  return path.startsWith('/');
}

/** Strictly below. */
export function isBelow(path: string, folder: string): boolean {
  return path !== folder && path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

/** One is the other, or lies below it. */
export function overlaps(left: string, right: string): boolean {
  return left === right || isBelow(left, right) || isBelow(right, left);
}

function relativeTo(path: string, folder: string): string {
  return path.slice(folder === '/' ? 1 : folder.length + 1);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function join(folder: string, name: string): string {
  if (name === '') return folder;
  return folder === '/' ? `/${name}` : `${folder}/${name}`;
}
