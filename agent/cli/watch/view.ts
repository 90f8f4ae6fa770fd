/** What `mon --watch` shows and how keys change it. Pure: state and size in, lines out. */
import type { StatusDocument } from '../../state/status-document.ts';
import { monRow } from '../../state/mon-row.ts';
import type { Status } from '../../state/status.ts';
import { ageText, timeText } from '../render/clock.ts';
import { monLines } from '../render/mon-table.ts';
import { renderTree } from '../render/tree.ts';
import { clipLine } from './clip.ts';
import type { Key } from './keys.ts';

export interface View {
  readonly documents: readonly StatusDocument[];
  /** When they came, ms since 1970; undefined before the first ones. */
  readonly cameMs: number | undefined;
  /** Why nothing newer came; undefined when all is well. */
  readonly trouble: string | undefined;
  /** The service under the cursor: it stays under it when others come and go. */
  readonly selected: string | undefined;
  /** First line of the list, and of the detail, that is shown. */
  readonly top: number;
  /** The tree of the selected service is shown instead of the list. */
  readonly detail: boolean;
  readonly detailTop: number;
}

export interface Screen {
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
  readonly nowMs: number;
}

export const emptyView: View = {
  documents: [],
  cameMs: undefined,
  trouble: undefined,
  selected: undefined,
  top: 0,
  detail: false,
  detailTop: 0,
};

/** Title, heading and foot. */
const frameRows = 3;

export function withDocuments(view: View, documents: readonly StatusDocument[], cameMs: number): View {
  const selected = documents.some(({ service }) => service === view.selected) ? view.selected : documents[0]?.service;
  return { ...view, documents, cameMs, trouble: undefined, selected, detail: view.detail && selected === view.selected };
}

/** The view after a key; undefined ends the watch. */
export function pressed(view: View, key: Key, screen: Screen): View | undefined {
  if (key === 'quit') return undefined;
  if (key === 'redraw') return view;
  if (view.detail) return key === 'back' ? { ...view, detail: false } : scrolled(view, key, screen);
  if (key === 'enter') return view.selected === undefined ? view : { ...view, detail: true, detailTop: 0 };
  return key === 'back' ? view : moved(view, key, screen);
}

function moved(view: View, key: Key, screen: Screen): View {
  const { documents, selected } = view;
  const page = bodyRows(screen);
  const at = documents.findIndex(({ service }) => service === selected);
  const to = { up: at - 1, down: at + 1, 'page up': at - page, 'page down': at + page, home: 0, end: documents.length - 1 }[key as 'up'];
  const next = Math.min(Math.max(to, 0), documents.length - 1);
  return { ...view, selected: documents[next]?.service };
}

function scrolled(view: View, key: Key, screen: Screen): View {
  const page = bodyRows(screen);
  const lines = detailLines(view, screen).length;
  const { detailTop: at } = view;
  const to = { up: at - 1, down: at + 1, 'page up': at - page, 'page down': at + page, home: 0, end: lines, enter: at }[key as 'up'];
  return { ...view, detailTop: Math.min(Math.max(to, 0), Math.max(0, lines - page)) };
}

function bodyRows({ rows }: Screen): number {
  return Math.max(1, rows - frameRows);
}

/** The lines of the screen, exactly as many as it has, none wider than it; and the view with the cursor in sight. */
export function framed(view: View, screen: Screen): { readonly view: View; readonly lines: readonly string[] } {
  const { columns, rows } = screen;
  const shown = view.detail ? { view, heading: '', body: detailLines(view, screen).slice(view.detailTop) } : listed(view, screen);
  const body = [shown.heading, ...shown.body.slice(0, bodyRows(screen))];
  const all = [titleOf(view, screen), ...body, ...Array.from({ length: Math.max(0, rows - body.length - 2) }, () => ''), footOf(view)];
  return { view: shown.view, lines: all.slice(-rows).map((line) => clipLine(line, columns)) };
}

function listed(view: View, screen: Screen): { readonly view: View; readonly heading: string; readonly body: readonly string[] } {
  const { documents, selected } = view;
  const [heading = '', ...lines] = monLines(documents.map(monRow), screen);
  const at = Math.max(
    0,
    documents.findIndex(({ service }) => service === selected),
  );
  const page = bodyRows(screen);
  const top = Math.max(0, Math.min(Math.min(Math.max(view.top, at - page + 1), at), documents.length - page));
  // The cursor is a mark, not only a colour.
  const body = lines.slice(top, top + page).map((line, index) => `${top + index === at ? '> ' : '  '}${line}`);
  return { view: { ...view, top }, heading: `  ${heading}`, body };
}

function detailLines({ documents, selected }: View, { columns, colour, nowMs }: Screen): readonly string[] {
  const document = documents.find(({ service }) => service === selected);
  return document === undefined ? [] : renderTree(document, { width: columns, colour, nowMs }).split('\n').slice(0, -1);
}

const counted = ['up', 'warn', 'down', 'undef'] as const satisfies readonly Status[];

function titleOf({ documents, cameMs, trouble }: View, { nowMs }: Screen): string {
  if (cameMs === undefined) return trouble === undefined ? 'svcmgr: looking…' : `svcmgr: ${trouble}`;
  const counts = counted.map((status) => `${documents.filter(({ overall }) => overall === status).length} ${status}`);
  const old = trouble === undefined ? '' : `   OLD FIGURES, ${ageText(nowMs - cameMs)}: ${trouble}`;
  return `svcmgr ${timeText(new Date(cameMs).toISOString(), nowMs)}  ${documents.length} services: ${counts.join(', ')}${old}`;
}

function footOf({ detail }: View): string {
  return detail ? 'arrows scroll   esc back   q quit' : 'arrows, enter, q   * frozen  ~ old  ! interrupted  ? no answer';
}
