/** Finds the peer's answers (conformance data), which lie beside the project and are read in place, never copied. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The folder with the vectors: SVCMGR_VECTORS, else `../shared/vectors` beside the project root; undefined when absent. */
export function vectorsFolder(): string | undefined {
  const folder = process.env['SVCMGR_VECTORS'] ?? path.resolve(import.meta.dirname, '../../../shared/vectors');
  return existsSync(folder) ? folder : undefined;
}

/** Why conformance cannot run: the folder, or that file of it, is absent; undefined when it is there. Goes with `describeUnless`. */
export function missingVectors(file: string): string | undefined {
  const folder = vectorsFolder();
  if (folder === undefined) return 'no ../shared/vectors beside the project and no SVCMGR_VECTORS';
  return existsSync(path.join(folder, file)) ? undefined : `no ${file} in the vectors folder`;
}

/** The parsed content of one vector file, e.g. `readVectors<Row>('references.json')`; its shape is the caller's claim. */
export function readVectors<T>(file: string): T {
  const folder = vectorsFolder();
  if (folder === undefined) throw new Error('no vectors folder: guard the suite with missingVectors');
  return JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as T;
}
