/** Requirements between resources: each names another resource of the file. */
import type { ResourceDefinition } from './definition.ts';
import { nearestName } from '../nearest.ts';
import { type ProblemSink, report } from './problems.ts';
import type { Scene } from './scene.ts';
import { effectiveEntry } from './scope.ts';

const requireKeywords = ['start_requires', 'stop_requires', 'sync_requires', 'run_requires'] as const;

/** A file of thousands of wrong rids must not compare each with each. */
const comparedRids = 200;

/** Resources that exist without a section: the replication of the file itself, and reservations beside a resource. */
function isImplied(rid: string, rids: ReadonlySet<string>): boolean {
  return rid === 'sync#i0' || (rid.endsWith('pr') && rids.has(rid.slice(0, -'pr'.length)));
}

export function checkRequirements(scene: Scene, resources: readonly ResourceDefinition[], sink: ProblemSink): void {
  const rids = new Set(scene.doc.sections.map(({ name }) => name).filter((name) => name.includes('#') && !name.startsWith('subset#')));
  for (const { rid, common } of resources) {
    for (const keyword of requireKeywords) {
      for (const requirement of common[keyword] ?? []) {
        const entry = effectiveEntry(scene.sections.get(rid), [keyword], scene.view);
        const place = { line: entry?.line ?? 1, section: rid, keyword: entry?.key ?? keyword, value: entry?.value };
        if (requirement.rid === rid) report(sink, 'error', place, 'a resource cannot require itself');
        else if (!rids.has(requirement.rid) && !isImplied(requirement.rid, rids)) {
          report(
            sink,
            'error',
            { ...place, nearest: nearestName(requirement.rid, [...rids].slice(0, comparedRids)) },
            `there is no resource ${requirement.rid} in the file`,
          );
        }
      }
    }
  }
}
