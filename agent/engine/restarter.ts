/** The part of the daemon that starts again what went down, and does the monitor_action when that does not help. */
import { asSvcError } from '../errors.ts';
import { bootId } from '../io/process.ts';
import { isMoving, whyHeld } from '../state/automatic-hold.ts';
import { budgetOf, decideRestart, type Held, type RestartDecision, type RestartScene, type Watches } from '../state/restart.ts';
import type { StatusDocument } from '../state/status-document.ts';
import { doMonitorAction, type MonitorPowers } from './monitor-action.ts';
import { report } from './report.ts';
import type { Residence, Resident, ResidentPart } from './resident.ts';
import { watchedResources } from './restart-scene.ts';
import { keepWatches, readNodeAction, readWatches } from './watch-store.ts';
import { readWishes } from './wishes.ts';

export interface Restarter extends ResidentPart {
  /** Why nothing is done about resources of a service that are down. */
  held(service: string): readonly Held[];
  /** Settles when nothing is being decided or done. */
  idle(): Promise<void>;
}

type Looks = StatusDocument['resources'];

/** One service as the monitor follows it. */
interface Followed {
  /** Undefined until it was read back. */
  watches: Watches | undefined;
  /** The looks that were decided on last. What other nodes say renews a status, but not these. */
  decidedOn: Looks | undefined;
  /** The looks that a restart was tried on: what became of it stands in the next ones. */
  actedOn: Looks | undefined;
  held: readonly Held[];
  /** When a pause ends, ms since 1970. */
  dueMs: number | undefined;
  work: Promise<void> | undefined;
  /** Something came while it was at work. */
  again: boolean;
}

export function createRestarter(residence: Residence, powers: MonitorPowers, boot = bootId()): Restarter {
  const followed = new Map<string, Followed>();
  const consider = (service: string): void => {
    const one = followed.get(service) ?? newFollowed();
    followed.set(service, one);
    if (one.work !== undefined) {
      one.again = true;
      return;
    }
    one.work = considerAll({ residence, powers, boot }, service, one).finally(() => {
      one.work = undefined;
    });
  };
  const idle = async (): Promise<void> => {
    for (;;) {
      const work = [...followed.values()].flatMap((one) => one.work ?? []);
      if (work.length === 0) return;
      await Promise.all(work);
    }
  };
  return {
    name: 'monitor',
    onStatus: ({ name }) => consider(name),
    beat: (now) => {
      for (const [service, { dueMs }] of followed) if (dueMs !== undefined && now.getTime() >= dueMs) consider(service);
    },
    onGone: (service) => void followed.delete(service),
    stop: idle,
    held: (service) => followed.get(service)?.held ?? [],
    idle,
  };
}

function newFollowed(): Followed {
  return { watches: undefined, decidedOn: undefined, actedOn: undefined, held: [], dueMs: undefined, work: undefined, again: false };
}

interface Means {
  readonly residence: Residence;
  readonly powers: MonitorPowers;
  readonly boot: string;
}

/** Never rejects: one service that cannot be decided on must not end the monitoring of the others. */
async function considerAll(means: Means, service: string, one: Followed): Promise<void> {
  do {
    one.again = false;
    try {
      await considerOnce(means, service, one);
    } catch (thrown) {
      one.dueMs = undefined;
      say(means, service, null, 'error', `the monitor could not decide: ${asSvcError(thrown).message}`);
    }
  } while (one.again && !means.residence.signal.aborted);
}

async function considerOnce(means: Means, service: string, one: Followed): Promise<void> {
  const { residence, boot } = means;
  const resident = residence.get(service);
  const status = resident?.status;
  if (resident === undefined || status === undefined || status.resources === one.actedOn || residence.signal.aborted) return;
  // States on their way say nothing: neither that it is down, nor that it was up long enough.
  if (isMoving({ status, disabled: false, acting: resident.action !== undefined })) return;
  one.watches ??= await readWatches(residence.world(), service, boot);
  const scene = await sceneOf(means, resident, status, one);
  const decision = decideRestart(scene);
  one.decidedOn = status.resources;
  one.held = decision.held;
  one.dueMs = decision.held.reduce<number | undefined>((first, { untilMs }) => earlier(first, untilMs), undefined);
  await keepChanged(means, service, one, decision.watches);
  await carryOut(means, resident, scene, decision, one);
}

function say({ residence }: Means, service: string, rid: string | null, level: 'warn' | 'error', text: string): void {
  report(residence, { kind: 'monitor', service, rid, level, text });
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

async function sceneOf(
  { residence, boot }: Means,
  { name, instance }: Resident,
  status: StatusDocument,
  one: Followed,
): Promise<RestartScene> {
  const world = residence.world();
  const { settings } = instance.definition;
  return {
    nowMs: world.now().getTime(),
    held: whyHeld({ status, disabled: settings.disable, acting: false }),
    resources: watchedResources(instance, status, await readWishes(world, name), boot),
    watches: one.watches ?? {},
    isNewLook: status.resources !== one.decidedOn,
    monitorAction: settings.monitor_action,
    lastNodeActionMs: await readNodeAction(world),
  };
}

/** What only says that nothing happened is not written: there are a thousand services, and a look every ten seconds. */
async function keepChanged({ residence, boot }: Means, service: string, one: Followed, watches: Watches): Promise<void> {
  const before = one.watches ?? {};
  one.watches = watches;
  if (worthKeeping(before) !== worthKeeping(watches)) await keepWatches(residence.world(), service, boot, watches);
}

function worthKeeping(watches: Watches): string {
  return JSON.stringify(Object.entries(watches).map(([rid, { armed, wish, attempts, gaveUp }]) => [rid, armed, wish, attempts, gaveUp]));
}

async function carryOut(means: Means, { name }: Resident, scene: RestartScene, decision: RestartDecision, one: Followed): Promise<void> {
  const { residence } = means;
  if (decision.restart.length > 0) {
    one.actedOn = one.decidedOn;
    return restartAll(means, name, scene, decision.restart, one);
  }
  for (const { rid, attempts, monitored } of decision.gaveUp) {
    const tried = attempts === 0 ? 'it is not to be started again' : `started again ${attempts} times in vain`;
    const follows = monitored ? `monitor_action ${decision.action ?? 'none'}` : 'not monitored';
    say(means, name, rid, 'error', `given up: ${tried}; ${follows}`);
  }
  const { action } = decision;
  if (action === undefined || residence.signal.aborted) return;
  const reason = `${decision.gaveUp.map(({ rid }) => rid).join(', ')} down`;
  try {
    await doMonitorAction(residence, means.powers, name, action, reason);
  } catch (thrown) {
    say(means, name, null, 'error', `monitor_action ${action} failed: ${asSvcError(thrown).message}`);
  }
}

/** One resource an action: what fails is undone alone. It ends the series, because what stands on it would fail too. */
async function restartAll(means: Means, service: string, scene: RestartScene, rids: readonly string[], one: Followed): Promise<void> {
  for (const [at, rid] of rids.entries()) {
    if (await restart(means, service, scene, rid, one)) continue;
    for (const untried of rids.slice(at + 1)) await giveBack(means, service, one, untried);
    return;
  }
}

async function restart(means: Means, service: string, scene: RestartScene, rid: string, one: Followed): Promise<boolean> {
  const { residence } = means;
  const watched = scene.resources.find((resource) => resource.rid === rid);
  const attempts = one.watches?.[rid]?.attempts ?? 0;
  const text = `restart ${attempts} of ${watched === undefined ? attempts : budgetOf(watched)}`;
  say(means, service, rid, 'warn', text);
  try {
    const { ok } = await residence.act(service, { verb: 'start', rid, automatic: true }, `${rid} went down, ${text}`);
    return ok;
  } catch (thrown) {
    const error = asSvcError(thrown);
    // Somebody else is at work, or we leave: nothing was tried.
    if (error.code === 'BUSY' || error.code === 'CANCELLED') await giveBack(means, service, one, rid);
    say(means, service, rid, 'warn', `${text} did not begin: ${error.message}`);
    return false;
  }
}

async function giveBack(means: Means, service: string, one: Followed, rid: string): Promise<void> {
  const watch = one.watches?.[rid];
  if (watch === undefined) return;
  await keepChanged(means, service, one, { ...one.watches, [rid]: { ...watch, attempts: Math.max(0, watch.attempts - 1) } });
}
