/** Two sides of a copy, whatever state they are in: the outcome, and every change on the way there. */
import { expect } from 'chai';
import type { Scenario } from '../rig.ts';
import { codeOf, resultOf, type Subject } from '../subject.ts';

export function scenarioRules(subject: () => Subject, { verb = 'sync update', allow = [], fails, changes, truth }: Scenario): void {
  it(`${fails === undefined ? 'arrives' : `fails by ${fails}`}, by ${changes.length} changes that a dry-run predicts`, async () => {
    const { stage, rig } = subject();
    const planned = await stage.act(verb, { allow, dryRun: true, frozen: true });
    const attempt = await stage.act(verb, { allow });
    if (fails === undefined) resultOf(attempt, verb);
    else expect(codeOf(attempt)).to.equal(fails);
    expect(attempt.texts.map((text, at) => (changes[at]?.test(text) === true ? 'as expected' : text))).to.deep.equal(
      changes.map(() => 'as expected'),
    );
    expect(planned.texts).to.deep.equal(attempt.texts);
    expect(rig.truth()).to.equal(truth);
  });
}
