/** Whom a sync sends to, when it did, and what that says of its state (spec/storage-drivers.md §6.1). */
import type { Act, Note, Observe, Outcome, Peer, Report } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { codeOf, messageOf } from './error-code.ts';

type At = Observe<Keywords>;

/** Remembered per node: the begin of the last sync of which everything arrived (ISO 8601); for the node itself, what it was told. */
export const stampKey = (node: string): string => `last_sync_${node}`;
/** Remembered per node: why the last sync failed. */
const failureKey = (node: string): string => `failed_sync_${node}`;

export interface TargetSettings {
  readonly target: readonly string[];
  /** Milliseconds. */
  readonly sync_max_delay: number;
}

/** The nodes to send to. A node of the recovery site never sends. */
export function targetsOf(at: Pick<At, 'peers' | 'role'>, target: readonly string[]): readonly Peer[] {
  return at.role === 'drpnodes' ? [] : at.peers.filter(({ role }) => target.includes(role));
}

/** What is told after a target was done; a target that failed keeps its former stamp. */
export async function keepOutcome(at: Act<Keywords>, outcome: Outcome): Promise<Outcome> {
  const { target, ok, note } = outcome;
  if (!ok) {
    await at.remember(failureKey(target), note ?? 'it failed');
    return outcome;
  }
  const stamp = new Date(at.begunMs).toISOString();
  await at.remember(stampKey(target), stamp);
  await at.remember(stampKey(at.node), stamp);
  await at.forget(failureKey(target));
  try {
    await at.rememberOn(target, stampKey(target), stamp);
    return outcome;
  } catch (error) {
    at.signal.throwIfAborted();
    const code = codeOf(error);
    if (code === undefined || code === 'BUG') throw error;
    const told = `${target} was not told: ${messageOf(error)}`;
    return { ...outcome, note: note === undefined ? told : `${note}; ${told}` };
  }
}

/** What goes wrong with one target is its outcome; an abort or a fault of the agent is everybody's. */
export async function orFailure<V>(at: Act<Keywords>, target: string, work: () => Promise<V>): Promise<V | Outcome> {
  try {
    return await work();
  } catch (error) {
    at.signal.throwIfAborted();
    const code = codeOf(error);
    if (code === undefined || code === 'BUG' || code === 'CANCELLED') throw error;
    return { target, ok: false, code, note: messageOf(error) };
  }
}

interface Known {
  readonly node: string;
  readonly stampMs: number | undefined;
  readonly failure: string | undefined;
}

/** The state by the stamps alone: nobody is asked. */
export async function syncStatus(at: At, settings: TargetSettings): Promise<Report> {
  const targets = targetsOf(at, settings.target);
  if (!at.isServiceUp) return passiveStatus(at, settings);
  if (at.role === 'drpnodes') return nothing('service up on drp node, sync disabled');
  if (targets.length === 0) return nothing('no destination nodes');
  const known = await Promise.all(targets.map(({ node }) => knownOf(at, node)));
  const facts = Object.fromEntries(
    known.flatMap(({ node, stampMs }) => (stampMs === undefined ? [] : [[`last_sync_${node}`, isoOf(stampMs)]])),
  );
  const late = known.filter(({ stampMs }) => isLate(stampMs, at.begunMs, settings.sync_max_delay)).map(({ node }) => node);
  const failures = known.flatMap(({ node, failure }): Note[] =>
    failure === undefined ? [] : [{ level: 'warn', text: `${node}: last sync failed: ${failure}` }],
  );
  const mend = `svcmgr -s ${at.service} sync update --rid ${at.rid}`;
  if (late.length > 0)
    return { state: 'down', notes: [{ level: 'warn', text: `${late.join(', ')} need update`, mend }, ...failures], facts };
  return { state: failures.length > 0 ? 'warn' : 'up', notes: failures, facts };
}

/** Where the service is not up: how old is what this node has. */
async function passiveStatus(at: At, settings: TargetSettings): Promise<Report> {
  const isTarget = at.role !== undefined && settings.target.includes(at.role);
  const { stampMs } = await knownOf(at, at.node);
  if (!isTarget || stampMs === undefined) return nothing('paused, service not up');
  const facts = { [`last_sync_${at.node}`]: isoOf(stampMs) };
  if (!isLate(stampMs, at.begunMs, settings.sync_max_delay)) return { state: 'up', facts };
  return { state: 'warn', notes: [{ level: 'warn', text: `passive node needs update, last ${isoOf(stampMs)}` }], facts };
}

function nothing(text: string): Report {
  return { state: 'n/a', notes: [{ level: 'info', text }] };
}

async function knownOf(at: At, node: string): Promise<Known> {
  const [stamp, failure] = await Promise.all([at.recall(stampKey(node)), at.recall(failureKey(node))]);
  const stampMs = stamp === undefined ? Number.NaN : Date.parse(stamp);
  return { node, stampMs: Number.isNaN(stampMs) ? undefined : stampMs, failure };
}

/** A stamp further ahead than one delay is not believed: the clock of one of the nodes is wrong. */
export function isLate(stampMs: number | undefined, nowMs: number, maxDelayMs: number): boolean {
  return stampMs === undefined || nowMs - stampMs > maxDelayMs || stampMs - nowMs > maxDelayMs;
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
