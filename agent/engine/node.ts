/** The node configuration: etc/svcmgr.conf, or defaults when there is none. */
import { hostname } from 'node:os';
import type { NodeDefinition, Problem } from '../config/definition.ts';
import { type IniDocument, parseDocument } from '../config/document.ts';
import { evaluateNode } from '../config/evaluate-node.ts';
import { readServiceFile } from '../config/load.ts';
import { SvcError } from '../errors.ts';

export interface LoadedNode {
  readonly definition: NodeDefinition;
  readonly document: IniDocument | undefined;
  readonly problems: readonly Problem[];
}

/** Reads and evaluates the node file; never throws for what is in it: that is in `problems`. */
export async function loadNode(file: string, env: Readonly<Record<string, string | undefined>>): Promise<LoadedNode> {
  const read = await readServiceFile(file).catch((error: unknown) => {
    if (error instanceof SvcError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  });
  const document = read === undefined ? undefined : parseDocument(read.text, read.path);
  const evaluated = evaluateNode(document, {
    node: env['SVCMGR_NODENAME'] || hostname(),
    ...(read === undefined ? {} : { fileMode: read.mode }),
  });
  return { ...evaluated, document };
}
