/** `get --kw`: the value of keywords, as written or evaluated for a node; a line each; secrets masked. */
import type { Problem } from '../../config/definition.ts';
import type { IniDocument } from '../../config/document.ts';
import { evaluateKeyword } from '../../config/evaluate-keyword.ts';
import { splitKeyPath } from '../../config/key-path.ts';
import { nearestName } from '../../nearest.ts';
import { problemLine } from '../../config/problems.ts';
import { SvcError } from '../../errors.ts';
import { type App, formatOf, sayData } from '../app.ts';
import { isPattern } from '../selected.ts';
import { type ShownConfig, shownConfigs } from './print-config.ts';

interface Row {
  readonly service: string;
  readonly keyword: string;
  /** As text; null when it is not set and has no default. */
  readonly text: string | null;
  readonly value: unknown;
}

export async function getCommand(app: App): Promise<number> {
  const keywords = app.call.values.kw ?? [];
  if (keywords.length === 0) throw new SvcError('CONFIG', 'get: which keyword?', { hint: app.call.verb.example });
  const evaluated = app.call.switches.has('eval');
  const configs = await shownConfigs(app);
  const rows = configs.flatMap((config) => keywords.map((keyword) => rowOf(config, keyword, evaluated)));
  if (formatOf(app) === 'tree') {
    // Several services: which one said it; several keywords of one: in the order asked for, as `get` of a script wants it.
    app.out(rows.map(({ service, text }) => `${configs.length > 1 ? `${service}: ` : ''}${text ?? ''}\n`).join(''));
    return 0;
  }
  const documents = configs.map(({ name }) => documentOf(name, rows));
  sayData(app, documents.length === 1 && !isPattern(app) ? documents[0] : { schema: 1, services: documents }, documents);
  return 0;
}

function documentOf(service: string, rows: readonly Row[]): Readonly<Record<string, unknown>> {
  const own = rows.filter((row) => row.service === service);
  return { schema: 1, service, keywords: Object.fromEntries(own.map(({ keyword, value }) => [keyword, value])) };
}

function rowOf({ name, document, env, mask }: ShownConfig, keyword: string, evaluated: boolean): Row {
  const { section, key } = splitKeyPath(keyword);
  if (section !== 'DEFAULT' && document.section(section) === undefined) throw noSection(document, section);
  const { text, value, problems } = evaluateKeyword(document, env, keyword, { raw: !evaluated });
  // As written, a keyword that is not there is an empty line; one that cannot be there is a mistake of the caller.
  const faults = evaluated || text !== undefined ? problems : evaluateKeyword(document, env, keyword).problems.filter(isAboutName);
  const errors = faults.filter((problem) => problem.severity === 'error');
  if (errors.length > 0)
    throw new SvcError(errors.every(isAboutName) ? 'NOT_FOUND' : 'CONFIG', errors.map(textOf).join('\n'), hintOf(errors));
  return {
    service: name,
    keyword,
    text: mask.value(section, key, text ?? null),
    value: mask.value(section, key, (evaluated ? value : text) ?? null),
  };
}

function noSection(document: IniDocument, section: string): SvcError {
  const nearest = nearestName(
    section,
    document.sections.map(({ name }) => name),
  );
  return new SvcError(
    'NOT_FOUND',
    `${document.file}: there is no section [${section}]`,
    nearest === undefined ? {} : { hint: `did you mean ${nearest}?` },
  );
}

/** A problem without a value is about the name asked for, not about what the file says. */
function isAboutName(problem: Problem): boolean {
  return problem.value === undefined;
}

function textOf(problem: Problem): string {
  return isAboutName(problem) ? `${problem.file}: ${problem.text}` : problemLine(problem);
}

function hintOf(problems: readonly Problem[]): { hint?: string } {
  const nearest = problems.find((problem) => problem.nearest !== undefined)?.nearest;
  return nearest === undefined ? {} : { hint: `did you mean ${nearest}?` };
}
