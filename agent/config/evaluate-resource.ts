/** One resource section of a service file to its definition. */
import type { Config, Keywords } from '../driver/keywords.ts';
import type { ResourceDefinition } from './definition.ts';
import { checkReferences } from './evaluate-default.ts';
import { checkKeys, evaluateTable, nearestKeyword } from './evaluate-table.ts';
import { groups } from './groups.ts';
import { driverOf, findEntry } from './lookup.ts';
import { nearestName } from './nearest.ts';
import { type ProblemSink, report } from './problems.ts';
import { expandEntry } from './resolve.ts';
import type { Scene, SectionDriver } from './scene.ts';
import { resourceKeywords } from './tables.ts';

/** The definition of a resource section as far as it goes; problems go to the sink. Undefined without a driver. */
export function evaluateResource(scene: Scene, rid: string, sink: ProblemSink): ResourceDefinition | undefined {
  const driver = driverOf(scene, rid);
  const line = scene.doc.section(rid)?.line ?? 1;
  if (driver === undefined) return undefined;
  if (driver.card === undefined) {
    reportType(scene, rid, driver, sink);
    evaluateTable(scene, rid, resourceKeywords, sink);
    checkReferences(scene, rid, sink, (base) => !Object.hasOwn(resourceKeywords, base));
    return undefined;
  }
  const own = driver.card.keywords;
  const common = { ...commonTable(driver.group), ...overridden(own) } as Keywords;
  checkKeys(scene, rid, { ...common, ...own }, sink, (base, entry) => {
    const nearest = nearestKeyword(base, own, resourceKeywords);
    report(
      sink,
      'error',
      { line: entry.line, section: rid, keyword: entry.key, value: entry.value, nearest },
      `${base} is no keyword of ${driver.id}; svcmgr doc ${driver.id} lists them`,
    );
  });
  reportContinuations(scene, rid, { ...common, ...own }, sink);
  const values = evaluateTable(scene, rid, { ...common, ...own }, sink);
  const pick = (table: Keywords) => Object.fromEntries(Object.keys(table).map((name) => [name, values[name]]));
  return {
    rid,
    group: driver.group,
    index: driver.index,
    type: driver.card.id,
    line,
    common: pick(resourceKeywords) as Config<typeof resourceKeywords>,
    config: pick(own),
    optionalInFile: values['optional'] === true && findEntry(scene, rid, 'optional', resourceKeywords.optional, ['optional']) !== undefined,
  };
}

/** A driver may give a common keyword its own default (container.lxc: start_timeout 4m). */
function overridden(own: Keywords): Keywords {
  return Object.fromEntries(Object.entries(own).filter(([name]) => Object.hasOwn(resourceKeywords, name)));
}

/** An error of a sync or a task never fails an action unless the file says so (spec/config.md). */
function commonTable(group: string): Keywords {
  if (group !== 'sync' && group !== 'task') return resourceKeywords;
  return { ...resourceKeywords, optional: { ...resourceKeywords.optional, default: 'true' } };
}

/** No driver: the type is missing, cannot be expanded, or names none we have. */
function reportType(scene: Scene, rid: string, { group, id }: SectionDriver, sink: ProblemSink): void {
  const entry = findEntry(scene, rid, 'type', resourceKeywords.type, ['type'])?.entry;
  const line = entry?.line ?? scene.doc.section(rid)?.line ?? 1;
  const types = scene.env.catalog.types(group);
  const allowed = types.length === 0 ? `no driver of group ${group} is installed` : `allowed are ${types.join(', ')}`;
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

function nearestDriver(scene: Scene, group: string, type: string): string | undefined {
  const near = nearestName(type, scene.env.catalog.types(group));
  if (near !== undefined) return near;
  const ids = groups.flatMap((other) => scene.env.catalog.types(other).map((name) => `${other}.${name}`));
  return nearestName(`${group}.${type}`, ids);
}

/** An indented `key = value` continues the line above; when the key is known, that was hardly meant. */
function reportContinuations(scene: Scene, rid: string, table: Keywords, sink: ProblemSink): void {
  for (const entries of scene.sections.get(rid)?.values() ?? []) {
    for (const entry of entries) {
      const stray = entry.value
        .split('\n')
        .slice(1)
        .map((line) => /^([a-z_]+)(?:@[^ =]+)? *=/.exec(line)?.[1]);
      const name = stray.find((word) => word !== undefined && Object.hasOwn(table, word));
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
