/** What a driver says of its resource, checked: outside drivers are held to the contract by nothing else. */
import type { Note, Report, State } from '../driver/contract.ts';
import { SvcError } from '../errors.ts';

const states = { up: true, down: true, warn: true, 'n/a': true, undef: true } as const satisfies Record<State, true>;
const levels = { info: true, warn: true, error: true } as const satisfies Record<Note['level'], true>;

/** @throws SvcError BUG naming the driver and what is wrong with its report */
export function checkReport(type: string, value: unknown): Report {
  const fault = faultOf(value);
  if (fault !== undefined) throw new SvcError('BUG', `driver ${type} gave no valid report: ${fault}`);
  const report = value as Report;
  if (report.state !== 'undef' || (report.notes ?? []).length > 0) return report;
  return { ...report, notes: [{ level: 'error', text: `driver ${type} cannot tell, and does not say why` }] };
}

function faultOf(value: unknown): string | undefined {
  if (!isRecord(value)) return `it is ${shown(value)}, not a record`;
  const { state, notes, facts, label } = value;
  if (typeof state !== 'string' || !Object.hasOwn(states, state)) {
    return `state is ${shown(state)}, must be one of ${Object.keys(states).join(', ')}`;
  }
  if (label !== undefined && typeof label !== 'string') return `label is ${shown(label)}, not a text`;
  if (notes !== undefined && !(Array.isArray(notes) && notes.every(isNote))) return 'notes must be records of level and text';
  if (facts !== undefined && !(isRecord(facts) && Object.values(facts).every(isFact))) return 'facts must be texts, numbers or booleans';
  return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNote(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { level, text, mend } = value;
  return (
    typeof level === 'string' &&
    Object.hasOwn(levels, level) &&
    typeof text === 'string' &&
    (mend === undefined || typeof mend === 'string')
  );
}

function isFact(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
}

function shown(value: unknown): string {
  return value === undefined ? 'missing' : (JSON.stringify(value)?.slice(0, 60) ?? typeof value);
}
