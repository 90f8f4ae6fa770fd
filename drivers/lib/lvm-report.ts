/** The JSON reports of LVM (lvmreport(7)): `{"report":[{"vg":[{"vg_name":"…"}]}]}`, every value a text. */
import { SvcError } from '../../agent/errors.ts';

/**
 * The rows of one kind, each with exactly the wanted fields. LVM ends with 0 and an empty list when nothing was selected; whatever
 * is not such a report throws.
 */
export function parseLvmReport<F extends string>(
  text: string,
  kind: 'vg' | 'pv' | 'lv',
  fields: readonly F[],
): readonly Record<F, string>[] {
  const report = (parseJson(text) as { report?: unknown } | null)?.report;
  const rows: unknown = Array.isArray(report) && report.length === 1 ? (report[0] as Record<string, unknown> | null)?.[kind] : undefined;
  if (!Array.isArray(rows)) throw notUnderstood(text);
  return rows.map((row: unknown) => rowOf(row, fields));
}

function rowOf<F extends string>(row: unknown, fields: readonly F[]): Record<F, string> {
  const values = (row ?? {}) as Record<string, unknown>;
  const entries = fields.map((field) => {
    const value = values[field];
    if (typeof value !== 'string') throw notUnderstood(JSON.stringify(row));
    return [field, value] as const;
  });
  return Object.fromEntries(entries) as Record<F, string>;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SvcError('COMMAND', `LVM printed no JSON: ${text.slice(0, 200)}`, { cause });
  }
}

function notUnderstood(line: string): SvcError {
  return new SvcError('COMMAND', `an LVM report is not understood: ${line.slice(0, 200)}`, { facts: { line } });
}
