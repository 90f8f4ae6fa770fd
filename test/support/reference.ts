/** The text that docs/reference.md must be: the tables of this project, rendered. */
import path from 'node:path';
import { renderReference } from '../../agent/cli/manual/markdown.ts';
import { alertKeywords, apiKeywords, arrayKeywords, clusterKeywords, hostKeywords, logKeywords } from '../../agent/config/node-tables.ts';
import { nodeKeywords, resourceKeywords, serviceKeywords } from '../../agent/config/tables.ts';
import { createRegistry } from '../../agent/driver/registry.ts';
import { projectRoot } from './imports.ts';

/** Loads every driver of the source. */
export async function renderProjectReference(): Promise<string> {
  const registry = createRegistry({ folder: path.join(projectRoot, 'drivers') });
  await registry.load(registry.ids);
  return renderReference({
    drivers: Object.fromEntries(registry.ids.map((id) => [id, registry.driver(id)])),
    service: serviceKeywords,
    resource: resourceKeywords,
    node: nodeKeywords,
    nodeSections: {
      'host#NAME': hostKeywords,
      'array#NAME': arrayKeywords,
      cluster: clusterKeywords,
      api: apiKeywords,
      'alert#NAME': alertKeywords,
      log: logKeywords,
    },
  });
}

/** Rows of the Markdown table of errors, the one whose first title is `code`: arrays of plain cells. */
export function errorRows(markdown: string): readonly (readonly string[])[] {
  const lines = markdown.split('\n');
  const begin = lines.findIndex((line) => line.startsWith('| code |'));
  const end = lines.findIndex((line, at) => at > begin && !line.startsWith('|'));
  return lines.slice(begin + 2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.replace(/[`*]/g, '').trim()),
  );
}
