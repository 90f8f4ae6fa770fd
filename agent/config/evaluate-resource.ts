/** One resource section of a service file to its definition. */
import type { Config, Keywords } from '../driver/keywords.ts';
import type { ResourceDefinition } from './definition.ts';
import { checkReferences } from './evaluate-default.ts';
import { checkKeys, evaluateTable, nearestKeyword } from './evaluate-table.ts';
import { groups } from './groups.ts';
import type { KeywordTable } from './keyword-table.ts';
import { driverOf, findEntry, tableOf } from './lookup.ts';
import { nearestName } from '../nearest.ts';
import { type ProblemSink, report } from './problems.ts';
import { expandEntry } from './resolve.ts';
import type { Scene, SectionDriver } from './scene.ts';
import { effectiveEntry } from './scope.ts';
import { resourceKeywords } from './tables.ts';

/** The definition of a resource section as far as it goes; problems go to the sink. Undefined without a driver. */
export function evaluateResource(scene: Scene, rid: string, sink: ProblemSink): ResourceDefinition | undefined {
  const driver = driverOf(scene, rid);
  const line = scene.doc.section(rid)?.line ?? 1;
  if (driver === undefined) return undefined;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(driver.index)) {
    // An index goes into file names, selectors and references.
    report(
      sink,
      'error',
      { line, section: rid },
      `"${driver.index}" is no resource index; allowed are up to 64 letters, digits, dot, - and _`,
    );
  }
  const table = tableOf(scene, rid);
  const values = { ...evaluateTable(scene, rid, table, sink), ...nodeDefaults(scene, rid, table) };
  if (driver.card === undefined) {
    reportType(scene, rid, driver, sink);
    checkReferences(scene, rid, sink, (base) => !table.bySpelling.has(base));
    return undefined;
  }
  checkKeys(scene, rid, table, sink, (base, entry) => {
    const place = { line: entry.line, section: rid, keyword: entry.key, value: entry.value, nearest: nearestKeyword(base, table) };
    report(sink, 'error', place, `${base} is no keyword of ${driver.id}; svcmgr doc ${driver.id} lists them`);
  });
  reportContinuations(scene, rid, table, sink);
  checkSubsetName(scene, rid, values['subset'], sink);
  const optional = table.bySpelling.get('optional');
  return {
    rid,
    group: driver.group,
    index: driver.index,
    type: driver.card.id,
    line,
    common: pick(values, resourceKeywords) as Config<typeof resourceKeywords>,
    config: pick(values, driver.card.keywords),
    optionalInFile: values['optional'] === true && optional !== undefined && findEntry(scene, rid, optional) !== undefined,
  };
}

/** `[node] status_timeout` stands in where the file says none. */
function nodeDefaults(scene: Scene, rid: string, table: KeywordTable): Readonly<Record<string, unknown>> {
  const timeoutMs = scene.env.nodeSettings?.status_timeout;
  const row = table.bySpelling.get('status_timeout');
  return timeoutMs === undefined || row === undefined || findEntry(scene, rid, row) !== undefined ? {} : { status_timeout: timeoutMs };
}

function pick(values: Readonly<Record<string, unknown>>, keywords: Keywords): Readonly<Record<string, unknown>> {
  const picked: Record<string, unknown> = {};
  for (const name of Object.keys(keywords)) picked[name] = values[name];
  return picked;
}

function checkSubsetName(scene: Scene, rid: string, subset: unknown, sink: ProblemSink): void {
  if (typeof subset !== 'string' || /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(subset)) return;
  const line = effectiveEntry(scene.sections.get(rid), ['subset'], scene.view)?.line ?? 1;
  report(
    sink,
    'error',
    { line, section: rid, keyword: 'subset', value: subset },
    'is no subset name; allowed are letters, digits, dot, - and _',
  );
}

/** No driver: the type is missing, cannot be expanded, or names none we have. */
function reportType(scene: Scene, rid: string, { group, id }: SectionDriver, sink: ProblemSink): void {
  const entry = effectiveEntry(scene.sections.get(rid), ['type'], scene.view);
  const line = entry?.line ?? scene.doc.section(rid)?.line ?? 1;
  const types = scene.env.catalog.types(group);
  const allowed =
    types.length === 0
      ? `no driver of group ${group} is installed, only of ${groupsWithDrivers(scene).join(', ')}`
      : `allowed are ${types.join(', ')}`;
  const place = { line, section: rid, keyword: 'type', value: entry?.value };
  if (id === undefined && entry !== undefined && 'fault' in expandEntry(scene, rid, entry, rid)) return;
  if (id === undefined) {
    report(sink, 'error', place, `type is required in group ${group}; ${allowed}${mistypedType(scene, rid)}`);
    return;
  }
  const type = id.slice(group.length + 1);
  if (types.includes(type)) report(sink, 'error', place, `the driver ${id} could not be loaded`);
  else report(sink, 'error', { ...place, nearest: nearestDriver(scene, group, type) }, `there is no driver ${id}; ${allowed}`);
}

function mistypedType(scene: Scene, rid: string): string {
  const entries = [...(scene.sections.get(rid) ?? [])];
  const [base, [entry] = []] =
    entries.find(([key]) => !Object.hasOwn(resourceKeywords, key) && nearestName(key, ['type']) !== undefined) ?? [];
  return entry === undefined ? '' : `; is ${base} at line ${entry.line} meant?`;
}

function groupsWithDrivers(scene: Scene): readonly string[] {
  return groups.filter((group) => scene.env.catalog.types(group).length > 0);
}

function nearestDriver(scene: Scene, group: string, type: string): string | undefined {
  const near = nearestName(type, scene.env.catalog.types(group));
  if (near !== undefined) return near;
  const ids = groups.flatMap((other) => scene.env.catalog.types(other).map((name) => `${other}.${name}`));
  return nearestName(`${group}.${type}`, ids);
}

/** An indented `key = value` continues the line above; when the key is known, that was hardly meant. */
function reportContinuations(scene: Scene, rid: string, table: KeywordTable, sink: ProblemSink): void {
  for (const entries of scene.sections.get(rid)?.values() ?? []) {
    for (const entry of entries) {
      const stray = entry.value
        .split('\n')
        .slice(1)
        .map((line) => /^([a-z_]+)(?:@[^ =]+)? *=/.exec(line)?.[1]);
      const name = stray.find((word) => word !== undefined && table.bySpelling.has(word));
      if (name === undefined) continue;
      report(
        sink,
        'warning',
        { line: entry.line, section: rid, keyword: entry.key },
        `the indented line "${name} = …" below continues this value; remove its white space if it is a keyword`,
      );
    }
  }
}
