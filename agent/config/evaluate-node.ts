/** The node file (`etc/svcmgr.conf`) to this node's definition. Always gives one: defaults stand in for what is wrong. */
import type { Config } from '../driver/keywords.ts';
import type { ConvertContext } from './convert.ts';
import type { NodeDefinition } from './definition.ts';
import { type IniDocument, parseDocument } from './document.ts';
import type { Evaluated } from './evaluate.ts';
import { checkFreeSection } from './evaluate-default.ts';
import { checkKeys, evaluateTable, nearestKeyword } from './evaluate-table.ts';
import { keywordTable, nodeTable } from './keyword-table.ts';
import { findEntry } from './lookup.ts';
import { nearestName } from '../nearest.ts';
import { type NodeSectionTable, nodeSectionNames, nodeSectionTable } from './node-tables.ts';
import { type ProblemSink, report, tidyProblems } from './problems.ts';
import { expandEntry } from './resolve.ts';
import { plainScene, type Scene, type ServiceEnvironment } from './scene.ts';
import { nodeKeywords } from './tables.ts';

export interface NodeEnvironment extends ConvertContext {
  /** Name the system gives the node: SVCMGR_NODENAME, else the host name. `[node] name` wins over it. */
  readonly node: string;
}

export interface EvaluatedNode extends Evaluated<NodeDefinition> {
  readonly definition: NodeDefinition;
}

/** Evaluates the node file; undefined when there is none. Sections are strings, checked against their tables. */
export function evaluateNode(doc: IniDocument | undefined, env: NodeEnvironment): EvaluatedNode {
  const file = doc ?? parseDocument('', '');
  const sink: ProblemSink = { file: file.file, found: [...file.problems] };
  const early = sceneFor(file, env);
  const scene = sceneFor(file, { ...env, node: nodeName(early) ?? env.node });
  const settings = nodeSettings(scene, sink, env);
  const sections = new Map<string, Readonly<Record<string, string>>>();
  for (const { name, line } of file.sections) {
    const table = nodeSectionTable(name);
    if (name === 'node') continue;
    if (name === 'env') checkFreeSection(scene, name, sink);
    else if (table === undefined) reportUnknown(name, line, sink);
    else sections.set(name, sectionValues(scene, name, table, sink));
  }
  const definition = { name: settings.name ?? env.node, file: doc?.file, settings, sections };
  return { definition, problems: tidyProblems(sink.found) };
}

function sceneFor(doc: IniDocument, env: NodeEnvironment): Scene {
  const full: ServiceEnvironment = { ...env, name: env.node, catalog: { types: () => [], card: () => undefined } };
  return plainScene(doc, full);
}

function nodeName(scene: Scene): string | undefined {
  const values = evaluateTable(scene, 'node', keywordTable({ name: nodeKeywords.name }), { file: '', found: [] });
  return typeof values['name'] === 'string' && values['name'] !== '' ? values['name'] : undefined;
}

function nodeSettings(scene: Scene, sink: ProblemSink, env: NodeEnvironment): Config<typeof nodeKeywords> {
  checkKeys(scene, 'node', nodeTable, sink, (base, entry) => {
    const nearest = nearestKeyword(base, nodeTable);
    report(
      sink,
      'error',
      { line: entry.line, section: 'node', keyword: entry.key, value: entry.value, nearest },
      `${base} is no keyword of [node]; allowed are ${Object.keys(nodeKeywords).join(', ')}`,
    );
  });
  const found = Object.entries(evaluateTable(scene, 'node', nodeTable, sink)).filter(([, value]) => value !== undefined);
  const defaults = evaluateTable(sceneFor(parseDocument('', ''), env), 'node', nodeTable, { file: '', found: [] });
  return { ...defaults, ...Object.fromEntries(found) } as Config<typeof nodeKeywords>;
}

function reportUnknown(name: string, line: number, sink: ProblemSink): void {
  const names = nodeSectionNames.map((known) => (known.endsWith('#') ? `[${known}NAME]` : `[${known}]`)).join(', ');
  const nearest = nearestName(name.slice(0, name.indexOf('#') + 1) || name, nodeSectionNames);
  report(sink, 'error', { line, section: name, nearest }, `unknown section of a node file; allowed are ${names}`);
}

/** Every keyword of the table that has a text, and in an open table the other keys too. */
function sectionValues(
  scene: Scene,
  section: string,
  { keywords, isOpen }: NodeSectionTable,
  sink: ProblemSink,
): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  const table = keywordTable(keywords);
  const store = (name: string, text: string | undefined) => {
    if (text !== undefined) values[name] = text;
  };
  checkKeys(scene, section, table, sink, (base, entry) => {
    const place = { line: entry.line, section, keyword: entry.key, nearest: nearestKeyword(base, table) };
    if (isOpen) report(sink, 'warning', place, `${base} is no known keyword of such a section; a driver of your own may read it`);
    else report(sink, 'error', place, `${base} is no keyword of such a section; allowed are ${Object.keys(keywords).join(', ')}`);
    if (isOpen) store(base, effectiveText(scene, section, [base]));
  });
  evaluateTable(scene, section, table, sink);
  for (const { name, keyword, spellings } of table.rows) store(name, effectiveText(scene, section, spellings) ?? keyword.default);
  return values;
}

function effectiveText(scene: Scene, section: string, spellings: readonly string[]): string | undefined {
  const found = findEntry(scene, section, { spellings, parents: [] });
  if (found === undefined) return undefined;
  const expanded = expandEntry(scene, found.section, found.entry, found.context);
  return 'fault' in expanded ? undefined : expanded.text;
}
