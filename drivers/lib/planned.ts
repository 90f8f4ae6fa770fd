/** What a dry-run counts on: the state that the same plan brings another resource to before. */
import type { Act, ResourceView, State } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';

type Planning = Pick<Act<Keywords>, 'dryRun' | 'resources'>;

/** Is there one that will be in this state only because the plan says so? Never outside a dry-run. */
export function isPlanned({ dryRun, resources }: Planning, state: State, isMeant: (view: ResourceView) => boolean): boolean {
  return dryRun && resources.some((view) => view.report?.state === state && view.report.facts?.['assumed'] === true && isMeant(view));
}
