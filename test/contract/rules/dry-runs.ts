/** A dry-run looks for real, changes nothing, and says exactly what the real run then does. */
import { expect } from 'chai';
import type { Verb } from '../stage.ts';
import { act, bring, kept, type Subject, upVerb, resultOf } from '../subject.ts';

export function dryRunRules(subject: () => Subject, can: { readonly stop: boolean }): void {
  it('predicts every change and makes none', async () => {
    await bring(subject(), 'down');
    const verb = upVerb(subject());
    await expectPredicted(subject(), verb);
    if (verb === 'start') expect(await dry(subject(), 'start'), 'a start of what is up').to.deep.equal([]);
    if (!can.stop) return;
    await expectPredicted(subject(), 'stop');
    expect(await dry(subject(), 'stop'), 'a stop of what is down').to.deep.equal([]);
  });

  it('announces each change before it is made, and makes each that is announced', async () => {
    await bring(subject(), 'down');
    const verb = upVerb(subject());
    for (const step of can.stop ? ([verb, 'stop'] as const) : [verb]) {
      const attempt = await subject().stage.act(step);
      resultOf(attempt, step);
      expect(attempt.doors.changes()).to.deep.equal(attempt.texts);
      expect(attempt.texts).not.to.have.length(0);
    }
  });
}

/** @returns the changes of the real run */
export async function expectPredicted(subject: Subject, verb: Verb): Promise<readonly string[]> {
  const before = subject.rig.truth();
  const planned = await dry(subject, verb);
  expect(subject.rig.truth(), `the truth after a dry ${verb}`).to.equal(before);
  const done = await act(subject, verb);
  expect(planned, `the dry ${verb} against the real one`).to.deep.equal(done);
  return done;
}

async function dry(subject: Subject, verb: Verb): Promise<readonly string[]> {
  const memory = kept(subject);
  const texts = await act(subject, verb, { dryRun: true, frozen: true });
  expect(kept(subject), `remembered by a dry ${verb}`).to.deep.equal(memory);
  return texts;
}
