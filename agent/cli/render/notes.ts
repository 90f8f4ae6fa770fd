/** The lines below a resource that say why it is what it is, and the lines below the title. */
import type { Note } from '../../driver/contract.ts';
import { isUp, type Status } from '../../state/status.ts';
import type { InstanceStatus, ResourceStatus, StatusDocument } from '../../state/status-document.ts';
import { ageText, timeText } from './clock.ts';
import type { Tint } from './colour.ts';

export interface NoteLine {
  /** Without the leading `# `. */
  readonly text: string;
  readonly tint: Tint | undefined;
}

const levels = {
  error: { rank: 0, tint: 'red' },
  warn: { rank: 1, tint: 'yellow' },
  info: { rank: 2, tint: undefined },
} as const satisfies Record<Note['level'], { rank: number; tint: Tint | undefined }>;

/** States that began at a moment worth telling. */
const dated: ReadonlySet<Status> = new Set(['down', 'warn', 'undef', 'stdby down']);

/** Notes worst first, each with the command that mends it, then since when. What is up shows warnings and errors only. */
export function resourceNotes(resource: ResourceStatus, nowMs: number): readonly NoteLine[] {
  const notes = resource.notes.filter((note) => !isUp(resource.status) || note.level !== 'info');
  const lines = notes.toSorted((a, b) => levels[a.level].rank - levels[b.level].rank).flatMap(noteLines);
  const since = resource.since === null || !dated.has(resource.status) ? '' : timeText(resource.since, nowMs);
  return since === '' ? lines : [...lines, { text: `since ${since}`, tint: undefined }];
}

function noteLines(note: Note): readonly NoteLine[] {
  const { tint } = levels[note.level];
  const texts = note.text.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  const lines: readonly NoteLine[] = texts.map((text) => ({ text, tint }));
  return note.mend === undefined ? lines : [...lines, { text: `mend: ${note.mend}`, tint: undefined }];
}

/** What the title must say: invalid file, interrupted action, frozen, running action, stale figures (spec/status.md). */
export function titleNotes(document: InstanceStatus, service: string, nowMs: number): readonly NoteLine[] {
  const { monitor } = document;
  const lines: NoteLine[] = [];
  if (document.invalid !== null) lines.push({ text: `invalid file: ${document.invalid}; the last good definition is shown`, tint: 'red' });
  if (monitor.interrupted !== null) lines.push({ text: interruptedText(monitor.interrupted, nowMs), tint: 'red' });
  if (monitor.interrupted !== null) lines.push({ text: `mend: svcmgr -s ${service} resume`, tint: undefined });
  if (monitor.action !== null) lines.push({ text: `${monitor.action} is running${sinceText(monitor.since, nowMs)}`, tint: 'blue' });
  if (document.frozen) lines.push({ text: 'frozen', tint: 'blue' });
  if (document.stale)
    lines.push({
      text: `as of ${timeText(document.updated, nowMs)}, ${ageText(nowMs - Date.parse(document.updated))} ago`,
      tint: 'yellow',
    });
  return lines;
}

/** What the other nodes said, for a title; nothing when they were not asked. */
export function instanceNotes({ instances, unanswered, split }: StatusDocument, nowMs: number): readonly NoteLine[] {
  const names = split.slice(0, -1).join(', ');
  return [
    ...(split.length === 0 ? [] : [{ text: `split: up on ${names} and ${split.at(-1)}`, tint: 'red' } as const]),
    ...Object.entries(instances).map(([node, one]) => {
      const action = one.monitor.action === null ? '' : `, ${one.monitor.action} is running`;
      return { text: `${node}: ${one.overall}${action}, ${ageText(nowMs - Date.parse(one.updated))} ago`, tint: undefined };
    }),
    ...Object.entries(unanswered).map(([node, why]) => {
      return { text: why.startsWith(node) ? why : `${node}: ${why}`, tint: 'yellow' } as const;
    }),
  ];
}

function interruptedText(action: NonNullable<InstanceStatus['monitor']['interrupted']>, nowMs: number): string {
  const at = action.rid === null ? '' : ` at ${action.rid}`;
  const command = action.command === null ? '' : `, during: ${action.command}`;
  return `${action.verb} of ${timeText(action.since, nowMs)} was interrupted${at}${command}`;
}

function sinceText(since: string | null, nowMs: number): string {
  return since === null ? '' : ` since ${timeText(since, nowMs)}`;
}
