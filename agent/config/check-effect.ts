/** Keywords that are understood but change nothing on this node yet (spec/config.md "Validation"). */
import type { Config } from '../driver/keywords.ts';
import { type ProblemSink, report } from './problems.ts';
import type { Scene } from './scene.ts';
import { effectiveEntry } from './scope.ts';
import type { serviceKeywords } from './tables.ts';

const clusterKeywords = {
  orchestrate: (settings) => settings.orchestrate !== 'no',
  placement: (settings) => settings.placement !== 'nodes order' && settings.placement !== 'none',
  topology: (settings) => settings.topology === 'flex',
  flex_min: () => true,
  flex_max: () => true,
  flex_target: () => true,
  // Between nodes of a service the daemon switches by itself; one that has nowhere to go does nothing.
  monitor_action: ({ monitor_action, nodes, drpnodes }) => monitor_action === 'switch' && nodes.length + drpnodes.length < 2,
  hard_affinity: () => true,
  hard_anti_affinity: () => true,
  soft_affinity: () => true,
  soft_anti_affinity: () => true,
} as const satisfies Partial<Record<keyof typeof serviceKeywords, (settings: Config<typeof serviceKeywords>) => boolean>>;

/** A warning for each such keyword whose value asks for something. */
export function reportWithoutEffect(scene: Scene, settings: Config<typeof serviceKeywords>, sink: ProblemSink): void {
  if (scene.env.isClustered === true) return;
  for (const [keyword, asksForSomething] of Object.entries(clusterKeywords)) {
    const entry = effectiveEntry(scene.sections.get('DEFAULT'), [keyword], scene.view);
    if (entry === undefined || !asksForSomething(settings)) continue;
    report(
      sink,
      'warning',
      { line: entry.line, section: 'DEFAULT', keyword: entry.key, value: entry.value },
      `${keyword} has no effect: no cluster is configured on this node`,
    );
  }
}
