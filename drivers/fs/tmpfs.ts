import { type Act, defineDriver, type Observe } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { mountKeywords } from '../lib/filesystem-keywords.ts';
import { mountBlockers, startMount } from '../lib/mount-start.ts';
import { mountStatus, mountStatusReads } from '../lib/mount-status.ts';
import { mountStopReads, stopMount } from '../lib/mount-stop.ts';
import { lookAtMount, splitOptions, type Wanted } from '../lib/mounting.ts';
import { depthOf } from '../lib/mountinfo.ts';
import { includesStart } from '../lib/verbs.ts';

const keywords = {
  ...mountKeywords,
  size: { kind: 'size', text: 'Most memory the files may take; half of the memory when not set.', example: '512m' },
} as const satisfies Keywords;

function wantedOf(at: Observe<typeof keywords>): Wanted {
  const options = splitOptions(at.config.mnt_opt);
  return { type: 'tmpfs', name: 'tmpfs', options, matches: async (mount) => mount.type === 'tmpfs' && mount.root === '/' };
}

async function start(at: Act<typeof keywords>): Promise<void> {
  const { size } = at.config;
  const options = [...(size === undefined ? [] : [`size=${size}`]), ...splitOptions(at.config.mnt_opt)];
  await startMount(at, wantedOf(at), async () => ({ source: 'tmpfs', options }));
}

export default defineDriver({
  summary: 'A filesystem in memory; its content is lost at stop.',
  needs: ['mount', 'umount'],
  keywords,
  reads: (config) => [...mountStatusReads(config), ...mountStopReads],
  label: (config) => `tmpfs@${config.mnt}`,
  depth: (config) => depthOf(config.mnt),
  status: (at) => mountStatus(at, wantedOf(at)),
  blockers: async (at, verb) => (includesStart(verb) ? mountBlockers(at, await lookAtMount(at, wantedOf(at)), wantedOf(at)) : []),
  devices: async (at) => ({ uses: [], gives: [at.config.mnt] }),
  start,
  stop: (at) => stopMount(at, wantedOf(at)),
});
