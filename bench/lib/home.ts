/** A temporary svcmgr home for benchmarks, and the world of an engine that works in it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Driver } from '../../agent/driver/contract.ts';
import { createRegistry } from '../../agent/driver/registry.ts';
import { loadNode } from '../../agent/engine/node.ts';
import { createRemotePeers, noRemoteRun } from '../../agent/engine/remote-agent.ts';
import { remotePlace } from '../../agent/engine/remote-place.ts';
import type { World } from '../../agent/engine/world.ts';
import { createDoors } from '../../agent/io/doors.ts';
import { findWho } from '../../agent/io/identity.ts';
import { openScopes } from '../../agent/io/scope.ts';
import { findPaths } from '../../agent/paths.ts';

export interface BenchHome {
  readonly folder: string;
  readonly services: string;
  remove(): void;
}

/** Makes the folder and writes these service files, name -> text. */
export function makeBenchHome(files: Readonly<Record<string, string>>): BenchHome {
  const folder = mkdtempSync(path.join(tmpdir(), `svt-${process.pid}-bench-`));
  const services = path.join(folder, 'services.d');
  mkdirSync(services);
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(services, `${name}.conf`), text);
  return { folder, services, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A world as main.ts builds it, silent, on a node called `bench`, with more drivers. */
export async function makeBenchWorld(home: BenchHome, extra: Readonly<Record<string, Driver>> = {}): Promise<World> {
  const env = { SVCMGR_HOME: home.folder, SVCMGR_NODENAME: 'bench' };
  const paths = findPaths(env);
  const node = (await loadNode(paths.nodeFile, env)).definition;
  const placeOf = (name: string) => remotePlace(node, name);
  return {
    paths,
    node,
    peers: createRemotePeers({ run: noRemoteRun, placeOf, now: () => new Date(), timeoutMs: 5000 }),
    registry: createRegistry({ folder: path.resolve(import.meta.dirname, '../../drivers'), extra }),
    doors: createDoors(openScopes(paths.state)),
    now: () => new Date(),
    sink: () => undefined,
    who: findWho(process.env),
    reservedNames: [],
  };
}
