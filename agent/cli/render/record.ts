/** A record of the journal as a line for people. */
import { describeWho } from '../../io/identity.ts';
import type { JournalRecord } from '../../journal/record.ts';
import { renderDuration } from '../../state/duration-text.ts';
import { renderLine } from './console.ts';

export interface Described {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly text: string;
}

/** With the date: it may be of another day. */
export function recordLine(record: JournalRecord): string {
  const { level, text } = describeRecord(record);
  const rid = 'rid' in record && record.rid !== undefined ? { rid: record.rid } : {};
  const day = new Date(record.at);
  const date = `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, '0')}-${String(day.getDate()).padStart(2, '0')}`;
  return `${date} ${renderLine({ at: day, level, text, service: record.service, ...rid })}\n`;
}

export function describeRecord(record: JournalRecord): Described {
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
