/** Names of everything a test makes outside its own memory: with the process in them, leftovers of a crashed run are recognised. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** `svt-<pid>-`, the beginning of every name that this test run gives. */
export function namePrefix(pid = process.pid): string {
  return `svt-${pid}-`;
}

/** The pid in a name that begins with `svt-<pid>-`; undefined for any other name. */
export function pidInName(name: string): number | undefined {
  const digits = /^svt-(\d+)-/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** A new empty folder of this run, `/tmp/svt-<pid>-XXXXXX`. */
export function makeFolder(): string {
  return mkdtempSync(path.join(tmpdir(), namePrefix()));
}
