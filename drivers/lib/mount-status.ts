/** The status of a mounted filesystem (storage-drivers.md §3), without writing to it. */
import type { Argv, Note, Observe, ReadPrefix, Report } from '../../agent/driver/contract.ts';
import type { Config } from '../../agent/driver/keywords.ts';
import type { MountKeywords } from './filesystem-keywords.ts';
import { describeMount, lookAtMount, type Seen, type Wanted } from './mounting.ts';
import type { Mount } from './mountinfo.ts';
import { ownerDrift, ownerReads } from './ownership.ts';
import { freePercent, readSpace, statfsReads } from './statfs.ts';
import { codeOf, exitCodeOf, factOf, messageOf } from './error-code.ts';

export interface StatusHooks {
  /** Faults that this type of filesystem counts by itself. */
  health?(mount: Mount): Promise<readonly Note[]>;
  /** What there is to say while it is not mounted. */
  absent?(seen: Seen): Promise<readonly Note[]>;
}

/**
 * Down when not mounted, warn when something else is mounted there or the filesystem is not as wanted, else up. Facts:
 * source, type, free_percent, size_bytes.
 */
export async function mountStatus(at: Observe<MountKeywords>, wanted: Wanted, hooks: StatusHooks = {}): Promise<Report> {
  const seen = await lookAtMount(at, wanted);
  const hidden = seen.foreign === undefined ? [] : [foreignNote(at, wanted, seen, seen.foreign)];
  if (seen.top === undefined && seen.ours.length === 0) {
    return { state: hidden.length > 0 ? 'warn' : 'down', notes: [...hidden, ...((await hooks.absent?.(seen)) ?? [])] };
  }
  if (seen.top === undefined) return { state: 'warn', notes: hidden };
  const flags = flagNotes(wanted, seen, seen.top);
  const life = await lifeNotes(at, seen.mountPoint, seen.top.type);
  const health = (await hooks.health?.(seen.top)) ?? [];
  const notes = [...flags, ...life.notes, ...health];
  return {
    state: notes.some((note) => note.level !== 'info') ? 'warn' : 'up',
    notes,
    facts: { source: seen.top.source, type: seen.top.type, ...life.facts },
  };
}

function foreignNote(at: Observe<MountKeywords>, wanted: Wanted, seen: Seen, foreign: Mount): Note {
  const text =
    seen.ours.length > 0
      ? `${describeMount(foreign)} is mounted over it on ${seen.mountPoint}`
      : `${describeMount(foreign)} is mounted on ${seen.mountPoint}, not ${wanted.name}`;
  return { level: 'warn', text, mend: `umount ${seen.mountPoint}; svcmgr -s ${at.service} start --rid ${at.rid}` };
}

/** Options that the kernel adds by itself when a filesystem is in trouble. */
const troubleOptions = ['emergency_ro', 'shutdown'];

function flagNotes(wanted: Wanted, seen: Seen, mount: Mount): readonly Note[] {
  const notes: Note[] = [];
  const all = [...mount.options, ...mount.superOptions];
  const trouble = troubleOptions.filter((option) => all.includes(option));
  if (trouble.length > 0) notes.push({ level: 'error', text: `the kernel has stopped this filesystem (${trouble.join(', ')})` });
  else if (all.includes('ro') && !wanted.options.includes('ro')) {
    notes.push({ level: 'warn', text: 'the filesystem is read-only and is wanted writable (the kernel makes it so after an error)' });
  } else if (!all.includes('ro') && wanted.options.includes('ro')) {
    notes.push({ level: 'warn', text: 'the filesystem is writable and is wanted read-only' });
  }
  if (seen.ours.length > 1) notes.push({ level: 'warn', text: `it is mounted ${seen.ours.length} times on ${seen.mountPoint}` });
  if (wanted.type !== 'none' && !(wanted.shownAs ?? [wanted.type]).includes(mount.type))
    notes.push({ level: 'warn', text: `it is mounted as ${mount.type}, not ${wanted.type}` });
  return notes;
}

interface Life {
  readonly notes: readonly Note[];
  readonly facts: Readonly<Record<string, number>>;
}

/** Asks the filesystem itself, where it may hang in processes with a time limit. */
async function lifeNotes(at: Observe<MountKeywords>, mountPoint: string, type: string): Promise<Life> {
  const { stat_timeout: timeoutMs, check_read: checkRead } = at.config;
  try {
    const space = await readSpace(at.local, mountPoint, type, timeoutMs);
    const free = freePercent(space);
    const facts = { size_bytes: space.sizeBytes, ...(free === undefined ? {} : { free_percent: free }) };
    const notes: Note[] = [];
    for (const drift of await ownerDrift(at.local, mountPoint, at.config, timeoutMs))
      notes.push({ level: 'warn', text: `${mountPoint}: ${drift}` });
    if (checkRead) await at.local.read(firstEntryArgv(at.config.mnt), { timeoutMs });
    return { notes, facts };
  } catch (error) {
    return { notes: [deadNote(error, mountPoint, timeoutMs)], facts: {} };
  }
}

/** Mounted is known, so a filesystem that does not answer is `warn`, with the error; everything else cannot be judged and goes up. */
function deadNote(error: unknown, mountPoint: string, timeoutMs: number): Note {
  if (codeOf(error) === 'TIMEOUT') {
    return { level: 'error', text: `${mountPoint} does not answer within ${timeoutMs / 1000} s` };
  }
  if (exitCodeOf(error) !== undefined || factOf(error, 'errno') !== undefined) {
    return { level: 'error', text: `${mountPoint} cannot be read: ${messageOf(error)}` };
  }
  throw error;
}

/** Reads the folder up to its first name, whatever its size. */
function firstEntryArgv(mnt: string): Argv {
  return ['find', '-H', mnt, '-maxdepth', '0', '-empty'];
}

/** The commands that status of a mount may run. */
export function mountStatusReads(config: Config<MountKeywords>): readonly ReadPrefix[] {
  return [...statfsReads, ...ownerReads, firstEntryArgv(config.mnt)];
}
