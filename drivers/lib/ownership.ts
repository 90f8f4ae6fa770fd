/** `user`, `group` and `perm` of a folder: compare and set. */
import type { Act, Argv, Reader, ReadPrefix } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';

export interface WantedOwner {
  readonly user: string | undefined;
  readonly group: string | undefined;
  /** The octal digits read as a number: 750 for `0750`. */
  readonly perm: number | undefined;
}

interface Owner {
  readonly user: readonly [name: string, id: string];
  readonly group: readonly [name: string, id: string];
  readonly perm: string;
}

/** A colon is the one character that neither name can hold (both may hold blanks). */
const statFormat = '%u %g %a %U:%G';

export const ownerReads = [['stat', '-c', statFormat]] as const satisfies readonly ReadPrefix[];

/** `0 4 755 root:adm` */
export function parseOwner(text: string): Owner {
  const [, uid, gid, perm, user, group] = /^(\d+) (\d+) ([0-7]+) ([^:\n]+):([^:\n]+)\n?$/.exec(text) ?? [];
  if (!user || !uid || !group || !gid || !perm)
    throw new SvcError('COMMAND', `stat output is not understood: ${text}`, { facts: { line: text } });
  return { user: [user, uid], group: [group, gid], perm };
}

/** `750` for 0750 and 750, `1777`. CONFIG when a digit is not octal. */
export function tidyPerm(perm: number): string {
  const digits = String(perm).padStart(3, '0');
  if (!/^[0-7]{3,4}$/.test(digits)) throw new SvcError('CONFIG', `perm = ${digits}: not an octal mode`, { hint: 'write it like 0750' });
  return digits;
}

/** What differs: `owner root, wanted postgres`. Empty when nothing is wanted (and then nothing is read). */
export async function ownerDrift(reader: Reader, path: string, wanted: WantedOwner, timeoutMs: number): Promise<readonly string[]> {
  if (wanted.user === undefined && wanted.group === undefined && wanted.perm === undefined) return [];
  return compareOwner(parseOwner((await reader.read(['stat', '-c', statFormat, path], { timeoutMs })).stdout), wanted);
}

export function compareOwner(owner: Owner, wanted: WantedOwner): readonly string[] {
  const drift: string[] = [];
  if (wanted.user !== undefined && !owner.user.includes(wanted.user)) drift.push(`owner ${owner.user[0]}, wanted ${wanted.user}`);
  if (wanted.group !== undefined && !owner.group.includes(wanted.group)) drift.push(`group ${owner.group[0]}, wanted ${wanted.group}`);
  const perm = wanted.perm === undefined ? undefined : tidyPerm(wanted.perm);
  if (perm !== undefined && perm !== tidyPerm(Number(owner.perm))) drift.push(`mode ${owner.perm}, wanted ${perm}`);
  return drift;
}

/** The commands that set what is wanted. Five digits: with fewer chmod(1) keeps the set-group bit of a folder. */
export function ownerArgvs(path: string, wanted: WantedOwner): readonly Argv[] {
  const owner = `${wanted.user ?? ''}${wanted.group === undefined ? '' : `:${wanted.group}`}`;
  const chown: readonly Argv[] = owner === '' ? [] : [['chown', owner, path]];
  const chmod: readonly Argv[] = wanted.perm === undefined ? [] : [['chmod', tidyPerm(wanted.perm).padStart(5, '0'), path]];
  return [...chown, ...chmod];
}

export async function setOwner<T extends Keywords>(at: Act<T>, path: string, wanted: WantedOwner): Promise<void> {
  for (const argv of ownerArgvs(path, wanted)) await at.local.change(argv);
}
