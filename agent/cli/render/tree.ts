/** The status tree of a service, in the exact shape of spec/status.md "The tree". */
import { type Status, mergedStatus } from '../../state/status.ts';
import type { ResourceStatus, StatusDocument } from '../../state/status-document.ts';
import { canonicalGroup, placeOf } from '../../state/groups.ts';
import { compareRids } from '../../state/natural.ts';
import { type Painter, painter, statusTints } from './colour.ts';
import { instanceNotes, type NoteLine, resourceNotes, titleNotes } from './notes.ts';
import { padTo, printable, widthOf } from './width.ts';
import { wrap } from './wrap.ts';

export interface TreeOptions {
  /** Columns notes are wrapped at; 78 in a pipe. */
  readonly width?: number;
  readonly colour?: boolean;
  /** The moment ages are told from (ms since 1970); default: when the document was updated. */
  readonly nowMs?: number;
}

const pipeWidth = 78;
const nameColumns = 20;
const stateColumns = 8;
const flagColumns = 4;
/** Where labels and notes begin: name, blank, flags, blank, state, blank. */
const labelColumn = nameColumns + 1 + flagColumns + 1 + stateColumns + 1;
/** A note is never squeezed below this, however deep or narrow. */
const leastNoteColumns = 20;

interface TreeNode {
  readonly name: string;
  readonly flags: string;
  readonly status: Status;
  readonly label: string;
  readonly notes: readonly NoteLine[];
  readonly children: readonly TreeNode[];
}

interface Style {
  readonly width: number;
  readonly paint: Painter;
}

/** Renders one service; ends with a newline. Colours only when `colour` is true. */
export function renderTree(document: StatusDocument, options: TreeOptions = {}): string {
  const style: Style = { width: options.width ?? pipeWidth, paint: painter(options.colour ?? false) };
  const nowMs = options.nowMs ?? Date.parse(document.updated);
  const title = style.paint('bold', printable(document.service));
  const notes = [...titleNotes(document, document.service, nowMs), ...instanceNotes(document, nowMs)];
  const remarks = notes.flatMap((note) => noteRows('', note, 0, style));
  return `${[title, ...remarks, ...nodeRows(rootOf(document, nowMs), '', '', style)].join('\n')}\n`;
}

function rootOf(document: StatusDocument, nowMs: number): TreeNode {
  const nodes = resourceNodes(document.resources, nowMs);
  const line = (name: string, status: Status, children: readonly TreeNode[] = []): TreeNode => ({
    name,
    flags: '',
    status,
    label: '',
    notes: [],
    children,
  });
  const below = (...names: readonly string[]) => nodes.filter((node) => names.includes(node.group)).map((node) => node.node);
  const side = ['sync', 'repave', 'hb'];
  const avail = nodes.filter((node) => !side.includes(node.group)).map((node) => node.node);
  const repave = below('repave');
  return line('overall', document.overall, [
    line('avail', document.avail, avail),
    line('sync', document.sync, below('sync')),
    ...(repave.length > 0 ? [line('repave', mergedStatus(repave.map((node) => node.status)), repave)] : []),
    line('hb', document.hb, below('hb')),
  ]);
}

/** Top-level resources in the order of the tree, each with what lives inside it. */
function resourceNodes(resources: StatusDocument['resources'], nowMs: number): readonly { group: string; node: TreeNode }[] {
  const entries = Object.entries(resources).sort(
    ([ridA, a], [ridB, b]) => placeOf(a.group).tree - placeOf(b.group).tree || compareRids(ridA, ridB),
  );
  const inner = new Map<string, TreeNode[]>();
  const outer: (readonly [string, ResourceStatus])[] = [];
  for (const [rid, resource] of entries) {
    const { container } = resource;
    // What names a container that is not there is shown like any other, rather than lost.
    if (container === null || resources[container]?.container !== null) outer.push([rid, resource]);
    else inner.set(container, [...(inner.get(container) ?? []), nodeOf(rid, resource, [], nowMs)]);
  }
  return outer.map(([rid, resource]) => ({
    group: canonicalGroup(resource.group),
    node: nodeOf(rid, resource, inner.get(rid) ?? [], nowMs),
  }));
}

function nodeOf(rid: string, resource: ResourceStatus, children: readonly TreeNode[], nowMs: number): TreeNode {
  const { status, label } = resource;
  return { name: rid, flags: flagsOf(resource), status, label, notes: resourceNotes(resource, nowMs), children };
}

/** `MDOE`: monitored, disabled, optional in the file, encapsulated. */
function flagsOf({ flags }: ResourceStatus): string {
  return [flags.monitor ? 'M' : '.', flags.disable ? 'D' : '.', flags.optional ? 'O' : '.', flags.encap ? 'E' : '.'].join('');
}

/** The rows of a node: its own, its notes, its children. `prefix` leads its own row, `rest` the rows below. */
function nodeRows(node: TreeNode, prefix: string, rest: string, style: Style): readonly string[] {
  const indent = node.children.length > 0 ? `${rest}|` : rest;
  const children = node.children.flatMap((child, index) => {
    const last = index === node.children.length - 1;
    return nodeRows(child, `${rest}${last ? "'- " : '|- '}`, `${rest}${last ? '   ' : '|  '}`, style);
  });
  return [nodeRow(node, prefix, style), ...node.notes.flatMap((note) => noteRows(indent, note, labelColumn, style)), ...children];
}

function nodeRow(node: TreeNode, prefix: string, { paint }: Style): string {
  const left = `${padTo(prefix + printable(node.name), nameColumns)} ${padTo(node.flags, flagColumns)} `;
  const state = paint(statusTints[node.status], node.status);
  const label = printable(node.label).trim();
  return label === '' ? left + state : `${left}${state}${' '.repeat(Math.max(0, stateColumns - widthOf(node.status)))} ${label}`;
}

/** A note under the label: `# ` before its first row, the rest right below it. */
function noteRows(prefix: string, note: NoteLine, column: number, { width, paint }: Style): readonly string[] {
  const rows = wrap(`# ${printable(note.text)}`, Math.max(leastNoteColumns, width - column));
  return rows.map((row) => padTo(prefix, column) + (note.tint === undefined ? row : paint(note.tint, row)));
}
