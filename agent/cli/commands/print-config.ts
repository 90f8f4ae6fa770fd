/** `print config`: the service file as written, or evaluated for a node; secrets masked. */
import { resolve } from 'node:path';
import { type IniDocument, parseDocument } from '../../config/document.ts';
import { evaluateDocument, evaluateKeyword } from '../../config/evaluate-keyword.ts';
import { readServiceFile } from '../../config/load.ts';
import type { ServiceEnvironment } from '../../config/scene.ts';
import { evaluationFor, nameOfFile, readServiceText } from '../../engine/services.ts';
import { type App, formatOf, sayData, optionOf } from '../app.ts';
import { type Mask, openMask } from '../masked-config.ts';
import { isPattern, selectedServices } from '../selected.ts';

/** A configuration that is to be shown. */
export interface ShownConfig {
  readonly name: string;
  readonly document: IniDocument;
  readonly env: ServiceEnvironment;
  readonly mask: Mask;
}

/** What the call is about: `--file`, or the files of the selected services; evaluated for `--node`, else for this node. */
export async function shownConfigs(app: App): Promise<readonly ShownConfig[]> {
  return Promise.all(
    (await configTexts(app)).map(async ({ name, path, text, mode }) => {
      const document = parseDocument(text, path);
      const env = await evaluationFor(app.world, name, document, mode, optionOf(app, 'node'));
      const mask = openMask(document, app.world.registry, (keyword) => evaluateKeyword(document, env, keyword).text);
      return { name, document, env, mask };
    }),
  );
}

async function configTexts(app: App): Promise<readonly { name: string; path: string; text: string; mode: number }[]> {
  const file = optionOf(app, 'file');
  if (file !== undefined) {
    const { text, mode } = await readServiceFile(resolve(file));
    return [{ name: app.call.selector ?? nameOfFile(file), path: file, text, mode }];
  }
  const names = await selectedServices(app);
  return Promise.all(names.map(async (name) => ({ name, ...(await readServiceText(app.world, name)) })));
}

interface Section {
  readonly name: string;
  readonly entries: readonly { readonly key: string; readonly text: string }[];
}

export async function printConfigCommand(app: App): Promise<number> {
  const evaluated = app.call.switches.has('eval');
  const configs = await shownConfigs(app);
  if (formatOf(app) === 'tree') {
    app.out(configs.map((config) => titled(configs, config, evaluated ? textOf(sectionsOf(config, true)) : config.mask.text())).join('\n'));
    return 0;
  }
  const rows = configs.map((config) => ({ schema: 1, service: config.name, sections: plainOf(sectionsOf(config, evaluated)) }));
  sayData(
    app,
    rows.length === 1 && (!isPattern(app) || optionOf(app, 'file') !== undefined) ? rows[0] : { schema: 1, services: rows },
    rows,
  );
  return 0;
}

/** Several files need their names between them. */
function titled(configs: readonly ShownConfig[], { name, document }: ShownConfig, text: string): string {
  return configs.length === 1 ? text : `# ${name}: ${document.file}\n${text}`;
}

function sectionsOf({ document, env, mask }: ShownConfig, evaluated: boolean): readonly Section[] {
  const sections: readonly Section[] = evaluated
    ? evaluateDocument(document, env)
    : document.sections.map(({ name, keys }) => ({ name, entries: [...keys].map(([key, entry]) => ({ key, text: entry.value })) }));
  return sections.map(({ name, entries }) => ({
    name,
    entries: entries.map(({ key, text }) => ({ key, text: mask.value(name, key, text) })),
  }));
}

function plainOf(sections: readonly Section[]): Readonly<Record<string, Readonly<Record<string, string>>>> {
  return Object.fromEntries(sections.map(({ name, entries }) => [name, Object.fromEntries(entries.map(({ key, text }) => [key, text]))]));
}

function textOf(sections: readonly Section[]): string {
  return sections
    .map(({ name, entries }) => `[${name}]\n${entries.map(({ key, text }) => `${key} = ${text.replaceAll('\n', '\n  ')}\n`).join('')}`)
    .join('\n');
}
