/** Builds the world of this node: node configuration, drivers, doors, ways to other nodes. What main.ts and daemon.ts have in common. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { verbs } from './cli/verbs.ts';
import type { NodeDefinition } from './config/definition.ts';
import type { Sink } from './driver/log-line.ts';
import { createRegistry } from './driver/registry.ts';
import { openArrayWays } from './engine/array-ways.ts';
import { openNodeWays } from './engine/node-ways.ts';
import { createRemotePeers } from './engine/remote-agent.ts';
import { remotePlace } from './engine/remote-place.ts';
import { rshTo } from './engine/rsh.ts';
import type { World } from './engine/world.ts';
import { createDoors } from './io/doors.ts';
import type { Who } from './io/identity.ts';
import { openScopes } from './io/scope.ts';
import type { Paths } from './paths.ts';
import { catchAllWords } from './state/selector-syntax.ts';

export interface WorldInput {
  readonly paths: Paths;
  readonly node: NodeDefinition;
  readonly sink: Sink;
  readonly who: Who;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface BuiltWorld {
  readonly world: World;
  /** Ends the connections to other nodes and to arrays. */
  close(): Promise<void>;
}

export function buildWorld({ paths, node, sink, who, env }: WorldInput): BuiltWorld {
  const ways = openNodeWays(node, env);
  const doors = createDoors(openScopes(paths.state));
  const arrays = openArrayWays(node, doors);
  const now = (): Date => new Date();
  const world: World = {
    paths,
    node,
    registry: createRegistry({ folder: driverFolder(), driverPath: node.settings.driver_path ?? [] }),
    doors,
    peers: createRemotePeers({
      run: ways.run,
      placeOf: (name) => remotePlace(node, name),
      now,
      timeoutMs: node.settings.peer_timeout,
    }),
    doorsFor: (target) => ('array' in target ? arrays.doorsFor(target.array) : ways.doorsFor(target)),
    rshTo: (name) => rshTo(node, name, env, ways.addressOf(name)),
    now,
    sink,
    who,
    reservedNames: [...catchAllWords, ...new Set(verbs.flatMap((verb) => verb.name.split(' ')))],
  };
  const close = async (): Promise<void> => {
    await Promise.all([ways.close(), arrays.close()]);
  };
  return { world, close };
}

export function joinSinks(sinks: readonly Sink[]): Sink {
  return (line) => {
    for (const sink of sinks) sink(line);
  };
}

/** Drivers lie beside main.js in a build, one folder up in the source and from a chunk of the build. */
function driverFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const beside = join(here, 'drivers');
  return existsSync(beside) ? beside : join(here, '../drivers');
}

/** The log file is a convenience: an unwritable folder must not stop an action. */
export async function openLog(paths: Paths): Promise<{ sink: Sink; close(): Promise<void> } | undefined> {
  const { openFileLog } = await import('./log.ts');
  try {
    return openFileLog(paths.log);
  } catch (error) {
    process.stderr.write(`svcmgr: no log file: ${String(error)}\n`);
    return undefined;
  }
}
