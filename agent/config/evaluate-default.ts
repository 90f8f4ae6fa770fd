/** Keys of `[DEFAULT]` and of the free sections `[env]`, `[labels]`, `[data]`. */
import type { Keywords } from '../driver/keywords.ts';
import { convertValue } from './convert.ts';
import { checkKeys, checkScope, nearestKeyword } from './evaluate-table.ts';
import { resourceTable, serviceTable } from './keyword-table.ts';
import { driverOf } from './lookup.ts';
import { type ProblemSink, report } from './problems.ts';
import { expandEntry } from './resolve.ts';
import type { Scene } from './scene.ts';
import type { ScopedEntry } from './scope.ts';
import { ignoredServiceKeywords, inheritedKeywords, resourceKeywords } from './tables.ts';

/** Reports keys of DEFAULT that are neither the service's, nor inherited by the resources of the file. */
export function checkDefaultSection(scene: Scene, sink: ProblemSink): void {
  const drivers = driverKeywords(scene);
  checkKeys(scene, 'DEFAULT', serviceTable, sink, (base, entry) => {
    const place = { line: entry.line, section: 'DEFAULT', keyword: entry.key, value: entry.value };
    if (inheritedKeywords.has(base)) checkInherited(scene, base as keyof typeof resourceKeywords, entry, sink);
    else if (ignoredServiceKeywords.has(base)) report(sink, 'warning', place, `${base} is an OpenSVC keyword without effect here`);
    else if (Object.hasOwn(resourceKeywords, base))
      report(sink, 'warning', place, `${base} has no effect in [DEFAULT]; write it in the sections of the resources`);
    else if (!drivers.has(base)) {
      const nearest = nearestKeyword(base, serviceTable, resourceTable('', {}));
      report(
        sink,
        'error',
        { ...place, nearest },
        `${base} is no keyword of [DEFAULT], nor of a driver of this file; svcmgr doc keyword lists them`,
      );
    }
  });
}

/** Keywords of the drivers in use: a resource falls back to DEFAULT for them, as in OpenSVC. */
function driverKeywords(scene: Scene): ReadonlySet<string> {
  const names = scene.doc.sections.flatMap(({ name }) => {
    const table: Keywords = driverOf(scene, name)?.card?.keywords ?? {};
    return Object.entries(table).flatMap(([keyword, { alias = [], inherits }]) =>
      inherits === undefined ? [keyword, ...alias] : [inherits],
    );
  });
  return new Set(names);
}

/** Converted here as well, for a file whose resources all say it themselves. */
function checkInherited(scene: Scene, name: keyof typeof resourceKeywords, entry: ScopedEntry, sink: ProblemSink): void {
  const expanded = expandEntry(scene, 'DEFAULT', entry, 'DEFAULT');
  const keyword = resourceKeywords[name];
  const converted = 'fault' in expanded ? { fault: expanded.fault.text } : convertValue(keyword.kind, expanded.text, keyword, scene.env);
  if ('fault' in converted)
    report(sink, 'error', { line: entry.line, section: 'DEFAULT', keyword: entry.key, value: entry.value }, converted.fault);
}

/** Free sections hold any key; their references must resolve. `labels` and `data` mean nothing here. */
export function checkFreeSection(scene: Scene, section: string, sink: ProblemSink): void {
  if (section !== 'env') {
    report(
      sink,
      'warning',
      { line: scene.doc.section(section)?.line ?? 1, section },
      `[${section}] has no effect here; references may name its keys`,
    );
  }
  for (const entries of scene.sections.get(section)?.values() ?? []) {
    for (const entry of entries) checkScope(scene, section, entry, undefined, sink);
  }
  checkReferences(scene, section, sink, () => true);
}

/** Expands keys that no table converts, so that their references are checked too. */
export function checkReferences(scene: Scene, section: string, sink: ProblemSink, isWanted: (base: string) => boolean): void {
  for (const [base, entries] of scene.sections.get(section) ?? []) {
    for (const entry of isWanted(base) ? entries : []) {
      const expanded = expandEntry(scene, section, entry, section);
      const place = { line: entry.line, section, keyword: entry.key, value: entry.value };
      if ('fault' in expanded) report(sink, 'error', { ...place, nearest: expanded.fault.nearest }, expanded.fault.text);
    }
  }
}
