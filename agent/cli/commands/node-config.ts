/** `node print config`: the effective node configuration, secrets masked. */
import { resolve } from 'node:path';
import { problemLine } from '../../config/problems.ts';
import { loadNode } from '../../engine/node.ts';
import { type App, formatOf, sayData, optionOf } from '../app.ts';
import { openMask } from '../masked-config.ts';

export async function nodeConfigCommand(app: App): Promise<number> {
  const file = optionOf(app, 'file');
  const node = await loadNode(file === undefined ? app.world.paths.nodeFile : resolve(file), app.env);
  for (const problem of node.problems) app.note(`${problemLine(problem)}\n`);
  const { name, settings } = node.definition;
  if (formatOf(app) !== 'tree') {
    sayData(app, {
      schema: 1,
      name,
      file: node.definition.file ?? null,
      settings,
      text: node.document === undefined ? null : openMask(node.document, app.world.registry).text(),
    });
  } else {
    const lines = Object.entries({ ...settings, name }).filter(
      ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
    );
    app.out(`# effective [node]\n${lines.map(([key, value]) => `# ${key} = ${String(value)}\n`).join('')}`);
    if (node.document === undefined) app.out(`# no file ${app.world.paths.nodeFile}\n`);
    else app.out(`\n${openMask(node.document, app.world.registry).text()}`);
  }
  return node.problems.some((problem) => problem.severity === 'error') ? 2 : 0;
}
