/** Everything needed to read one file for one node: sections, nodes, built-in names, drivers. Built once per evaluation. */
import type { Config } from '../driver/keywords.ts';
import { type ConvertContext, wordsOf } from './convert.ts';
import type { DriverCard, DriverCatalog } from './definition.ts';
import type { IniDocument } from './document.ts';
import type { KeywordTable } from './keyword-table.ts';
import type { Expansion } from './reference.ts';
import { expandEntry } from './resolve.ts';
import { indexSection, isSameNode, type ScopeView, type SectionIndex, scopeView } from './scope.ts';
import type { nodeKeywords } from './tables.ts';

/** For whom and with what a service file is evaluated. */
export interface ServiceEnvironment extends ConvertContext {
  /** Name of the service: the file name without its ending. */
  readonly name: string;
  /** Node it is evaluated for; `{nodename}`. */
  readonly node: string;
  readonly catalog: DriverCatalog;
  readonly nodeSettings?: Config<typeof nodeKeywords> | undefined;
  /** Default: `default`. */
  readonly clusterName?: string | undefined;
  readonly clusterNodes?: readonly string[] | undefined;
  /** False until a cluster is configured: cluster keywords are then reported as without effect. */
  readonly isClustered?: boolean | undefined;
  /** False: only for `node`, not for every node of the service. Default true. */
  readonly checkPeers?: boolean | undefined;
}

export interface Scene {
  readonly doc: IniDocument;
  readonly env: ServiceEnvironment;
  readonly view: ScopeView;
  readonly sections: ReadonlyMap<string, SectionIndex>;
  /** Tables of drivers met so far, shared by the scenes of one file. */
  readonly tables: Map<string, KeywordTable>;
  readonly builtins: ReadonlyMap<string, string>;
  /** Expanded entries. */
  readonly memo: Map<string, Expansion>;
  /** Entries being expanded, outermost first: a loop shows here, and the depth. */
  readonly open: string[];
  /** Drivers of the resource sections; 'open' while the type is being found. */
  readonly drivers: Map<string, SectionDriver | 'open'>;
}

/** What `type` and the section's name say about its driver. */
export interface SectionDriver {
  readonly group: string;
  readonly index: string;
  /** `fs.ext4`; undefined when the type is missing or cannot be expanded. */
  readonly id: string | undefined;
  readonly card: DriverCard | undefined;
}

const noMembers: ScopeView['members'] = { nodes: [], drpnodes: [], encapnodes: [], flex_primary: [], drp_flex_primary: [] };

/** What the scenes of one file have in common, whatever the node. */
export type FileIndex = Pick<Scene, 'sections' | 'tables'>;

export function indexDocument(doc: IniDocument): FileIndex {
  return { sections: new Map(doc.sections.map((section) => [section.name, indexSection(section)])), tables: new Map() };
}

/** The scene of a service file. The node lists are read first, with no role scope in effect. */
export function serviceScene(doc: IniDocument, env: ServiceEnvironment, index: FileIndex = indexDocument(doc)): Scene {
  const clusterNodes = env.clusterNodes ?? [];
  const early = sceneOf(doc, env, index, scopeView(env.node, noMembers, clusterNodes));
  const words = (key: string): readonly string[] => {
    const entry = index.sections
      .get('DEFAULT')
      ?.get(key)
      ?.find(({ scope }) => scope === undefined);
    const expanded = entry === undefined ? undefined : expandEntry(early, 'DEFAULT', entry, 'DEFAULT');
    return expanded === undefined || 'fault' in expanded ? [] : wordsOf(expanded.text);
  };
  const nodes = words('nodes');
  const members = { nodes: nodes.length > 0 ? nodes : [env.node], drpnodes: words('drpnodes'), encapnodes: words('encapnodes') };
  const primary = (key: string, fallback: readonly string[]) => (words(key).length > 0 ? words(key) : fallback).slice(0, 1);
  const flex = { flex_primary: primary('flex_primary', members.nodes), drp_flex_primary: primary('drp_flex_primary', members.drpnodes) };
  return sceneOf(doc, env, index, scopeView(env.node, { ...members, ...flex }, clusterNodes));
}

/** The scene of what lives inside a container: the container is its node, and one of encapnodes. The node lists stay. */
export function insideScene(scene: Scene, node: string): Scene {
  const { sections, tables, view } = scene;
  const { members } = view;
  const isNamed = members.encapnodes.some((name) => isSameNode(name, node));
  const encapnodes = isNamed ? members.encapnodes : [...members.encapnodes, node];
  const clusterNodes = scene.env.clusterNodes ?? [scene.env.node];
  return sceneOf(
    scene.doc,
    { ...scene.env, node, clusterNodes },
    { sections, tables },
    scopeView(node, { ...members, encapnodes }, clusterNodes),
  );
}

/** The scene of a node file: no role scopes. */
export function plainScene(doc: IniDocument, env: ServiceEnvironment): Scene {
  return sceneOf(doc, env, indexDocument(doc), scopeView(env.node, noMembers, env.clusterNodes ?? []));
}

function sceneOf(doc: IniDocument, env: ServiceEnvironment, index: FileIndex, view: ScopeView): Scene {
  return { doc, env, view, ...index, builtins: serviceBuiltins(env), memo: new Map(), open: [], drivers: new Map() };
}

/** There are no namespaces: `{fqdn}` is what OpenSVC gives a service of its root namespace. */
function serviceBuiltins(env: ServiceEnvironment): ReadonlyMap<string, string> {
  const cluster = env.clusterName ?? 'default';
  return new Map([
    ['nodename', env.node],
    ['short_nodename', env.node.split('.')[0] ?? ''],
    ['name', env.name],
    ['svcname', env.name],
    ['path', env.name],
    ['svcpath', env.name],
    ['short_name', env.name.split('.')[0] ?? ''],
    ['safe_name', env.name.replace(/[^A-Za-z0-9_-]/g, '_')],
    ['namespace', 'root'],
    ['kind', 'svc'],
    ['fqdn', `${env.name}.root.svc.${cluster}`],
    ['domain', `root.svc.${cluster}`],
    ['clustername', cluster],
    ['clusternodes', (env.clusterNodes ?? [env.node]).join(' ')],
  ]);
}
