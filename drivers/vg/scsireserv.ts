import { type Act, type Blocker, defineDriver, type Observe, type Report } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { forgetIfKept, recallForBoot, rememberForBoot } from '../lib/boot-memory.ts';
import { mapperReads } from '../lib/device-mapper.ts';
import { whoseKey } from '../lib/pr-owner.ts';
import { plainKey } from '../lib/pr-output.ts';
import { foreignKeys, holdOf, lookAtLun, reportOf, type SeenLun } from '../lib/pr-status.ts';
import { giveBack, preemptOf, register, reserve } from '../lib/pr-take.ts';
import { prReads, seatsOf } from '../lib/pr-tool.ts';
import { reservationKeywords } from '../lib/reservation-keywords.ts';
import { keyMemory, ownKey } from '../lib/reservation-key.ts';
import { findLuns } from '../lib/scsi-luns.ts';
import { includesStart } from '../lib/verbs.ts';
import { isReadOnly, makeWritable } from '../lib/writable.ts';

const { prkey, no_preempt_abort, promote_rw } = reservationKeywords;

const keywords = {
  of: { kind: 'string', text: 'Resource whose disks are reserved.', example: 'vg#1' },
  devs: { kind: 'list', default: '', text: 'Further disks to reserve.', example: '/dev/mapper/mpatha' },
  prkey,
  no_preempt_abort,
  promote_rw,
} as const satisfies Keywords;

type At = Observe<typeof keywords>;
type Acting = Act<typeof keywords>;

/** Remembered from before the first registration until the last one is taken back: what stop has to undo, even if the group is gone. */
const heldMemory = 'held';

interface Held {
  readonly key: string;
  readonly devices: readonly string[];
}

async function recallHeld(at: At): Promise<Held | undefined> {
  const text = await recallForBoot(at, heldMemory);
  return text === undefined ? undefined : (JSON.parse(text) as Held);
}

/** Where a key was registered it stays the key, whatever the files say meanwhile. */
async function keyOf(at: At, held: Held | undefined): Promise<string> {
  return plainKey(held?.key ?? (await ownKey(at, at.config.prkey)));
}

async function devicesOf(at: At, held?: Held): Promise<readonly string[]> {
  const { of, devs } = at.config;
  const uses = of === undefined ? [] : (await at.devicesOf(of)).uses;
  return [...new Set([...uses, ...devs, ...(held?.devices ?? [])])];
}

async function look(at: At, key: string, devices: readonly string[]): Promise<readonly SeenLun[]> {
  const seats = await seatsOf(at, await findLuns(at.local, devices));
  return Promise.all(seats.map((seat) => lookAtLun(at, seat, key)));
}

async function status(at: At): Promise<Report> {
  const held = await recallHeld(at);
  const key = await keyOf(at, held);
  const report = reportOf(await look(at, key, await devicesOf(at)), key, held !== undefined);
  if (report.facts?.['disks'] !== 0) return report;
  return { ...report, notes: [{ level: 'info', text: `no disk of ${at.config.of ?? 'devs'} is there` }] };
}

async function blockers(at: At, verb: string): Promise<readonly Blocker[]> {
  if (!includesStart(verb)) return [];
  const key = await keyOf(at, await recallHeld(at));
  const found: Blocker[] = [];
  for (const lun of await look(at, key, await devicesOf(at))) {
    for (const other of foreignKeys(lun, key)) {
      const text = await refusalOf(at, lun, other);
      if (text !== undefined) found.push({ text, allow: 'foreign-reservation' });
    }
  }
  return found;
}

/** Undefined when the agent of the node with this key says that the service is down there. */
async function refusalOf(at: At, { seat, standing }: SeenLun, other: string): Promise<string | undefined> {
  const how = standing?.reservation?.key === other ? 'is reserved' : 'has a registration';
  const owner = await whoseKey(at, other);
  return owner.isDown ? undefined : `${seat.name} ${how} by ${other} (${owner.text})`;
}

/** Its start comes before whatever writes, and refuses or takes every key away that may write. A disk without reservations guards nothing. */
async function guard(at: At): Promise<string | undefined> {
  const held = await recallHeld(at);
  const luns = await look(at, await keyOf(at, held), await devicesOf(at, held));
  const isSure = luns.length > 0 && luns.every((lun) => lun.standing !== undefined);
  return isSure ? `the SCSI reservation of ${luns.map(({ seat }) => seat.name).join(', ')}` : undefined;
}

async function start(at: Acting): Promise<void> {
  const devices = await devicesOf(at);
  const held = await recallHeld(at);
  const key = await keyOf(at, held);
  let luns = await look(at, key, devices);
  if (luns.length === 0 && !at.dryRun) throw new SvcError('REFUSED', `no disk of ${at.config.of ?? 'devs'} is there to be reserved`);
  const [refusal] = at.allows('foreign-reservation') ? [] : await blockers(at, 'start');
  if (refusal !== undefined) throw new SvcError('REFUSED', refusal.text, { hint: '--allow foreign-reservation takes it over' });
  if (await mayWrite(at, luns)) luns = at.dryRun ? luns : await look(at, key, devices);
  const able = luns.filter((lun) => lun.standing !== undefined);
  if (able.every((lun) => isTaken(lun, key))) {
    at.log.info('the disks are already reserved');
    return;
  }
  await rememberForBoot(at, heldMemory, JSON.stringify({ key, devices } satisfies Held));
  await at.remember(keyMemory, key);
  for (const lun of able) if (lun.registered < lun.expected) await register(at, lun.seat, key);
  for (const { seat, standing, ...lun } of able) {
    if (standing === undefined || (holdOf({ standing }, key) === 'own' && foreignKeys({ standing }, key).length === 0)) continue;
    at.log.debug(`${seat.name}: ${lun.registered}/${lun.expected} paths were registered`);
    await reserve(at, seat, standing, { key, preempt: preemptOf(seat, at.config.no_preempt_abort) });
  }
}

function isTaken(lun: SeenLun, key: string): boolean {
  return holdOf(lun, key) === 'own' && lun.registered >= lun.expected && foreignKeys(lun, key).length === 0;
}

/** Through a read-only path the kernel lets no reservation pass. @returns whether something was changed */
async function mayWrite(at: Acting, luns: readonly SeenLun[]): Promise<boolean> {
  const paths = luns.filter((lun) => lun.readOnly).flatMap(({ seat }) => seat.paths);
  if (paths.length === 0) return false;
  if (!at.config.promote_rw) {
    const [first] = (await Promise.all(paths.map(async (path) => ((await isReadOnly(at.local, path.kernel)) ? path : [])))).flat();
    throw new SvcError('REFUSED', `${first?.device ?? 'a path'} is read-only`, {
      hint: 'is the disk the secondary of its array? promote_rw = true makes it writable once it is the primary',
    });
  }
  await makeWritable(
    at,
    luns.map(({ seat }) => seat),
  );
  return true;
}

async function stop(at: Acting): Promise<void> {
  const held = await recallHeld(at);
  const key = await keyOf(at, held);
  const luns = await look(at, key, await devicesOf(at, held));
  const ours = luns.filter((lun) => lun.registered > 0 || holdOf(lun, key) === 'own');
  if (ours.length === 0) at.log.info('no reservation of this node is there');
  for (const { seat, standing } of ours) if (standing !== undefined) await giveBack(at, seat, standing, key);
  await forgetIfKept(at, heldMemory);
}

/** The disks remember a reservation over a boot of the node. It stays while what stands on them is in use, or was started since. */
async function clear(at: Acting): Promise<void> {
  const user = at.config.of === undefined ? undefined : at.resource(at.config.of)?.report?.state;
  if (user === 'down' && (await recallHeld(at)) === undefined) await stop(at);
}

export default defineDriver({
  summary: 'SCSI-3 persistent reservation of the disks below a resource, for this node alone.',
  needs: ['sg_persist'],
  keywords,
  reads: () => [...prReads, ...mapperReads],
  label: ({ of, devs }) => `disks of ${[...(of === undefined ? [] : [of]), ...devs].join(', ') || 'nothing'}`,
  status,
  blockers,
  guard,
  start,
  stop,
  clear,
});
