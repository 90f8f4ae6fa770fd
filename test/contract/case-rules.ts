/** The rules for one driver in one world, by what the driver can. */
import { expect } from 'chai';
import type { Driver } from '../../agent/driver/contract.ts';
import { abortRules } from './rules/aborts.ts';
import { cutRules } from './rules/cuts.ts';
import { dryRunRules } from './rules/dry-runs.ts';
import { lieRules } from './rules/lies.ts';
import { missingToolRules } from './rules/missing-tools.ts';
import { readRules } from './rules/reads.ts';
import { blockerRules } from './rules/refusals.ts';
import { workRules } from './rules/work.ts';
import { stateRules } from './rules/states.ts';
import type { Subject } from './subject.ts';

/** For a variant of a case: what it runs, what that may say, and that it is predicted. */
export function variantRules(subject: () => Subject, driver: Driver): void {
  const can = { stop: driver.stop !== undefined };
  lieRules(subject);
  missingToolRules(subject, can);
  dryRunRules(subject, can);
}

export function caseRules(subject: () => Subject, driver: Driver): void {
  const can = { start: driver.start !== undefined, stop: driver.stop !== undefined };
  stateRules(subject, can);
  if (can.start) cutRules(subject, can);
  else workRules(subject, { run: driver.run !== undefined });
  blockerRules(subject);
  lieRules(subject);
  missingToolRules(subject, can);
  abortRules(subject, can);
  dryRunRules(subject, can);
  readRules(subject, can);
  it('has a label that stays', () => {
    const { stage, rig } = subject();
    expect(stage.label).to.match(/^\S.*\S$/);
    expect(stage.with(rig.text).label).to.equal(stage.label);
  });
}
