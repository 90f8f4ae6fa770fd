/** What must hold before a group is changed; each refusal leaves everything as it is. Words marked [?] in the facts begin with `Error:` only. */
import { type Half, Refusal } from '../model.ts';
import { areOpposite } from '../replicate.ts';
import { groupNamed, isReachable, otherHalf, type World } from '../world.ts';
import { type Call, matches } from './call.ts';

/** The halves that a command names, on its own array: one or several names, patterns only with -pat. */
export function namedHalves({ array, words, has }: Pick<Call, 'array' | 'words' | 'has'>): readonly Half[] {
  if (words.length === 0) throw new Refusal('no group name was given');
  if (!has('-pat')) return words.map((name) => ({ array, group: groupNamed(array, name) }));
  const found = array.groups.filter(({ name }) => words.some((pattern) => matches(pattern, name)));
  if (found.length === 0) throw new Refusal(`group matching ${words.join(' ')} does not exist on the system`);
  return found.map((group) => ({ array, group }));
}

export function checkNotBusy({ group }: Half): void {
  if (group.busy !== undefined) throw new Refusal(`Group ${group.name} is busy with task ${group.busy.split(' ')[1]}, try again later`);
}

export function checkReady(world: World, half: Half): void {
  if (!isReachable(world, half)) throw new Refusal(`Target ${half.group.target} is not up and ready`);
}

/** On each side that can be heard. */
export function checkStopped(world: World, half: Half): void {
  const groups = [half.group, ...(isReachable(world, half) ? [otherHalf(world, half).group] : [])];
  if (groups.some(({ status }) => status === 'Started')) throw new Refusal('Remote copy group not stopped');
}

export function checkOpposite(world: World, half: Half): void {
  if (areOpposite(world, half)) return;
  const { current } = half.group;
  throw new Refusal(`Group ${half.group.name} is ${current} on both systems`);
}

export function isMirrored({ array, group }: Half): boolean {
  return array.targets.some((target) => target.name === group.target && target.policy === 'mirror_config');
}

/** The half that a command acts on: this one when it is primary, else the other when it may be told from here. */
export function primaryHalf(world: World, half: Half, refusal: string): Half {
  if (half.group.current === 'primary') return half;
  if (!isMirrored(half)) return half;
  if (refusal !== '') throw new Refusal(refusal);
  checkReady(world, half);
  const other = otherHalf(world, half);
  if (other.group.current !== 'primary') throw new Refusal(`Group ${half.group.name} is secondary on both systems`);
  return other;
}
