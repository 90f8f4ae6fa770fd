/** Rule 4: refuse before the first change; each refusal that may be waived has a name of its own. */
import { expect } from 'chai';
import type { Blocker } from '../../../agent/driver/contract.ts';
import type { Refusal } from '../rig.ts';
import type { Stage, Verb } from '../stage.ts';
import { bring, codeOf, kept, type Subject, resultOf } from '../subject.ts';

export const allowName = /^[a-z]+(-[a-z]+)*$/;

export function blockerRules(subject: () => Subject): void {
  it('changes nothing while it is asked, and has nothing against a plain start or stop', async () => {
    for (const world of ['down', 'up'] as const) {
      await bring(subject(), world);
      const memory = kept(subject());
      for (const verb of verbsOf(subject())) {
        const blockers = await ask(subject().stage, verb);
        if (verb === 'start' || verb === 'stop') expect(blockers, `${verb} while ${world}`).to.deep.equal([]);
      }
      const devices = await subject().stage.devices({ frozen: true });
      resultOf(devices, 'devices');
      expect(subject().rig.truth(), 'the truth after the questions').to.equal(world);
      expect(kept(subject()), 'remembered').to.deep.equal(memory);
    }
  });
}

function verbsOf({ driver }: Subject): readonly Verb[] {
  return (['start', 'stop', 'provision', 'unprovision', 'run'] as const).filter((verb) => driver[verb] !== undefined);
}

/** One `it` for the refusal, and one for its waiver. */
export function refusalRules(subject: () => Subject, name: string, refusal: Refusal): void {
  it(`refuses: ${name}`, async () => {
    const stage = await prepare(subject(), refusal);
    const before = subject().rig.truth();
    await expectRefusal(stage, refusal);
    expect(subject().rig.truth(), 'the truth after the refusal').to.equal(before);
  });

  const { allow, verb = 'start' } = refusal;
  if (allow === undefined) return;
  it(`goes on with --allow ${allow}: ${name}`, async () => {
    const stage = await prepare(subject(), refusal);
    const attempt = await stage.act(verb, { allow: [allow] });
    resultOf(attempt, `with --allow ${allow}`);
    expect(attempt.texts).not.to.have.length(0);
    expect(subject().rig.truth(), `the truth after ${verb}`).to.equal(verb === 'unprovision' ? 'down' : 'up');
  });
}

async function prepare({ rig, stage, home }: Subject, refusal: Refusal): Promise<Stage> {
  const text = refusal.text?.(rig, home);
  const other = text === undefined ? stage : stage.with(text);
  await refusal.prepare?.({ home, rig, stage: other });
  return other;
}

async function expectRefusal(stage: Stage, refusal: Refusal): Promise<void> {
  const verb = refusal.verb ?? 'start';
  const blockers = await ask(stage, verb);
  const [blocker] = blockers.filter(({ text }) => refusal.says.test(text));
  expect(blocker, `one of ${JSON.stringify(blockers)} says ${refusal.says}`).not.to.equal(undefined);
  expect(blocker?.allow, 'what waives it').to.equal(refusal.allow);
  if (refusal.alsoInVerb !== false) {
    const attempt = await stage.act(verb);
    expect(codeOf(attempt), `the ${verb} itself`).to.equal('REFUSED');
    expect(attempt.texts, 'changes before it refused').to.deep.equal([]);
  }
}

async function ask(stage: Stage, verb: string): Promise<readonly Blocker[]> {
  const attempt = await stage.blockers(verb, { frozen: true });
  const blockers = resultOf(attempt, `blockers of ${verb}`);
  for (const { text, allow } of blockers) {
    expect(text, 'a refusal in words, on one line').to.match(/^\S.*\S$/);
    if (allow !== undefined) expect(allow).to.match(allowName);
  }
  return blockers;
}
