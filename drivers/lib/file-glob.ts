/** Patterns of file names (`*`, `?`, `[a-z]`) against the folders of a machine, as a shell expands them. */
import type { Reader } from '../../agent/driver/contract.ts';

export function isGlob(path: string): boolean {
  return /[*?[]/.test(path);
}

/** Paths that match, sorted; a path without a pattern is itself, whether it exists or not. A trailing slash stays and wants a folder. */
export async function expandGlob(reader: Reader, pattern: string): Promise<readonly string[]> {
  if (!isGlob(pattern)) return [pattern];
  const slash = pattern.endsWith('/');
  let found: readonly string[] = [''];
  for (const part of pattern.split('/').filter((name) => name !== '')) found = await expandPart(reader, found, part);
  const kinds = await Promise.all(found.map(async (path) => (await reader.stat(path))?.kind));
  return found
    .flatMap((path, at) => (kinds[at] === undefined || (slash && kinds[at] !== 'directory') ? [] : [slash ? `${path}/` : path]))
    .sort();
}

async function expandPart(reader: Reader, folders: readonly string[], part: string): Promise<readonly string[]> {
  if (!isGlob(part)) return folders.map((folder) => `${folder}/${part}`);
  const matches = namePattern(part);
  const names = await Promise.all(folders.map((folder) => namesIn(reader, folder)));
  return folders.flatMap((folder, at) => (names[at] ?? []).filter((name) => matches.test(name)).map((name) => `${folder}/${name}`));
}

async function namesIn(reader: Reader, folder: string): Promise<readonly string[]> {
  const path = folder === '' ? '/' : folder;
  return (await reader.stat(path))?.kind === 'directory' ? reader.list(path) : [];
}

/** A hidden file is only meant by a pattern that begins with a dot. */
export function namePattern(part: string): RegExp {
  const source = part.replace(/\[(!?)([^\]]+)\]|[*?]|[.+^${}()|\\[\]]/g, (text, not: string | undefined, set: string | undefined) => {
    if (set !== undefined) return `[${not === '!' ? '^' : ''}${set.replace(/[\\^]/g, '\\$&')}]`;
    return text === '*' ? '.*' : text === '?' ? '.' : `\\${text}`;
  });
  return new RegExp(`^${part.startsWith('.') ? '' : '(?!\\.)'}${source}$`, 's');
}
