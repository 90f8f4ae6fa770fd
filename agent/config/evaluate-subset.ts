/** `[subset#group:name]` sections. */
import type { Config } from '../driver/keywords.ts';
import type { SubsetDefinition } from './definition.ts';
import { checkKeys, evaluateTable, nearestKeyword } from './evaluate-table.ts';
import { groupNames, groupOf } from './groups.ts';
import { subsetTable } from './keyword-table.ts';
import { nearestName } from '../nearest.ts';
import { type ProblemSink, report } from './problems.ts';
import type { Scene } from './scene.ts';
import { subsetKeywords } from './tables.ts';

export interface SubsetResult {
  readonly section: string;
  readonly line: number;
  readonly definition: SubsetDefinition;
}

/** One definition named `group:name` (or `group` for the resources without subset), or none when the name is wrong. */
export function evaluateSubset(scene: Scene, section: string, sink: ProblemSink): readonly SubsetResult[] {
  const line = scene.doc.section(section)?.line ?? 1;
  const [groupName = '', name, ...more] = section.slice('subset#'.length).split(':');
  const group = groupOf(groupName)?.group;
  if (group === undefined || name === '' || more.length > 0) {
    const nearest = group === undefined ? nearestName(groupName, groupNames()) : undefined;
    report(sink, 'error', { line, section, nearest }, 'not a subset; allowed is [subset#group:name], as in [subset#app:web]');
    return [];
  }
  checkKeys(scene, section, subsetTable, sink, (base, entry) => {
    const nearest = nearestKeyword(base, subsetTable);
    report(
      sink,
      'error',
      { line: entry.line, section, keyword: entry.key, value: entry.value, nearest },
      `${base} is no keyword of a subset; allowed is ${Object.keys(subsetKeywords).join(', ')}`,
    );
  });
  const values = evaluateTable(scene, section, subsetTable, sink) as Config<typeof subsetKeywords>;
  return [{ section, line, definition: { name: name === undefined ? group : `${group}:${name}`, parallel: values.parallel } }];
}
