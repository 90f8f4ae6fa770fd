/** What stands against a relocation before its first step, and what of it was allowed. */
import type { Blocker } from '../driver/contract.ts';
import { SvcError } from '../errors.ts';
import type { Relocation } from './relocate.ts';

/** @throws SvcError REFUSED listing what is not allowed; nothing was done then */
export function mustNotRefuse({ run, request, steps }: Pick<Relocation, 'run' | 'request' | 'steps'>, blockers: readonly Blocker[]): void {
  const isAllowed = ({ allow }: Blocker) => allow !== undefined && request.allow.includes(allow);
  for (const blocker of blockers.filter(isAllowed)) {
    const text = `allowed (${blocker.allow}): ${blocker.text}`;
    run.log().warn(text);
    steps.note(text);
  }
  const standing = blockers.filter((blocker) => !isAllowed(blocker));
  if (standing.length === 0) return;
  const texts = standing.map(({ text, allow }) => (allow === undefined ? text : `${text} (--allow ${allow})`));
  const names = [...new Set(standing.flatMap(({ allow }) => allow ?? []))];
  const mends = [...new Set(standing.flatMap(({ mend }) => (mend === undefined ? [] : [`mend: ${mend}`])))];
  const isFixed = standing.some(({ allow }) => allow === undefined);
  const next = isFixed ? [] : [`to go on all the same: ${names.map((name) => `--allow ${name}`).join(' ')}`];
  const hint = [...mends, ...next].join('\n');
  throw new SvcError('REFUSED', `${run.instance.name}: ${texts.join('; ')}`, { ...(hint === '' ? {} : { hint }), facts: { allow: names } });
}
