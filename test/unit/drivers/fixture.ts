/** Real output of tools, captured; the lines `#: …` at the top say which tool, version and command. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

export function fixture(name: string): string {
  const text = readFileSync(path.join(import.meta.dirname, 'fixtures', name), 'utf8');
  const body = text.replace(/^(?:#: .*\n)+/, '');
  if (body === text) throw new Error(`${name} has no heading`);
  return body;
}
