/** The names given to `--allow`: a mistyped one waives nothing, and whoever gave it hears so before the first change. */
import { allowances, type Allowance, isAllowance } from '../driver/allowances.ts';
import { SvcError } from '../errors.ts';
import { nearestName } from '../nearest.ts';
import type { App } from './app.ts';

/** @throws SvcError CONFIG for a name that no refusal has */
export function allowancesOf({ call }: App): readonly Allowance[] {
  return (call.values.allow ?? []).map((name) => {
    if (isAllowance(name)) return name;
    const known = Object.keys(allowances);
    const nearest = nearestName(name, known);
    throw new SvcError('CONFIG', `--allow ${name}: there is no such refusal`, {
      hint: nearest === undefined ? 'svcmgr doc allow' : `did you mean --allow ${nearest}?`,
    });
  });
}
