/** Reads the import lines of source files, for the tests of the layout. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const projectRoot = path.resolve(import.meta.dirname, '../..');

export interface Import {
  /** The importing file, relative to the project root. */
  readonly from: string;
  /** A file relative to the project root, `node:fs`, or the name of a package. */
  readonly target: string;
  readonly kind: 'type' | 'value' | 'dynamic';
}

const statement = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]/gm;
const dynamic = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

/** Every import of one TypeScript source; `from` is its path relative to the project root. */
export function importsOf(from: string, text: string): Import[] {
  const found: Import[] = [];
  for (const [, type, specifier = ''] of text.matchAll(statement))
    found.push({ from, target: resolve(from, specifier), kind: type ? 'type' : 'value' });
  for (const [, specifier = ''] of text.matchAll(dynamic)) found.push({ from, target: resolve(from, specifier), kind: 'dynamic' });
  return found;
}

function resolve(from: string, specifier: string): string {
  if (specifier.startsWith('.')) return path.join(path.dirname(from), specifier);
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Paths of the TypeScript files below folders of the project, relative to its root. */
export function sourceFiles(...folders: readonly string[]): string[] {
  return folders.flatMap((folder) => {
    if (!existsSync(path.join(projectRoot, folder))) return [];
    const names = readdirSync(path.join(projectRoot, folder), { recursive: true, encoding: 'utf8' });
    return names.filter((name) => name.endsWith('.ts')).map((name) => path.join(folder, name));
  });
}

export function readSource(file: string): string {
  return readFileSync(path.join(projectRoot, file), 'utf8');
}
