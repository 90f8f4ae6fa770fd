/** `logs`: the journal, line by line; `-f` goes on until Ctrl-C. */
import { setTimeout as delay } from 'node:timers/promises';
import { recordsOf } from '../../engine/recover.ts';
import { describeWho } from '../../io/identity.ts';
import type { JournalRecord } from '../../journal/record.ts';
import { SvcError } from '../../errors.ts';
import { type App, formatOf, sayData, optionOf } from '../app.ts';
import { journaledServices } from '../journaled.ts';
import { renderDuration } from '../../state/duration-text.ts';
import { renderLine } from '../render/console.ts';
import { sinceOption } from '../since.ts';

const beatMs = 500;

export async function logsCommand(app: App): Promise<number> {
  const services = await journaledServices(app);
  const since = sinceOption(app, optionOf(app, 'since'));
  const follows = app.call.switches.has('follow');
  const format = formatOf(app);
  if (follows && (format === 'json' || format === 'flat')) {
    throw new SvcError('CONFIG', `logs -f has no end, and --format ${format} is one document`, {
      hint: 'logs -f --format jsonl: a document a line',
    });
  }
  const printed = new Map(services.map((service) => [service, 0]));
  while (!app.signal.aborted) {
    const fresh = (await Promise.all(services.map((service) => newRecords(app, service, printed, since)))).flat();
    print(
      app,
      fresh.sort((a, b) => a.at - b.at),
    );
    if (!follows) return 0;
    await delay(beatMs, undefined, { signal: app.signal }).catch(() => undefined);
  }
  return 0;
}

/** Records beyond those printed already; a rotation that dropped some starts the count anew at what is left. */
async function newRecords(app: App, service: string, printed: Map<string, number>, since: number): Promise<readonly JournalRecord[]> {
  const records = (await recordsOf(app.world, service)).filter((record) => record.at >= since);
  const known = Math.min(printed.get(service) ?? 0, records.length);
  printed.set(service, records.length);
  return records.slice(known);
}

function print(app: App, records: readonly JournalRecord[]): void {
  if (formatOf(app) === 'tree') {
    app.out(records.map((record) => lineOf(record)).join(''));
    return;
  }
  const rows = records.map((record) => ({ ...record, at: new Date(record.at).toISOString() }));
  sayData(app, { schema: 1, records: rows }, rows);
}

function lineOf(record: JournalRecord): string {
  const { level, text } = describe(record);
  const rid = 'rid' in record && record.rid !== undefined ? { rid: record.rid } : {};
  const day = new Date(record.at);
  const date = `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, '0')}-${String(day.getDate()).padStart(2, '0')}`;
  return `${date} ${renderLine({ at: day, level, text, service: record.service, ...rid })}\n`;
}

function describe(record: JournalRecord): { level: 'debug' | 'info' | 'warn' | 'error'; text: string } {
  switch (record.kind) {
    case 'begin':
      return {
        level: 'info',
        text: `${record.verb} by ${describeWho(record.who)}${record.reason === undefined ? '' : `: ${record.reason}`}`,
      };
    case 'end': {
      const how = `${record.result === 'ok' ? 'done' : record.result} in ${renderDuration(record.durationMs)}`;
      return { level: record.result === 'ok' ? 'info' : 'error', text: record.message === undefined ? how : `${how}: ${record.message}` };
    }
    case 'step':
      return record.phase === 'failed'
        ? { level: 'error', text: `${record.name} failed: ${record.message ?? ''}` }
        : { level: 'info', text: `${record.name} ${record.phase}${record.message === undefined ? '' : `: ${record.message}`}` };
    case 'command':
      if (record.phase === 'intent') return { level: 'info', text: record.argv };
      return {
        level: record.exitCode === 0 ? 'info' : 'warn',
        text: `command ${record.seq} ended: exit ${record.exitCode} in ${renderDuration(record.durationMs)}`,
      };
    case 'changed':
      return { level: 'info', text: `changing; was ${record.from}` };
    case 'state':
      return { level: ['warn', 'undef', 'stdby down'].includes(record.to) ? 'warn' : 'info', text: `${record.from} -> ${record.to}` };
    case 'remember':
      return { level: 'info', text: `${record.key} = ${record.value ?? 'forgotten'}` };
    case 'note':
      return { level: record.level, text: record.text };
    case 'clear':
      return { level: 'info', text: `interrupted action ${record.sid} settled by ${record.by}` };
  }
}
