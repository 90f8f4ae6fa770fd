/** What follows when a monitored resource is given up: the monitor_action of its service. */
import type { NodePower } from '../io/node-power.ts';
import type { MonitorAction } from '../state/restart.ts';
import { noteInJournal } from './journal-notes.ts';
import { setFrozen } from './kept-state.ts';
import type { Residence } from './resident.ts';
import { keepNodeAction } from './watch-store.ts';

export interface MonitorPowers {
  readonly node: NodePower;
  /** Brings the service to another node; rejects when it did not get there. */
  switchAway(service: string, reason: string): Promise<void>;
}

export type Drastic = Exclude<MonitorAction, 'none'>;

/** @throws SvcError when it could not be done: nothing else is tried then */
export async function doMonitorAction(
  residence: Residence,
  powers: MonitorPowers,
  service: string,
  action: Drastic,
  reason: string,
): Promise<void> {
  const world = residence.world();
  // Durable first: after a reset nobody else could tell why.
  noteInJournal(world, service, `monitor_action ${action}`, reason);
  residence.tell({ kind: 'monitor', service, rid: null, text: `monitor_action ${action}: ${reason}`, facts: { action } });
  if (action === 'switch') return powers.switchAway(service, reason);
  if (action === 'freezestop') {
    // Frozen before it is stopped, so that nothing automatic starts it in between.
    await setFrozen(world, service, true, `monitor_action freezestop: ${reason}`);
    const { error } = await residence.act(service, { verb: 'stop', automatic: true }, `freezestop: ${reason}`);
    if (error !== undefined) throw error;
    return;
  }
  await keepNodeAction(world, action, service);
  await powers.node[action]();
}
