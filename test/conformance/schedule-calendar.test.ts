/** vectors/schedule_calendar.json: days, weeks and months as sets of numbers, and modulo filters. */
import { dayField, monthField, parseModulo, parseNumberSet, weekField } from '../../agent/state/schedule/number-set.ts';
import type { ParseReport } from '../../agent/state/schedule/model.ts';
import { compareWithPeer } from './schedule-vectors.ts';

interface Row {
  spec?: string;
  max?: number;
  modulo?: string;
  list?: number[];
  expected?: unknown;
  error?: string;
}

function ours(row: Row): unknown {
  const faults: string[] = [];
  const report: ParseReport = {
    fault: (part) => {
      faults.push(part);
      return undefined;
    },
    warn: () => undefined,
  };
  const field = [dayField, weekField, monthField].find((candidate) => candidate.max === row.max) ?? dayField;
  const filter = row.modulo === undefined ? undefined : parseModulo(row.modulo, report);
  const set = row.modulo === undefined ? parseNumberSet(row.spec ?? '', field, report) : (row.list ?? []).filter((n) => filter?.(n));
  if (faults.length > 0) return 'error';
  return set === 'all' ? Array.from({ length: field.max }, (_, index) => index + 1) : set;
}

compareWithPeer<Row>({
  file: 'schedule_calendar.json',
  title: 'calendar expressions (schedule_calendar)',
  names: (row) => [row.modulo === undefined ? `'${row.spec}'` : `modulo ${row.modulo}`],
  peer: (row) => (row.error === undefined ? row.expected : 'error'),
  ours,
  differences: {
    "'*'": { ours: [1, 2, 3, 4, 5, 6, 7], why: 'the peer leaves * for its caller; here it is a set like any other' },
    "''": { ours: 'error', why: 'an empty field is an error; the peer hands it back' },
    "'-1'": { ours: 'error', why: 'weekday -1 does not exist; the peer takes it and never matches' },
  },
});
