/** Where things are: SVCMGR_HOME, else the package folder when it holds services.d/, else the FHS places. */
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SvcError } from './errors.ts';

export interface Paths {
  readonly services: string;
  readonly nodeFile: string;
  readonly state: string;
  readonly journal: string;
  readonly log: string;
  /** Cleared at boot (FHS), locks and flags live here. */
  readonly run: string;
}

/** The folder that holds package.json of svcmgr, found upwards from this module (source or dist). */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && folder !== '/') folder = dirname(folder);
  return folder;
}

/** Resolves the folders once; SVCMGR_HOME must be absolute. */
export function findPaths(env: Readonly<Record<string, string | undefined>>): Paths {
  const asked = env['SVCMGR_HOME'];
  if (asked !== undefined && asked !== '' && !isAbsolute(asked)) {
    throw new SvcError('CONFIG', `SVCMGR_HOME must be an absolute path, not "${asked}"`);
  }
  const home = asked || (existsSync(join(packageFolder(), 'services.d')) ? packageFolder() : undefined);
  return home === undefined ? fhsPaths : homePaths(home);
}

/** Where packages put things. */
const fhsPaths: Paths = {
  services: '/etc/svcmgr/services.d',
  nodeFile: '/etc/svcmgr/svcmgr.conf',
  state: '/var/lib/svcmgr',
  journal: '/var/lib/svcmgr/journal',
  log: '/var/log/svcmgr',
  run: '/run/svcmgr',
};

/** Everything below one folder. */
export function homePaths(home: string): Paths {
  return {
    services: join(home, 'services.d'),
    nodeFile: join(home, 'etc/svcmgr.conf'),
    state: join(home, 'var'),
    journal: join(home, 'var/journal'),
    log: join(home, 'log'),
    run: join(home, 'run'),
  };
}
