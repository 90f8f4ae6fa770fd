import { type Act, type Blocker, defineDriver, type Note, type Observe, type Report } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { countUnattachedBefore } from '../lib/block-device.ts';
import { findDevice } from '../lib/device.ts';
import { usesOfDevice } from '../lib/device-users.ts';
import { attachArgv, detachArgv, guessFreeLoop, type Loop, loopsOver, parseAttached } from '../lib/loop.ts';
import { parentOf } from '../lib/mountinfo.ts';

const keywords = {
  file: { kind: 'path', required: true, text: 'Image file that the loop device is over.', example: '/srv/images/svc1.img' },
  size: { kind: 'size', text: 'Size of the image that provision makes.', example: '10g' },
  sector: { kind: 'size', text: 'Bytes of a sector of the loop device; 512 when not set.', example: '4096' },
} as const satisfies Keywords;

type At = Observe<typeof keywords>;

const detachTimeoutMs = 10_000;

async function status(at: At): Promise<Report> {
  const { file } = at.config;
  const loops = await loopsOver(at.local, file);
  const [first] = loops;
  if (first === undefined) {
    const notes: readonly Note[] = (await at.local.stat(file)) === undefined ? [{ level: 'info', text: `${file} does not exist` }] : [];
    return { state: 'down', notes };
  }
  const notes: Note[] = [...deletedNotes(loops, file), ...(await sectorNotes(at, first))];
  if (loops.length > 1)
    notes.push({ level: 'error', text: `attached ${loops.length} times (${names(loops)}): writing through both destroys data` });
  return { state: notes.length > 0 ? 'warn' : 'up', notes, facts: { device: first.device } };
}

function deletedNotes(loops: readonly Loop[], file: string): readonly Note[] {
  const gone = loops.filter((loop) => loop.deleted);
  return gone.map((loop) => ({ level: 'warn', text: `${loop.device} is over a removed file that was ${file}: its data is lost at stop` }));
}

async function sectorNotes(at: At, loop: Loop): Promise<readonly Note[]> {
  const { sector } = at.config;
  if (sector === undefined) return [];
  const text = (await at.local.file(`/sys/block/${loop.device.slice('/dev/'.length)}/queue/logical_block_size`))?.trim();
  return text === String(sector) ? [] : [{ level: 'warn', text: `${loop.device} has sectors of ${text} bytes, wanted ${sector}` }];
}

function names(loops: readonly Loop[]): string {
  return loops.map((loop) => loop.device).join(', ');
}

async function blockers(at: At, verb: string): Promise<readonly Blocker[]> {
  const { file, size } = at.config;
  const stat = await at.local.stat(file);
  if (verb === 'start' && stat === undefined) return [{ text: `file = ${file} does not exist (provision makes it)` }];
  if (verb === 'start' && stat?.kind !== 'file') return [{ text: `file = ${file} is a ${stat?.kind}, not an image file` }];
  if (verb !== 'provision') return [];
  if (stat !== undefined && stat.kind !== 'file') return [{ text: `file = ${file} is a ${stat.kind}, not an image file` }];
  if (size === undefined && !stat?.sizeBytes) return [{ text: 'size is not set: how large shall the image be?' }];
  return sizeConflict(stat?.sizeBytes, size);
}

/** An image that holds something is never resized, grown or emptied. */
function sizeConflict(isBytes: number | undefined, wantedBytes: number | undefined): readonly Blocker[] {
  if (!isBytes || wantedBytes === undefined || isBytes === wantedBytes) return [];
  return [{ text: `the image exists with ${isBytes} bytes and size says ${wantedBytes}: it is not resized` }];
}

async function start(at: Act<typeof keywords>): Promise<void> {
  const { file, sector } = at.config;
  const loops = await loopsOver(at.local, file);
  if (loops.some((loop) => !loop.deleted)) {
    at.log.info(`${file} is already attached to ${names(loops)}`);
    return;
  }
  if (loops.length > 0)
    throw new SvcError('REFUSED', `${names(loops)} is over a removed file that was ${file}`, { hint: 'stop the service first' });
  // In a dry-run the image may be one that a provision before would have made.
  if (!at.dryRun) await mustStart(at);
  const guess = await guessFreeLoop(at.local, await countUnattachedBefore(at, at.rid));
  parseAttached((await at.local.change(attachArgv(file, sector), { assume: `${guess}\n` })).stdout);
}

async function mustStart(at: At): Promise<void> {
  const [blocker] = await blockers(at, 'start');
  if (blocker !== undefined) throw new SvcError('REFUSED', blocker.text);
}

/** losetup -d of a device in use only marks it: it would stay until its last user is gone. So the users are looked for before. */
async function stop(at: Act<typeof keywords>): Promise<void> {
  const loops = await loopsOver(at.local, at.config.file);
  if (loops.length === 0) at.log.info(`${at.config.file} is already detached`);
  for (const loop of loops) {
    const uses = at.dryRun ? [] : await usesOfDevice(at.local, await findDevice(at.local, loop.device));
    if (uses.length > 0)
      throw new SvcError('REFUSED', `${loop.device} over ${at.config.file} is in use: ${uses.join(', ')}`, {
        hint: 'stop what uses it first',
      });
    await at.local.change(detachArgv(loop.device));
  }
  if (loops.length > 0) await waitUntilDetached(at);
}

async function waitUntilDetached(at: Act<typeof keywords>): Promise<void> {
  const probe = async (): Promise<true | undefined> => ((await loopsOver(at.local, at.config.file)).length === 0 ? true : undefined);
  await at.poll(probe, {
    timeoutMs: detachTimeoutMs,
    intervalMs: 50,
    what: `${at.config.file} to be detached (a process has the device open)`,
    assume: true,
  });
}

async function provision(at: Act<typeof keywords>): Promise<void> {
  const { file, size } = at.config;
  const [blocker] = await blockers(at, 'provision');
  if (blocker !== undefined) throw new SvcError('REFUSED', blocker.text);
  const stat = await at.local.stat(file);
  if (stat !== undefined && stat.sizeBytes > 0) {
    at.log.info(`${file} exists already`);
    return;
  }
  if ((await at.local.stat(parentOf(file))) === undefined) await at.local.change(['mkdir', '-p', parentOf(file)]);
  // Only root may read an image: it holds whatever the filesystem in it protects.
  if (stat === undefined) await at.local.change(['install', '-m', '0600', '/dev/null', file]);
  await at.local.change(['truncate', '-s', String(size), file]);
}

/** The engine has stopped it before. */
async function unprovision(at: Act<typeof keywords>): Promise<void> {
  const loops = at.dryRun ? [] : await loopsOver(at.local, at.config.file);
  if (loops.length > 0) throw new SvcError('REFUSED', `${at.config.file} is still attached to ${names(loops)}`, { hint: 'stop it first' });
  if ((await at.local.stat(at.config.file)) !== undefined) await at.local.change(['rm', '-f', at.config.file]);
}

export default defineDriver({
  summary: 'A loop device over an image file, for filesystems of the same service.',
  needs: ['losetup'],
  keywords,
  reads: () => [],
  label: (config) => config.file,
  devices: async (at) => ({ uses: [at.config.file], gives: (await loopsOver(at.local, at.config.file)).map((loop) => loop.device) }),
  status,
  blockers,
  start,
  stop,
  provision,
  provisioned: async (at) => ((await at.local.stat(at.config.file))?.sizeBytes ?? 0) > 0,
  unprovision,
});
