/** Where the agent of another node is, from `[host#NAME]` of the node file. */
import { join } from 'node:path';
import type { NodeDefinition } from '../config/definition.ts';
import { isSameNode } from '../config/scope.ts';
import { packageFolder } from '../paths.ts';
import type { RemotePlace } from './remote-agent.ts';

/** The section about a node, by its full or short name; empty when the file has none. */
export function hostSection({ sections }: NodeDefinition, node: string): Readonly<Record<string, string>> {
  const exact = sections.get(`host#${node}`);
  if (exact !== undefined) return exact;
  const named = [...sections].find(([name]) => name.startsWith('host#') && isSameNode(name.slice('host#'.length), node));
  return named?.[1] ?? {};
}

/** Default: installed where ours is, with its own default home. */
export function remotePlace(definition: NodeDefinition, node: string): RemotePlace {
  const { svcmgr, home } = hostSection(definition, node);
  return { svcmgr: svcmgr ?? join(packageFolder(), 'bin/svcmgr'), home };
}
