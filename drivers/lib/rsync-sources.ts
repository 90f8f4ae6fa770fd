/** What the keywords src, include and exclude mean on this machine, and what other resources keep at the same place there. */
import type { Observe, Peer, ResourceView } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { expandGlob, isGlob } from './file-glob.ts';
import { tidyPath } from './mountinfo.ts';
import { isRelative } from './rsync-command.ts';
import { isAbsolute, planItems, type Source, type SyncItem } from './rsync-items.ts';

export interface SourceSettings {
  readonly src: readonly string[];
  readonly dst: string;
  readonly exclude: readonly string[];
  readonly include: readonly string[];
  readonly options: readonly string[] | undefined;
}

export interface Sources {
  readonly sources: readonly Source[];
  readonly included: readonly Source[];
}

/** @throws SvcError CONFIG for a source that is no absolute path, COMMAND when one does not exist or nothing matches */
export async function findSources(at: Observe<Keywords>, { src, include }: SourceSettings): Promise<Sources> {
  const bad = src.find((path) => !isAbsolute(path));
  if (bad !== undefined) throw new SvcError('CONFIG', `src: ${bad} is not an absolute path`);
  const sources = (await Promise.all(src.map((path) => sourcesOf(at, path)))).flat();
  if (sources.length === 0) throw new SvcError('COMMAND', `no files to sync: nothing matches ${src.join(' ')}`);
  return { sources, included: (await Promise.all(include.filter(isAbsolute).map((path) => sourcesOf(at, path)))).flat() };
}

async function sourcesOf(at: Observe<Keywords>, pattern: string): Promise<readonly Source[]> {
  const paths = await expandGlob(at.local, pattern);
  if (paths.length === 0) at.log.warn(`nothing matches ${pattern}`);
  return Promise.all(paths.map((path) => sourceOf(at, path)));
}

async function sourceOf(at: Observe<Keywords>, written: string): Promise<Source> {
  const path = tidyPath(written);
  const stat = await at.local.stat(path);
  if (stat === undefined) throw new SvcError('COMMAND', `${path} does not exist here`);
  return { path, isFolder: stat.kind === 'directory', contents: written.endsWith('/') };
}

/** The runs for one target. */
export function itemsFor(at: Observe<Keywords>, peer: Peer, settings: SourceSettings, { sources, included }: Sources): readonly SyncItem[] {
  const { dst, include, exclude, options } = settings;
  const taken = at.resources.filter(({ rid }) => rid !== at.rid).flatMap((other) => keptBy(other, peer));
  return planItems(sources, { dst, include, exclude, included, taken, relative: isRelative(options) });
}

/** Several schedules over parts of one replica: what another resource copies to this target is not reverted from here (§7.5). */
function keptBy({ type, config }: ResourceView, peer: Peer): readonly string[] {
  const { src, dst, target, options } = config;
  if (type !== 'sync.rsync' || !isWords(src) || typeof dst !== 'string' || !isWords(target) || !target.includes(peer.role)) return [];
  const written = src.filter((path) => !isGlob(path));
  const sources = written.map((path) => ({ path: tidyPath(path), isFolder: true, contents: path.endsWith('/') }));
  const relative = isWords(options) && isRelative(options);
  return planItems(sources, { dst, include: [], exclude: [], included: [], taken: [], relative }).flatMap(({ covers }) => covers);
}

function isWords(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((word) => typeof word === 'string');
}
