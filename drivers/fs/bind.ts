import { type Act, type Blocker, defineDriver, type Observe } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { isBindOf, mountBehind } from '../lib/bind-source.ts';
import { mountKeywords } from '../lib/filesystem-keywords.ts';
import { mountBlockers, startMount } from '../lib/mount-start.ts';
import { mountStatus, mountStatusReads } from '../lib/mount-status.ts';
import { mountStopReads, stopMount } from '../lib/mount-stop.ts';
import { lookAtMount, splitOptions, type Wanted } from '../lib/mounting.ts';
import { depthOf, readMounts } from '../lib/mountinfo.ts';
import { includesStart } from '../lib/verbs.ts';

const keywords = {
  dev: { kind: 'path', required: true, text: 'Folder (or file) that is shown a second time.', example: '/srv/data' },
  ...mountKeywords,
} as const satisfies Keywords;

type At = Observe<typeof keywords>;

async function wantedOf(at: At): Promise<Wanted> {
  const source = await mountBehind(at.local, await readMounts(at.local), at.config.dev);
  // `ro` on a bind mount is an option of the mount, like everywhere else; type `none` means: whatever type lies behind.
  return { type: 'none', name: at.config.dev, options: splitOptions(at.config.mnt_opt), matches: async (mount) => isBindOf(mount, source) };
}

async function start(at: Act<typeof keywords>): Promise<void> {
  const { dev } = at.config;
  await startMount(at, await wantedOf(at), async () => {
    if ((await at.local.stat(dev)) === undefined && !at.dryRun) throw new SvcError('REFUSED', `dev = ${dev} does not exist`);
    return { source: dev, options: ['bind', ...splitOptions(at.config.mnt_opt)] };
  });
}

async function blockers(at: At, verb: string): Promise<readonly Blocker[]> {
  if (!includesStart(verb)) return [];
  const wanted = await wantedOf(at);
  return mountBlockers(at, await lookAtMount(at, wanted), wanted);
}

export default defineDriver({
  summary: 'A folder shown at a second place (mount --bind).',
  needs: ['mount', 'umount'],
  keywords,
  reads: (config) => [...mountStatusReads(config), ...mountStopReads],
  label: (config) => `${config.dev}@${config.mnt}`,
  // After the filesystem that its source lies on, whichever of both paths is the deeper one.
  depth: (config) => Math.max(depthOf(config.mnt), depthOf(config.dev)),
  status: async (at) => mountStatus(at, await wantedOf(at)),
  devices: async (at) => ({ uses: [at.config.dev], gives: [at.config.mnt] }),
  blockers,
  start,
  stop: async (at) => stopMount(at, await wantedOf(at)),
});
