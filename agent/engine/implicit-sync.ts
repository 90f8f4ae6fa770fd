/**
 * sync#i0: every service with other nodes sends them its file (spec/storage-drivers.md §6.1). The one place where agent/ names a
 * driver; a section [sync#i0] of the file stands in its place.
 */
import type { ResourceDefinition, ServiceDefinition } from '../config/definition.ts';
import { parseDocument } from '../config/document.ts';
import { evaluateService } from '../config/evaluate.ts';
import type { ServiceEnvironment } from '../config/scene.ts';
import type { Registry } from '../driver/registry.ts';

export const configSyncRid = 'sync#i0';
export const configSyncDriver = 'sync.config';

/** The definition with its implicit sync; loads the driver, unless there is none. */
export async function withConfigSync(
  definition: ServiceDefinition,
  env: ServiceEnvironment,
  registry: Registry,
): Promise<ServiceDefinition> {
  const { nodes, drpnodes } = definition.settings;
  const isAlone = new Set([...nodes, ...drpnodes].map((node) => node.toLowerCase())).size < 2;
  if (isAlone || definition.resources.some(({ rid }) => rid === configSyncRid)) return definition;
  await registry.load([configSyncDriver]);
  if (registry.card(configSyncDriver) === undefined) return definition;
  const implicit = evaluated(definition, env);
  return implicit === undefined ? definition : { ...definition, resources: [...definition.resources, implicit] };
}

/** As a section would be: the driver's table gives its defaults. */
function evaluated(definition: ServiceDefinition, env: ServiceEnvironment): ResourceDefinition | undefined {
  const [group, type] = configSyncDriver.split('.');
  const text = `[${group}#i0]\ntype = ${type}\noptional = false\nsrc = ${definition.file}\n`;
  const found = evaluateService(parseDocument(text, definition.file), { ...env, checkPeers: false }).definition?.resources[0];
  return found === undefined ? undefined : { ...found, line: 1 };
}
