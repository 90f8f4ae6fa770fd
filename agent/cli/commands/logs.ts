/** `logs` and `events`: the journal, line by line; `-f` goes on until Ctrl-C, through rotations. */
import { setTimeout as delay } from 'node:timers/promises';
import { fallbackJournal } from '../../engine/open-records.ts';
import type { JournalRecord } from '../../journal/record.ts';
import { followJournals } from '../../journal/follow.ts';
import { SvcError } from '../../errors.ts';
import { type App, formatOf, sayData, optionOf } from '../app.ts';
import { journaledServices } from '../journaled.ts';
import { describeRecord, recordLine } from '../render/record.ts';
import { sinceOption } from '../since.ts';

const beatMs = 500;

interface Shown {
  readonly wants: (record: JournalRecord) => boolean;
  /** One record for machines. */
  readonly row: (record: JournalRecord) => unknown;
  /** What the rows are called in a document. */
  readonly name: string;
}

export async function logsCommand(app: App): Promise<number> {
  return printJournal(app, { wants: () => true, row: (record) => ({ ...record, at: isoOf(record) }), name: 'records' });
}

/** What happened, without how it was done. */
const kinds = { state: 'state', begin: 'action', end: 'action', clear: 'action', note: 'note' } as const;

export async function eventsCommand(app: App): Promise<number> {
  return printJournal(app, { wants: ({ kind }) => Object.hasOwn(kinds, kind), row: eventOf, name: 'events' });
}

function eventOf(record: JournalRecord): unknown {
  const { level, text } = describeRecord(record);
  const rid = 'rid' in record && record.rid !== undefined ? record.rid : null;
  const kind = kinds[record.kind as keyof typeof kinds];
  return { schema: 1, at: isoOf(record), service: record.service, rid, kind, level, text, sid: record.sid ?? null };
}

function isoOf({ at }: JournalRecord): string {
  return new Date(at).toISOString();
}

async function printJournal(app: App, shown: Shown): Promise<number> {
  const { verb, selector } = app.call;
  const services = await journaledServices(app);
  const since = sinceOption(app, optionOf(app, 'since'));
  const follows = app.call.switches.has('follow');
  const format = formatOf(app);
  if (follows && (format === 'json' || format === 'flat')) {
    throw new SvcError('CONFIG', `${verb.name} -f has no end, and --format ${format} is one document`, {
      hint: `${verb.name} -f --format jsonl: a document a line`,
    });
  }
  const { paths } = app.world;
  const follower = followJournals({
    folder: paths.journal,
    fallbackFolder: fallbackJournal(app.world),
    // Without a selector those of services that come later are followed too.
    ...(selector === undefined && follows ? {} : { services }),
  });
  while (!app.signal.aborted) {
    print(
      app,
      shown,
      follower.next().filter((record) => record.at >= since && shown.wants(record)),
    );
    if (!follows) return 0;
    await delay(beatMs, undefined, { signal: app.signal }).catch(() => undefined);
  }
  return 0;
}

function print(app: App, { row, name }: Shown, records: readonly JournalRecord[]): void {
  if (formatOf(app) === 'tree') app.out(records.map(recordLine).join(''));
  else {
    const rows = records.map(row);
    sayData(app, { schema: 1, [name]: rows }, rows);
  }
}
