/** `start_requires = fs#1(up) sync#1(up,warn)`: what must hold before a resource is acted on (spec/opensvc-core.md §2.3). Pure. */
import type { Requirement } from '../driver/keywords.ts';
import type { Status } from './status.ts';

export interface MissingRequirement {
  readonly rid: string;
  /** States that would do. */
  readonly wanted: readonly string[];
  /** Undefined: no such resource, or not looked at. */
  readonly actual: Status | undefined;
}

/** States meant when a requirement names none. */
const defaultStates = ['up', 'stdby up'] as const;

/** The requirements that do not hold, in their order. `impossible`, being no resource, never holds. */
export function missingRequirements(
  requirements: readonly Requirement[],
  statusOf: (rid: string) => Status | undefined,
): readonly MissingRequirement[] {
  return requirements.flatMap(({ rid, states }) => {
    const wanted = states.length > 0 ? states : defaultStates;
    const actual = statusOf(rid);
    return actual !== undefined && wanted.includes(actual) ? [] : [{ rid, wanted, actual }];
  });
}

/** One sentence for the log or the refusal: `fs#1 is down, must be up or stdby up`. */
export function describeMissing({ rid, wanted, actual }: MissingRequirement): string {
  if (actual === undefined) return `${rid} is not known here, must be ${wanted.join(' or ')}`;
  return `${rid} is ${actual}, must be ${wanted.join(' or ')}`;
}
