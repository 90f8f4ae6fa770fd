/** What an action does with each resource, decided before anything is touched (spec/opensvc-core.md §2.2). Pure. */
import { isDown, isUp, type Status } from './status.ts';
import type { Traits } from './traits.ts';

/** Verbs that walk resources. */
export type WalkVerb = 'start' | 'boot' | 'stop' | 'shutdown' | 'provision' | 'unprovision' | 'run' | 'sync';

export interface PlanItem {
  readonly rid: string;
  readonly traits: Traits;
  /** The driver has the method of this verb. */
  readonly able: boolean;
  /** Undefined: not looked at; then nothing is skipped for being where it should be. */
  readonly status?: Status | undefined;
  /** Undefined or null: cannot tell. */
  readonly provisioned?: boolean | null | undefined;
  /** The operator named this very rid; it waives the standby rule of `stop`. */
  readonly named?: boolean | undefined;
}

/** `reached`: nothing to do because it is there already; otherwise it is left alone, whatever its state. */
export type Decision =
  | { readonly act: true; readonly mayFail: boolean }
  | { readonly act: false; readonly reached: boolean; readonly reason: string };

interface Aim {
  readonly reached: (item: PlanItem) => string | undefined;
  readonly standby: 'all' | 'only' | 'never';
}

const whenUp = (item: PlanItem) => (item.status !== undefined && isUp(item.status) ? `already ${item.status}` : undefined);
const whenDown = (item: PlanItem) => (item.status !== undefined && isDown(item.status) ? `already ${item.status}` : undefined);

const aims = {
  start: { reached: whenUp, standby: 'all' },
  boot: { reached: whenUp, standby: 'only' },
  stop: { reached: whenDown, standby: 'never' },
  shutdown: { reached: whenDown, standby: 'all' },
  provision: { reached: (item) => (item.provisioned === true ? 'already provisioned' : undefined), standby: 'all' },
  unprovision: { reached: (item) => (item.provisioned === false ? 'not provisioned' : undefined), standby: 'all' },
  run: { reached: () => undefined, standby: 'all' },
  sync: { reached: () => undefined, standby: 'all' },
} as const satisfies Record<WalkVerb, Aim>;

/**
 * Decides for one resource of a walk, encapsulated or not: the host's engine drives both.
 * What is warn, undef or n/a is acted on: the driver's start and stop change nothing where nothing is to do.
 */
export function decide(verb: WalkVerb, item: PlanItem): Decision {
  const aim: Aim = aims[verb];
  const alone = leftAlone(verb, aim, item);
  if (alone !== undefined) return { act: false, reached: false, reason: alone };
  const reached = aim.reached(item);
  if (reached !== undefined) return { act: false, reached: true, reason: reached };
  return { act: true, mayFail: item.traits.optional };
}

/** Why this action is no business of the resource's. */
function leftAlone(verb: WalkVerb, aim: Aim, item: PlanItem): string | undefined {
  const { traits } = item;
  if (traits.disabled) return 'disabled';
  if (traits.noaction) return 'tag noaction';
  if (!item.able) return `its driver has no ${verbWords[verb]}`;
  if (aim.standby === 'only' && !traits.standby) return 'not standby: boot starts standby resources only';
  if (aim.standby === 'never' && traits.standby && item.named !== true)
    return `standby stays up: shutdown, or stop --rid ${item.rid}, stops it`;
  return undefined;
}

const verbWords = {
  start: 'start',
  boot: 'start',
  stop: 'stop',
  shutdown: 'stop',
  provision: 'provision',
  unprovision: 'unprovision',
  run: 'run',
  sync: 'such sync verb',
} as const satisfies Record<WalkVerb, string>;
