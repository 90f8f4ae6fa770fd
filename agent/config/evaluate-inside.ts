/**
 * Sections with `encap = true` (or the tag encap): they live inside a container of the service, and are read as the container's own
 * node would read them: its name is the node, and one of encapnodes (spec/config.md "Scopes").
 */
import type { ResourceDefinition } from './definition.ts';
import { evaluateResource } from './evaluate-resource.ts';
import { evaluateTable } from './evaluate-table.ts';
import { groupOf, splitRid } from './groups.ts';
import { tableOf } from './lookup.ts';
import { type ProblemSink, report } from './problems.ts';
import { insideScene, type Scene } from './scene.ts';
import { effectiveEntry, isSameNode } from './scope.ts';

const deciding = ['encap', 'tags'] as const;

/** Whether a resource section says that it lives inside a container. A container does not. */
export function livesInside(scene: Scene, rid: string): boolean {
  if (groupOf(splitRid(rid)?.group ?? '')?.group === 'container') return false;
  const mentions = (section: string) => deciding.some((key) => scene.sections.get(section)?.has(key));
  if (!mentions(rid) && !mentions('DEFAULT')) return false;
  const table = tableOf(scene, rid);
  const rows = table.rows.filter(({ name }) => (deciding as readonly string[]).includes(name));
  // Its problems are reported when the section itself is evaluated.
  const { encap, tags } = evaluateTable(scene, rid, { ...table, rows }, { file: scene.doc.file, found: [] });
  return encap === true || (Array.isArray(tags) && tags.includes('encap'));
}

/** The definitions of sections that live inside, by rid; `outer` are those of the others. */
export function evaluateInside(
  scene: Scene,
  rids: readonly string[],
  outer: readonly ResourceDefinition[],
  sink: ProblemSink,
): ReadonlyMap<string, ResourceDefinition> {
  const found = new Map<string, ResourceDefinition>();
  if (rids.length === 0) return found;
  const container = containerFor(scene, outer);
  if (container === undefined) {
    for (const rid of rids) reportHomeless(scene, rid, sink);
    return found;
  }
  if (container.isGuess) reportGuess(scene, container.rid, rids, sink);
  const inner = insideScene(scene, container.node);
  for (const rid of rids) {
    const definition = evaluateResource(inner, rid, sink);
    if (definition !== undefined) found.set(rid, { ...definition, inside: { container: container.rid, node: container.node } });
  }
  return found;
}

/** The scene that a section is read in: the container's, when it lives in one. */
export function sceneOfSection(scene: Scene, section: string): Scene {
  if (!livesInside(scene, section)) return scene;
  const names = scene.doc.sections.map(({ name }) => name).filter((name) => groupOf(splitRid(name)?.group ?? '')?.group === 'container');
  const containers = names.map((rid) => ({
    rid,
    config: evaluateTable(scene, rid, tableOf(scene, rid), { file: scene.doc.file, found: [] }),
  }));
  const container = chooseContainer(scene, containers);
  return container === undefined ? scene : insideScene(scene, container.node);
}

interface Container {
  readonly rid: string;
  readonly node: string;
  readonly isGuess: boolean;
}

function containerFor(scene: Scene, outer: readonly ResourceDefinition[]): Container | undefined {
  return chooseContainer(
    scene,
    outer.filter(({ group }) => group === 'container'),
  );
}

/** The container that encapnodes names; without it, or when it names several, the first one of the file. */
function chooseContainer(scene: Scene, containers: readonly Pick<ResourceDefinition, 'rid' | 'config'>[]): Container | undefined {
  const all = containers.map(({ rid, config }) => ({ rid, node: typeof config['name'] === 'string' ? config['name'] : scene.env.name }));
  const { encapnodes } = scene.view.members;
  const named = all.filter(({ node }) => encapnodes.some((name) => isSameNode(name, node)));
  const [first] = named.length > 0 ? named : all;
  return first === undefined ? undefined : { ...first, isGuess: all.length > 1 && named.length !== 1 };
}

function reportHomeless(scene: Scene, rid: string, sink: ProblemSink): void {
  report(sink, 'error', placeOf(scene, rid), 'lives inside a container, but the file has no valid container section');
}

function reportGuess(scene: Scene, container: string, rids: readonly string[], sink: ProblemSink): void {
  for (const rid of rids)
    report(sink, 'warning', placeOf(scene, rid), `lives inside ${container}, the first container: let encapnodes name one`);
}

function placeOf(scene: Scene, rid: string) {
  const entry =
    effectiveEntry(scene.sections.get(rid), ['encap'], scene.view) ?? effectiveEntry(scene.sections.get(rid), ['tags'], scene.view);
  const line = entry?.line ?? scene.doc.section(rid)?.line ?? 1;
  return { line, section: rid, ...(entry === undefined ? {} : { keyword: entry.key, value: entry.value }) };
}
