import { type Act, type Blocker, defineDriver, type Note, type Observe, type Report } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { ownerKeywords } from '../lib/filesystem-keywords.ts';
import { depthOf } from '../lib/mountinfo.ts';
import { ownerDrift, ownerReads, setOwner, tidyPerm } from '../lib/ownership.ts';
import { includesStart } from '../lib/verbs.ts';

const keywords = {
  path: { kind: 'path', required: true, text: 'Folder that must exist.', example: '/opt/svc1/spool' },
  ...ownerKeywords,
} as const satisfies Keywords;

type At = Observe<typeof keywords>;

const statTimeoutMs = 5_000;

/** A folder that is as wanted has nothing to say (n/a): stop leaves it, and a stopped service must not look half up for it. */
async function status(at: At): Promise<Report> {
  const { path } = at.config;
  const stat = await at.local.stat(path);
  if (stat === undefined) return { state: 'down' };
  if (stat.kind !== 'directory') return { state: 'down', notes: [{ level: 'warn', text: `${path} is a ${stat.kind}, not a folder` }] };
  const drift = await ownerDrift(at.local, path, at.config, statTimeoutMs);
  const notes = drift.map((text): Note => ({ level: 'warn', text, mend: `svcmgr -s ${at.service} start --rid ${at.rid}` }));
  return { state: notes.length > 0 ? 'warn' : 'n/a', notes };
}

async function blockers(at: At, verb: string): Promise<readonly Blocker[]> {
  if (!includesStart(verb)) return [];
  const { path, perm } = at.config;
  // A wrong mode must not leave the folder half done.
  if (perm !== undefined) tidyPerm(perm);
  const stat = await at.local.stat(path);
  if (stat === undefined || stat.kind === 'directory') return [];
  return [{ text: `${path} is a ${stat.kind}, not a folder` }];
}

async function start(at: Act<typeof keywords>): Promise<void> {
  const { path } = at.config;
  const [blocker] = await blockers(at, 'start');
  if (blocker !== undefined) throw new SvcError('REFUSED', blocker.text);
  const exists = (await at.local.stat(path)) !== undefined;
  if (!exists) await at.local.change(['mkdir', '-p', path]);
  const drifted = exists && (await ownerDrift(at.local, path, at.config, statTimeoutMs)).length > 0;
  if (!exists || drifted) await setOwner(at, path, at.config);
}

export default defineDriver({
  summary: 'A folder with an owner and a mode; start makes it, stop leaves it.',
  needs: ['mkdir', 'chown', 'chmod'],
  keywords,
  reads: () => ownerReads,
  label: (config) => config.path,
  depth: (config) => depthOf(config.path),
  devices: async (at) => ({ uses: [], gives: [at.config.path] }),
  status,
  blockers,
  start,
});
