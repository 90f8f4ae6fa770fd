/** The parts that live on the daemon's memory, built: monitor and scheduler, and the beat of the schedules. */
import { relocate } from './engine/relocate.ts';
import type { Residence, ResidentPart } from './engine/resident.ts';
import { createRestarter } from './engine/restarter.ts';
import { createScheduler } from './engine/scheduler.ts';
import { startBeat } from './io/beat.ts';
import { openNodePower } from './io/node-power.ts';

export function createParts(residence: Residence): readonly ResidentPart[] {
  const node = openNodePower();
  const switchAway = async (service: string, reason: string): Promise<void> => {
    const { error } = await relocate(residence.world(), service, { verb: 'switch', allow: [], dryRun: false, reason }, residence.signal);
    if (error !== undefined) throw error;
  };
  const scheduler = createScheduler(residence);
  const beat = startBeat(() => scheduler.minute(residence.world().now()), {
    onTrouble: (text) => residence.tell({ kind: 'schedule', service: null, rid: null, text, facts: {} }),
  });
  const stop = async (): Promise<void> => {
    beat.stop();
    await scheduler.stop?.();
  };
  return [createRestarter(residence, { node, switchAway }), { ...scheduler, stop }];
}
