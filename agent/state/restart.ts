/**
 * What to do about resources that went down: start them again, wait, or give up and do the monitor_action (spec/config.md "monitor",
 * "restart"; spec/opensvc-core.md §2.2). Pure: the clock, the states and what was done before are given.
 */
import { isDown, isUp, type Status } from './status.ts';
import { underneath } from './underneath.ts';

export type MonitorAction = 'none' | 'switch' | 'freezestop' | 'reboot' | 'crash';

/** What is remembered of a resource, from boot to boot only. */
export interface Watch {
  /** Its wish was spoken, or fulfilled, in this boot: what is down since the boot is for `boot` to start, not for us. */
  readonly armed: boolean;
  /** Which wish of the operator it was; a new one brings a new budget. */
  readonly wish: string;
  /** Restarts since it was last up for long enough. */
  readonly attempts: number;
  readonly lastAttemptMs?: number;
  readonly upSinceMs?: number;
  /** Looks in a row that saw it down. */
  readonly looksDown: number;
  /** The budget is spent, and what follows from that was done. */
  readonly gaveUp: boolean;
}

export type Watches = Readonly<Record<string, Watch>>;

export interface WatchedResource {
  readonly rid: string;
  readonly group: string;
  readonly status: Status;
  readonly optional: boolean;
  readonly disabled: boolean;
  readonly standby: boolean;
  /** Keywords `monitor`, `restart`, `restart_delay`. */
  readonly monitored: boolean;
  readonly restart: number;
  readonly delayMs: number;
  /** What the last start or stop that reached it wished, on this node. */
  readonly wanted: 'up' | 'down' | undefined;
  /** Names that wish: another text is another wish. */
  readonly wish: string;
  /** It was spoken in this boot. */
  readonly isWishOfBoot: boolean;
}

export interface RestartScene {
  readonly nowMs: number;
  /** Why everything automatic is held off; undefined when nothing does. */
  readonly held: string | undefined;
  /** In the order of a start. */
  readonly resources: readonly WatchedResource[];
  readonly watches: Watches;
  /** The states are new ones: not those of the decision before. */
  readonly isNewLook: boolean;
  readonly monitorAction: MonitorAction;
  /** When this node was last rebooted or crashed by a monitor_action, in whatever boot. */
  readonly lastNodeActionMs: number | undefined;
}

/** Why nothing is done about a resource now; `untilMs`: when that changes by itself. */
export interface Held {
  readonly rid: string;
  readonly text: string;
  readonly untilMs?: number;
}

export interface RestartDecision {
  /** To be kept before anything is done. */
  readonly watches: Watches;
  /** To be started now, together, in this order. */
  readonly restart: readonly string[];
  /** Not to be helped any more: told once, with what follows. */
  readonly gaveUp: readonly { readonly rid: string; readonly attempts: number; readonly monitored: boolean }[];
  /** What to do instead; undefined for nothing, and for `none`. */
  readonly action: Exclude<MonitorAction, 'none'> | undefined;
  readonly held: readonly Held[];
}

/** A resource that was up for so long has its whole budget again. */
export const renewedAfterMs = 300_000;
/** Pauses grow up to this, or restart_delay where that is longer. */
export const longestPauseMs = 300_000;
/** A standby resource is tried this often at least, as in the peer. */
const leastStandbyRestarts = 2;
/** A node that is rebooted again and again serves nobody. */
export const nodeActionPauseMs = 3_600_000;

/** How often it may be started again before it is given up. */
export function budgetOf({ restart, standby }: Pick<WatchedResource, 'restart' | 'standby'>): number {
  return standby ? Math.max(restart, leastStandbyRestarts) : restart;
}

/** The pause behind the `attempts`-th restart. */
export function pauseAfter(attempts: number, delayMs: number): number {
  return attempts < 1 ? 0 : Math.min(delayMs * 2 ** Math.min(attempts - 1, 30), Math.max(delayMs, longestPauseMs));
}

/** Whether anything is done about it when it goes down. */
export function isWatched(resource: WatchedResource): boolean {
  const { disabled, monitored, group } = resource;
  return !disabled && group !== 'sync' && group !== 'task' && (monitored || budgetOf(resource) > 0);
}

/** What shall be done now. Nothing at all changes while `held` says why. */
export function decideRestart(scene: RestartScene): RestartDecision {
  const { resources, nowMs } = scene;
  const watched = resources.filter(isWatched);
  const watches = new Map(watched.map((one) => [one.rid, settleWatch(scene.watches[one.rid], one, nowMs, scene.isNewLook)]));
  const nothing = { restart: [], gaveUp: [], action: undefined };
  const down = watched.filter((one) => isDown(one.status) && isWanted(one) && watches.get(one.rid)?.armed === true);
  if (scene.held !== undefined) {
    const text = scene.held;
    return { ...nothing, watches: Object.fromEntries(watches), held: down.map(({ rid }) => ({ rid, text })) };
  }
  const verdicts = judgeAll(scene, down, watches);
  const restart = verdicts.flatMap((one) => (one.kind === 'restart' ? [one.rid] : []));
  for (const rid of restart) update(watches, rid, (one) => ({ attempts: one.attempts + 1, lastAttemptMs: nowMs }));
  // What can still be started again is, before anything drastic.
  const gaveUp = restart.length > 0 ? [] : verdicts.flatMap((one) => (one.kind === 'give up' ? [one] : []));
  const isHopeless = gaveUp.some(({ monitored }) => monitored);
  const late = isHopeless ? whyNotNode(scene) : undefined;
  for (const { rid } of gaveUp) update(watches, rid, () => ({ gaveUp: true }));
  return {
    watches: Object.fromEntries(watches),
    restart,
    gaveUp: gaveUp.map(({ rid, attempts, monitored }) => ({ rid, attempts, monitored })),
    action: isHopeless && late === undefined && scene.monitorAction !== 'none' ? scene.monitorAction : undefined,
    held: [
      ...verdicts.flatMap((one) => (one.kind === 'held' ? [one.held] : [])),
      ...(late === undefined ? [] : gaveUp.map(({ rid }) => ({ rid, text: late }))),
    ],
  };
}

/** A standby resource is up on every node, unless somebody stopped that very resource. */
function isWanted({ standby, wanted }: WatchedResource): boolean {
  return wanted === 'up' || (standby && wanted === undefined);
}

function settleWatch(before: Watch | undefined, resource: WatchedResource, nowMs: number, isNewLook: boolean): Watch {
  const { status, wish, isWishOfBoot } = resource;
  const fresh: Watch = { armed: isWishOfBoot, wish, attempts: 0, looksDown: 0, gaveUp: false };
  const known = before === undefined || before.wish !== wish || !isWanted(resource) ? fresh : before;
  const { upSinceMs, lastAttemptMs, ...rest } = known;
  // A clock that was set back must not make a pause of minutes one of months.
  const attempted = lastAttemptMs === undefined ? {} : { lastAttemptMs: Math.min(lastAttemptMs, nowMs) };
  if (isDown(status)) return { ...rest, ...attempted, looksDown: rest.looksDown + (isNewLook ? 1 : 0) };
  const since = upSinceMs === undefined ? undefined : Math.min(upSinceMs, nowMs);
  if (!isUp(status)) return { ...rest, ...attempted, ...(since === undefined ? {} : { upSinceMs: since }), looksDown: 0 };
  const up = { ...rest, upSinceMs: since ?? nowMs, looksDown: 0, armed: true };
  return nowMs - up.upSinceMs >= renewedAfterMs ? { ...up, attempts: 0, gaveUp: false } : { ...up, ...attempted };
}

type Verdict =
  | { readonly kind: 'restart'; readonly rid: string }
  | { readonly kind: 'give up'; readonly rid: string; readonly attempts: number; readonly monitored: boolean }
  | { readonly kind: 'held'; readonly rid: string; readonly held: Held }
  | { readonly kind: 'known'; readonly rid: string };

/** In the order of a start, so that what stands on something else that is started again is started with it. */
function judgeAll(scene: RestartScene, down: readonly WatchedResource[], watches: ReadonlyMap<string, Watch>): readonly Verdict[] {
  const starting = new Set<string>();
  return down.map((resource) => {
    const below = underneath(scene.resources, resource.rid).find(({ rid }) => !starting.has(rid));
    const verdict = judge(scene, resource, watches.get(resource.rid) as Watch, below);
    if (verdict.kind === 'restart') starting.add(resource.rid);
    return verdict;
  });
}

function judge(
  { nowMs }: RestartScene,
  resource: WatchedResource,
  watch: Watch,
  below: { readonly rid: string; readonly status: Status } | undefined,
): Verdict {
  const { rid, monitored, delayMs } = resource;
  const { attempts, lastAttemptMs, looksDown, gaveUp } = watch;
  if (below !== undefined) return { kind: 'held', rid, held: { rid, text: `stands on ${below.rid}, which is ${below.status}` } };
  if (gaveUp) return { kind: 'known', rid };
  const dueMs = lastAttemptMs === undefined ? nowMs : lastAttemptMs + pauseAfter(attempts, delayMs);
  const budget = budgetOf(resource);
  if (nowMs < dueMs) {
    const next = attempts < budget ? `restart ${attempts + 1} of ${budget}` : 'given up if still down';
    return { kind: 'held', rid, held: { rid, text: `${next} after a pause`, untilMs: dueMs } };
  }
  if (attempts < budget) return { kind: 'restart', rid };
  // Nothing drastic for one look that may have been wrong.
  if (looksDown < 2) return { kind: 'held', rid, held: { rid, text: 'looked at once more before it is given up' } };
  return { kind: 'give up', rid, attempts, monitored };
}

function whyNotNode({ monitorAction, lastNodeActionMs, nowMs }: RestartScene): string | undefined {
  if (monitorAction !== 'reboot' && monitorAction !== 'crash') return undefined;
  const isRecent = lastNodeActionMs !== undefined && Math.abs(nowMs - lastNodeActionMs) < nodeActionPauseMs;
  return isRecent ? `no ${monitorAction}: this node had one less than an hour ago` : undefined;
}

function update(watches: Map<string, Watch>, rid: string, change: (watch: Watch) => Partial<Watch>): void {
  const watch = watches.get(rid);
  if (watch !== undefined) watches.set(rid, { ...watch, ...change(watch) });
}
