/** A service file to its definition for one node, with every problem at once (spec/config.md "Validation"). Never throws for bad input. */
import type { Config } from '../driver/keywords.ts';
import { checkRequirements } from './check-requires.ts';
import { reportWithoutEffect } from './check-effect.ts';
import type { DriverCatalog, Problem, ResourceDefinition, ServiceDefinition } from './definition.ts';
import type { IniDocument } from './document.ts';
import { checkDefaultSection, checkFreeSection } from './evaluate-default.ts';
import { evaluateInside, livesInside } from './evaluate-inside.ts';
import { evaluateResource } from './evaluate-resource.ts';
import { evaluateSubset, type SubsetResult } from './evaluate-subset.ts';
import { evaluateTable } from './evaluate-table.ts';
import { canonicalType, groupNames, groupOf, splitRid } from './groups.ts';
import { isFreeSection, splitScope } from './key-path.ts';
import { serviceTable } from './keyword-table.ts';
import { driverOf } from './lookup.ts';
import { nearestName } from '../nearest.ts';
import { hasErrors, type ProblemSink, problemKey, report, tidyProblems } from './problems.ts';
import { expandEntry } from './resolve.ts';
import { indexDocument, type Scene, type ServiceEnvironment, serviceScene } from './scene.ts';
import { isCovered, isSameNode } from './scope.ts';
import type { serviceKeywords } from './tables.ts';

export interface Evaluated<Definition> {
  /** Undefined when there is any error. */
  readonly definition: Definition | undefined;
  readonly problems: readonly Problem[];
}

/** Evaluates for `env.node`; the other nodes of the service are checked too, so that no error waits for a failover. */
export function evaluateService(doc: IniDocument, env: ServiceEnvironment): Evaluated<ServiceDefinition> {
  const index = indexDocument(doc);
  const scene = serviceScene(doc, env, index);
  const sink: ProblemSink = { file: doc.file, found: [...doc.problems] };
  const definition = evaluateScene(scene, sink);
  for (const node of env.checkPeers === false ? [] : otherNodes(scene)) {
    addPeerProblems(sink, node, serviceScene(doc, { ...env, node }, index));
  }
  const problems = tidyProblems(sink.found);
  return { definition: hasErrors(problems) ? undefined : definition, problems };
}

/**
 * One node for each different reading of the file: nodes differ by the scopes that cover them, and by their name where the
 * file uses it.
 */
function otherNodes(scene: Scene): readonly string[] {
  const scopes = new Set(scene.doc.sections.flatMap(({ keys }) => [...keys.keys()].flatMap((key) => splitScope(key).scope ?? [])));
  const usesName = scene.doc.sections.some(({ keys }) => [...keys.values()].some(({ value }) => value.includes('nodename')));
  const reading = (node: string) =>
    `${[...scopes].filter((scope) => isCovered(scope, { ...scene.view, node })).join(' ')} ${usesName ? node : ''}`;
  const seen = new Set([reading(scene.env.node)]);
  const { nodes, drpnodes } = scene.view.members;
  return [...nodes, ...drpnodes].filter((node) => {
    const known = seen.size;
    return !isSameNode(node, scene.env.node) && seen.add(reading(node)).size > known;
  });
}

function addPeerProblems(sink: ProblemSink, node: string, scene: Scene): void {
  const known = new Set(sink.found.map(problemKey));
  const peer: ProblemSink = { file: sink.file, found: [] };
  evaluateScene(scene, peer);
  for (const problem of peer.found) {
    if (!known.has(problemKey(problem))) sink.found.push({ ...problem, text: `${problem.text} (on node ${node})` });
  }
}

function evaluateScene(scene: Scene, sink: ProblemSink): ServiceDefinition {
  const { doc, env } = scene;
  const outer: ResourceDefinition[] = [];
  const inner: string[] = [];
  const subsets: SubsetResult[] = [];
  // Types first: they decide the tables that references into other sections are read with.
  for (const { name } of doc.sections) driverOf(scene, name);
  const settings = evaluateTable(scene, 'DEFAULT', serviceTable, sink) as Config<typeof serviceKeywords>;
  checkDefaultSection(scene, sink);
  for (const { name, line } of doc.sections) {
    if (name === 'DEFAULT') continue;
    if (isFreeSection(name)) checkFreeSection(scene, name, sink);
    else if (name.startsWith('subset#')) subsets.push(...evaluateSubset(scene, name, sink));
    else if (groupOf(splitRid(name)?.group ?? '') === undefined) reportUnknownSection(name, line, sink);
    else if (livesInside(scene, name)) inner.push(name);
    else outer.push(...[evaluateResource(scene, name, sink)].filter((resource) => resource !== undefined));
  }
  const resources = inFileOrder(doc, [...outer, ...evaluateInside(scene, inner, outer, sink).values()]);
  checkRequirements(scene, resources, sink);
  for (const { line, section, definition } of subsets) {
    if (!resources.some(({ group, common }) => subsetName(group, common.subset) === definition.name)) {
      report(sink, 'warning', { line, section }, `no resource of the file belongs to subset ${definition.name}`);
    }
  }
  reportWithoutEffect(scene, settings, sink);
  return {
    name: env.name,
    file: doc.file,
    node: env.node,
    settings: { ...settings, env: settings.env ?? env.nodeSettings?.env },
    resources,
    subsets: subsets.map(({ definition }) => definition),
  };
}

function inFileOrder(doc: IniDocument, resources: readonly ResourceDefinition[]): readonly ResourceDefinition[] {
  const places = new Map(doc.sections.map(({ name }, at) => [name, at]));
  const placeOf = ({ rid }: ResourceDefinition) => places.get(rid) ?? 0;
  return resources.toSorted((a, b) => placeOf(a) - placeOf(b));
}

function subsetName(group: string, subset: string | undefined): string {
  return subset === undefined ? group : `${group}:${subset}`;
}

function reportUnknownSection(name: string, line: number, sink: ProblemSink): void {
  const { group } = splitRid(name) ?? { group: name };
  if (groupOf(group) !== undefined) {
    report(sink, 'error', { line, section: name }, `a resource section has an index: [${group}#1]`);
    return;
  }
  const nearest = nearestName(group, [...groupNames(), 'DEFAULT', 'env', 'subset']);
  report(
    sink,
    'error',
    { line, section: name, nearest },
    `unknown section; allowed are [DEFAULT], [env], [subset#group:name] and [group#index] with group ${groupNames().slice(0, 10).join(', ')}`,
  );
}

const noDrivers: DriverCatalog = { types: () => [], card: () => undefined };

/** Ids of the drivers a file names, for any node: the registry loads them before the evaluation. */
export function requiredDrivers(doc: IniDocument, env?: Pick<ServiceEnvironment, 'name' | 'node' | 'nodeSettings'>): string[] {
  const scene = serviceScene(doc, { name: '', node: '', ...env, catalog: noDrivers });
  const ids = new Set<string>();
  for (const { name } of doc.sections) {
    const implied = groupOf(splitRid(name)?.group ?? '');
    if (implied === undefined) continue;
    const entries = scene.sections.get(name)?.get('type') ?? [];
    const texts = entries.flatMap((entry) => {
      const expanded = expandEntry(scene, name, entry, name);
      return 'fault' in expanded ? [] : [expanded.text];
    });
    for (const type of texts.length === 0 ? [implied.type ?? ''] : texts) {
      if (type !== '') ids.add(`${implied.group}.${canonicalType(implied.group, type)}`);
    }
  }
  return [...ids].sort();
}
