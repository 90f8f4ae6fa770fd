/** The text format of Prometheus, version 0.0.4: families, samples, escaping. */

export type FamilyType = 'gauge' | 'counter' | 'histogram';

export interface Family {
  readonly name: string;
  readonly type: FamilyType;
  readonly help: string;
}

export type Labels = Readonly<Record<string, string>>;

export const contentType = 'text/plain; version=0.0.4; charset=utf-8';

/** All samples of a family stand together under its heading. Nothing for a family without samples. */
export function familyText({ name, type, help }: Family, samples: string): string {
  return samples === '' ? '' : `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n${samples}`;
}

export function sampleText(name: string, labels: Labels, value: number): string {
  const text = Object.entries(labels)
    .map(([label, word]) => `${label}="${escapeLabel(word)}"`)
    .join(',');
  return `${name}${text === '' ? '' : `{${text}}`} ${numberText(value)}\n`;
}

export function escapeLabel(text: string): string {
  return /[\\"\n]/.test(text) ? text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : text;
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
}
