/** Provision and unprovision: the same rules as start and stop, and never over somebody's data. */
import { expect } from 'chai';
import { act, cut, cutsOf, type Subject, resultOf } from '../subject.ts';
import { expectPredicted } from './dry-runs.ts';

export function provisionRules(subject: () => Subject): void {
  it('provisions and unprovisions as a dry-run predicts; a second time changes nothing', async () => {
    for (const [verb, world] of [
      ['provision', 'up'],
      ['unprovision', 'down'],
    ] as const) {
      expect(await subject().stage.provisioned(), `provisioned before ${verb}`).to.equal(verb === 'unprovision');
      expect(resultOf(await subject().stage.blockers(verb, { frozen: true }), 'blockers')).to.deep.equal([]);
      expect(await expectPredicted(subject(), verb)).not.to.have.length(0);
      expect(subject().rig.truth(), `the truth after ${verb}`).to.equal(world);
      expect(await subject().stage.provisioned(), `provisioned after ${verb}`).to.equal(verb === 'provision');
      expect(await act(subject(), verb), `a second ${verb}`).to.deep.equal([]);
    }
  });

  it('completes a provision that was cut before and after each change, when allowed to overwrite what it left', async () => {
    const { length } = await act(subject(), 'provision');
    for (const die of cutsOf(length)) {
      await act(subject(), 'unprovision');
      subject().rig.tidy?.();
      const where = await cut(subject(), 'provision', die);
      const blockers = resultOf(await subject().stage.blockers('provision'), 'blockers');
      const allow = blockers.map((blocker) => blocker.allow ?? `nothing waives: ${blocker.text}`);
      await act(subject(), 'provision', { allow });
      expect(subject().rig.truth(), `the truth after a provision again, ${where}`).to.equal('up');
      expect(await subject().stage.provisioned(), `provisioned, ${where}`).to.equal(true);
    }
  });

  it('completes an unprovision that was cut before and after each change, and unprovisions what a cut provision left', async () => {
    const { length: makes } = await act(subject(), 'provision');
    const { length: removes } = await act(subject(), 'unprovision');
    for (const die of cutsOf(removes)) {
      await act(subject(), 'provision');
      const where = await cut(subject(), 'unprovision', die);
      await act(subject(), 'unprovision');
      expect(subject().rig.truth(), `the truth after an unprovision again, ${where}`).to.equal('down');
    }
    for (const die of cutsOf(makes)) {
      subject().rig.tidy?.();
      const where = await cut(subject(), 'provision', die);
      await act(subject(), 'unprovision');
      expect(subject().rig.truth(), `the truth after an unprovision, ${where}`).to.equal('down');
    }
  });
}
