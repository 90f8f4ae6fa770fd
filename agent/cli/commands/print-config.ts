/** `print config`: the service file as written, or evaluated for a node; secrets masked. */
import { resolve } from 'node:path';
import { type IniDocument, parseDocument } from '../../config/document.ts';
import { type EvaluatedSection, evaluateDocument } from '../../config/evaluate-keyword.ts';
import { readServiceFile } from '../../config/load.ts';
import { evaluationFor, nameOfFile, readServiceText } from '../../engine/services.ts';
import { type App, formatOf, sayData, valueOf } from '../app.ts';
import { maskedText } from '../masked-config.ts';
import { selectedServices } from '../selected.ts';

/** Text, path and mode of what the call is about: `--file`, or the files of the selected services. */
export async function configTexts(app: App): Promise<readonly { name: string; path: string; text: string; mode: number }[]> {
  const file = valueOf(app, 'file');
  if (file !== undefined) {
    const { text, mode } = await readServiceFile(resolve(file));
    return [{ name: app.call.selector ?? nameOfFile(file), path: file, text, mode }];
  }
  const names = await selectedServices(app);
  return Promise.all(names.map(async (name) => ({ name, ...(await readServiceText(app.world, name)) })));
}

export async function printConfigCommand(app: App): Promise<number> {
  for (const { name, path, text, mode } of await configTexts(app)) {
    const document = parseDocument(text, path);
    const env = await evaluationFor(app.world, name, document, mode, valueOf(app, 'node'));
    if (!app.call.switches.has('eval') && formatOf(app) === 'tree') {
      app.out(maskedText(document, app.world.registry));
      continue;
    }
    const sections = app.call.switches.has('eval') ? evaluateDocument(document, env) : asWritten(parseDocument(maskedText(document, app.world.registry), path));
    if (formatOf(app) === 'tree') app.out(sections.map(sectionText).join('\n'));
    else sayData(app, { schema: 1, service: name, sections: Object.fromEntries(sections.map((one) => [one.name, Object.fromEntries(one.entries.map(({ key, text: value }) => [key, value]))])) });
  }
  return 0;
}

function sectionText(section: EvaluatedSection): string {
  return `[${section.name}]\n${section.entries.map(({ key, text }) => `${key} = ${text.replaceAll('\n', '\n  ')}\n`).join('')}`;
}

function asWritten(document: IniDocument): readonly EvaluatedSection[] {
  return document.sections.map(({ name, keys }) => ({ name, entries: [...keys].map(([key, entry]) => ({ key, text: entry.value })) }));
}
