/**
 * A strict reader of the text format of Prometheus 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/): what promtool
 * would refuse, and what its readers only tolerate, is an error here.
 */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ReadFamily {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const labelName = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;
const types = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped']);
const suffixes: Readonly<Record<string, readonly string[]>> = { histogram: ['_bucket', '_sum', '_count'], summary: ['', '_sum', '_count'] };

/** @throws Error with the offending line */
export function readExposition(text: string): ReadonlyMap<string, ReadFamily> {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, { type: string; help: string; samples: Sample[] }>();
  const seen = new Set<string>();
  let help: { name: string; text: string } | undefined;
  let family: { name: string; type: string; help: string; samples: Sample[] } | undefined;
  for (const line of text.split('\n').slice(0, -1)) {
    const fail = (why: string): never => {
      throw new Error(`${why}: ${line}`);
    };
    if (/[\r\0]/.test(line)) fail('control character');
    const helpLine = /^# HELP (\S+) (.+)$/.exec(line);
    const typeLine = /^# TYPE (\S+) (\S+)$/.exec(line);
    if (helpLine !== null) {
      if (/\\(?![\\n])/.test(helpLine[2] ?? '')) fail('escape in the help');
      help = { name: helpLine[1] ?? '', text: helpLine[2] ?? '' };
      continue;
    }
    if (typeLine !== null) {
      const [, name = '', type = ''] = typeLine;
      if (!metricName.test(name) || !types.has(type)) fail('name or type');
      if (help?.name !== name) fail('no help before the type');
      if (families.has(name)) fail('family twice, or not in one piece');
      family = { name, type, help: help?.text ?? '', samples: [] };
      families.set(name, family);
      continue;
    }
    if (line.startsWith('#') || line.trim() === '') fail('neither help nor type nor sample');
    const sample = readSample(line, fail);
    const allowed = (suffixes[family?.type ?? ''] ?? ['']).map((suffix) => `${family?.name}${suffix}`);
    if (family === undefined || !allowed.includes(sample.name)) fail('sample outside its family');
    const series = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`;
    if (seen.has(series)) fail('series twice');
    seen.add(series);
    if (family?.type === 'counter' && (!sample.name.endsWith('_total') || !(sample.value >= 0))) fail('counter');
    family?.samples.push(sample);
  }
  for (const [name, { type, samples }] of families) {
    if (samples.length === 0) throw new Error(`${name}: a heading without samples`);
    if (type === 'histogram') checkHistogram(name, samples);
  }
  return families;
}

function readSample(line: string, fail: (why: string) => never): Sample {
  const name = /^[^{ ]+/.exec(line)?.[0] ?? '';
  if (!metricName.test(name)) fail('name');
  let at = name.length;
  const labels: Record<string, string> = {};
  if (line[at] === '{') {
    at += 1;
    for (;;) {
      const label = /^([^=]+)="/.exec(line.slice(at));
      if (label === null) return fail('label');
      const key = label[1] ?? '';
      if (!labelName.test(key) || key in labels) fail(`label ${key}`);
      at += label[0].length;
      let value = '';
      for (; line[at] !== '"'; at++) {
        if (line[at] === undefined) fail('open quote');
        if (line[at] !== '\\') value += line[at];
        else {
          at += 1;
          const escaped = ({ '\\': '\\', '"': '"', n: '\n' } as Record<string, string>)[line[at] ?? ''];
          value += escaped ?? fail('escape');
        }
      }
      labels[key] = value;
      at += 1;
      if (line[at] === '}') break;
      if (line[at] !== ',') fail('comma');
      at += 1;
    }
    at += 1;
  }
  const number = /^ (NaN|[+-]Inf|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.exec(line.slice(at))?.[1];
  if (number === undefined) return fail('value');
  return { name, labels, value: number.endsWith('Inf') ? (number[0] === '-' ? -Infinity : Infinity) : Number(number) };
}

function checkHistogram(name: string, samples: readonly Sample[]): void {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const { le: _le, ...rest } = sample.labels;
    const key = JSON.stringify(rest);
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  for (const [key, own] of groups) {
    const buckets = own.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => (labels['le'] === '+Inf' ? Infinity : Number(labels['le'])));
    const count = own.find((sample) => sample.name === `${name}_count`)?.value;
    const isRising = (all: readonly number[]): boolean => all.every((one, at) => at === 0 || one >= (all[at - 1] ?? 0));
    if (bounds.at(-1) !== Infinity || !isRising(bounds) || !isRising(buckets.map(({ value }) => value)))
      throw new Error(`${name} ${key}: buckets`);
    if (buckets.at(-1)?.value !== count) throw new Error(`${name} ${key}: count`);
    if (!own.some((sample) => sample.name === `${name}_sum`)) throw new Error(`${name} ${key}: no sum`);
  }
}
