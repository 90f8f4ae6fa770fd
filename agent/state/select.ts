/** Which resources of a service an action is for: `--rid`, `--tag`, `--subset` (spec/opensvc-core.md §2.4). Pure. */
import { SvcError } from '../errors.ts';
import { canonicalGroup, isGroup, ridPrefix } from './groups.ts';
import { nearestNames } from '../nearest.ts';

export interface SelectableName {
  readonly rid: string;
  readonly group: string;
  /** Driver id, `fs.ext4`. */
  readonly type: string;
}

export interface Selectable extends SelectableName {
  readonly tags: readonly string[];
  /** Name only: `web` of `[subset#app:web]`. */
  readonly subset?: string | undefined;
}

export interface RidOptions {
  /** `fs#1,app,fs.ext4`: rids, groups and types; any of them. */
  readonly rid?: string | undefined;
  /** `a,b` either, `a+b` both; `+` binds tighter. */
  readonly tags?: string | undefined;
  /** `g1,g2`: any of them. */
  readonly subsets?: string | undefined;
}

/**
 * The rids that all given options agree on, in the order of `resources`; every rid when no option is given.
 * @throws SvcError NOT_FOUND when an option names something that does not exist (also beside names that do: a typo must not
 * narrow an action silently), or when nothing is left
 */
export function selectRids(resources: readonly Selectable[], options: RidOptions): readonly string[] {
  const rids = splitList(options.rid, '--rid');
  const tags = splitList(options.tags, '--tag')?.map((words) => words.split('+').map((word) => word.trim()));
  const subsets = splitList(options.subsets, '--subset');
  for (const name of rids ?? []) checkRid(resources, name);
  const tagWords = resources.flatMap((resource) => resource.tags);
  for (const word of tags?.flat() ?? []) checkWord('tag', word, tagWords);
  const subsetNames = resources.flatMap((resource) => resource.subset ?? []);
  for (const name of subsets ?? []) checkWord('subset', name, subsetNames);
  const chosen = resources.filter(
    (resource) =>
      (rids?.some((name) => matchesRid(resource, name)) ?? true) &&
      (tags?.some((words) => words.every((word) => resource.tags.includes(word))) ?? true) &&
      (subsets?.includes(resource.subset ?? '') ?? true),
  );
  if (chosen.length > 0 || (rids ?? tags ?? subsets) === undefined) return chosen.map((resource) => resource.rid);
  throw nothingLeft(resources, options);
}

/** Whether a word of `--rid` means this resource: its rid, its group (`disk` means vg), its section's own word, its type. */
export function matchesRid(resource: SelectableName, name: string): boolean {
  if (name === resource.rid || name === resource.type || name === ridPrefix(resource.rid)) return true;
  if (canonicalGroup(name) === resource.group) return name !== 'lv' && name !== 'raw';
  const dot = name.indexOf('.');
  return dot > 0 && `${canonicalGroup(name.slice(0, dot))}${name.slice(dot)}` === resource.type;
}

function splitList(text: string | undefined, option: string): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const words = text.split(',').map((word) => word.trim());
  if (words.some((word) => word === '' || word.split('+').includes(''))) {
    throw new SvcError('CONFIG', `${option} ${JSON.stringify(text)} has an empty name`, { hint: 'separate names by single commas' });
  }
  return words;
}

function checkRid(resources: readonly Selectable[], name: string): void {
  if (resources.some((resource) => matchesRid(resource, name))) return;
  // A group that this service happens not to have is no typo: `--rid fs,vg` asks for all of both.
  if (isGroup(canonicalGroup(name))) return;
  const known = resources.flatMap((resource) => [resource.rid, resource.group, resource.type]);
  throw unknownName(
    'resource',
    name,
    known,
    resources.map((resource) => resource.rid),
  );
}

function checkWord(kind: 'tag' | 'subset', word: string, known: readonly string[]): void {
  if (!known.includes(word)) throw unknownName(kind, word, known, known);
}

function unknownName(kind: string, name: string, known: readonly string[], all: readonly string[]): SvcError {
  const nearest = nearestNames(name, known);
  const list = [...new Set(all)];
  const existing =
    list.length === 0 ? `this service has no ${kind}s` : `${kind}s here: ${list.slice(0, 20).join(' ')}${list.length > 20 ? ' …' : ''}`;
  return new SvcError('NOT_FOUND', `no ${kind} matches ${name}`, {
    hint: nearest.length > 0 ? `did you mean ${nearest.join(' or ')}?` : existing,
    facts: { name, nearest },
  });
}

function nothingLeft(resources: readonly Selectable[], options: RidOptions): SvcError {
  const given = [
    ['--rid', options.rid],
    ['--tag', options.tags],
    ['--subset', options.subsets],
  ].flatMap(([option, value]) => (value === undefined ? [] : [`${option} ${value}`]));
  return new SvcError('NOT_FOUND', `no resource matches ${given.join(' and ')}`, {
    hint: `resources here: ${
      resources
        .map((resource) => resource.rid)
        .slice(0, 20)
        .join(' ') || 'none'
    }`,
  });
}
