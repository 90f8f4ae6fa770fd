/** A temporary SVCMGR_HOME with services, node file, state, logs and locks of its own. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { removeFolder } from './leftovers.ts';
import { makeFolder } from './names.ts';

export interface Home {
  readonly folder: string;
  /** `SVCMGR_HOME=<folder>`, for a child's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Writes `services.d/<name>.conf` and returns its path. */
  service(name: string, text: string): string;
  /** Writes `etc/svcmgr.conf` and returns its path. */
  node(text: string): string;
  /** A path below the folder, its parent made. */
  path(...parts: string[]): string;
  /** Unmounts and detaches whatever still hangs on the folder, then removes it. */
  remove(): void;
}

export function makeHome(): Home {
  const folder = makeFolder();
  for (const name of ['services.d', 'etc', 'var', 'log', 'run']) mkdirSync(path.join(folder, name));
  const place = (...parts: string[]) => {
    const file = path.join(folder, ...parts);
    mkdirSync(path.dirname(file), { recursive: true });
    return file;
  };
  const write = (text: string, ...parts: string[]) => {
    const file = place(...parts);
    writeFileSync(file, text);
    return file;
  };
  return {
    folder,
    env: { SVCMGR_HOME: folder },
    service: (name, text) => write(text, 'services.d', `${name}.conf`),
    node: (text) => write(text, 'etc', 'svcmgr.conf'),
    path: place,
    remove: () => removeFolder(folder),
  };
}

/** Inside `describe`: a fresh home for each test, removed after it whatever happened; call the result to get it. */
export function useHome(): () => Home {
  let current: Home | undefined;
  beforeEach('make a home', () => {
    current = makeHome();
  });
  afterEach('remove the home', () => {
    current?.remove();
    current = undefined;
  });
  return () => {
    if (current === undefined) throw new Error('the home exists only inside a test');
    return current;
  };
}
