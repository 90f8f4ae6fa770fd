import { defineDriver, type Observe } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';

const keywords = {} as const satisfies Keywords;

/** In the run folder, which the boot empties: after a reboot every flag is down. */
function flagOf(at: Observe<typeof keywords>): { folder: string; file: string } {
  return { folder: at.runFolder, file: `${at.runFolder}/${at.service}.${at.rid}` };
}

export default defineDriver({
  summary: 'A flag file: up from start to stop or reboot. For tests, and as an anchor of triggers.',
  needs: ['mkdir', 'rm'],
  keywords,
  reads: () => [],
  label: () => 'flag',
  status: async (at) => ({ state: (await at.local.stat(flagOf(at).file)) === undefined ? 'down' : 'up' }),
  start: async (at) => {
    const { folder, file } = flagOf(at);
    if ((await at.local.stat(file)) !== undefined) return;
    if ((await at.local.stat(folder)) === undefined) await at.local.change(['mkdir', '-p', folder]);
    await at.local.write(file, '');
  },
  stop: async (at) => {
    const { file } = flagOf(at);
    if ((await at.local.stat(file)) !== undefined) await at.local.change(['rm', '-f', file]);
  },
});
