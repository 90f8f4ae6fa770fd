import { type Act, type Blocker, defineDriver, type Observe } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { mountKeywords } from '../lib/filesystem-keywords.ts';
import { mountBlockers, startMount } from '../lib/mount-start.ts';
import { mountStatus, mountStatusReads } from '../lib/mount-status.ts';
import { mountStopReads, stopMount } from '../lib/mount-stop.ts';
import { lookAtMount, splitOptions, type Wanted } from '../lib/mounting.ts';
import { depthOf } from '../lib/mountinfo.ts';
import { includesStart } from '../lib/verbs.ts';

const keywords = {
  dev: { kind: 'string', required: true, text: 'Server and folder to mount.', example: 'nas.opensvc.com:/export/svc1' },
  ...mountKeywords,
} as const satisfies Keywords;

type At = Observe<typeof keywords>;

/** The kernel names a mount of version 4 by a type of its own, whatever was asked for (nfs(5)). */
function wantedOf({ config }: At): Wanted {
  const source = tidySource(config.dev);
  return {
    type: 'nfs',
    shownAs: ['nfs', 'nfs4'],
    name: config.dev,
    options: splitOptions(config.mnt_opt),
    matches: async (mount) => (mount.type === 'nfs' || mount.type === 'nfs4') && tidySource(mount.source) === source,
  };
}

/** `nas:/export/` is `nas:/export`. */
function tidySource(text: string): string {
  return text.replace(/(.:\/.*[^/])\/+$/, '$1');
}

/** An IPv6 address stands in brackets. */
function faultOf(dev: string): string | undefined {
  return /^(\[[0-9a-fA-F:.%]+\]|[^/:\s]+):\/\S*$/.test(dev) ? undefined : `dev = ${dev} is not SERVER:/FOLDER`;
}

async function blockers(at: At, verb: string): Promise<readonly Blocker[]> {
  if (!includesStart(verb)) return [];
  const fault = faultOf(at.config.dev);
  const wanted = wantedOf(at);
  return [...(fault === undefined ? [] : [{ text: fault }]), ...mountBlockers(at, await lookAtMount(at, wanted), wanted)];
}

async function start(at: Act<typeof keywords>): Promise<void> {
  const fault = faultOf(at.config.dev);
  if (fault !== undefined) throw new SvcError('REFUSED', fault);
  await startMount(at, wantedOf(at), async () => ({ source: at.config.dev, options: splitOptions(at.config.mnt_opt) }));
}

export default defineDriver({
  summary: 'A folder of an NFS server.',
  needs: ['mount', 'umount', 'mount.nfs'],
  keywords,
  reads: (config) => [...mountStatusReads(config), ...mountStopReads],
  label: (config) => `${config.dev}@${config.mnt}`,
  depth: (config) => depthOf(config.mnt),
  status: (at) => mountStatus(at, wantedOf(at)),
  devices: async (at) => ({ uses: [at.config.dev], gives: [at.config.mnt] }),
  blockers,
  start,
  stop: (at) => stopMount(at, wantedOf(at)),
});
