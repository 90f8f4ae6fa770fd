/** Rules 3 and 7: the agent may die at each change; undoing and redoing both work from there. */
import { expect } from 'chai';
import { act, bring, cut, cutsOf, expectWorld, type Subject } from '../subject.ts';

export function cutRules(subject: () => Subject, can: { readonly stop: boolean }): void {
  if (!can.stop) {
    it('completes a start that was cut before and after each change', async () => {
      const { length } = await act(subject(), 'start');
      expect(length).to.be.greaterThan(0);
      for (const die of cutsOf(length)) {
        subject().rig.takeAway();
        const where = await cut(subject(), 'start', die);
        await act(subject(), 'start');
        await expectWorld(subject(), 'up', `after a start again, ${where}`);
      }
    });
    return;
  }

  it('stops after a start that was cut before and after each change, and starts again', async () => {
    const { length } = await act(subject(), 'start');
    expect(length).to.be.greaterThan(0);
    await bring(subject(), 'down');
    for (const die of cutsOf(length)) {
      const where = await cut(subject(), 'start', die);
      await act(subject(), 'stop');
      await expectWorld(subject(), 'down', `after a stop, ${where}`);
      await act(subject(), 'start');
      await expectWorld(subject(), 'up', `after a full start, ${where}`);
      await bring(subject(), 'down');
    }
  });

  it('completes a start that was cut after each change', async () => {
    const { length } = await act(subject(), 'start');
    await bring(subject(), 'down');
    for (const die of cutsOf(length).filter(({ side }) => side === 'after')) {
      const where = await cut(subject(), 'start', die);
      await act(subject(), 'start');
      await expectWorld(subject(), 'up', `after a start again, ${where}`);
      await act(subject(), 'stop');
      await expectWorld(subject(), 'down', `after a stop, ${where}`);
      await bring(subject(), 'down');
    }
  });

  it('completes a stop that was cut before and after each change', async () => {
    await act(subject(), 'start');
    const { length } = await act(subject(), 'stop');
    expect(length).to.be.greaterThan(0);
    for (const die of cutsOf(length)) {
      await act(subject(), 'start');
      const where = await cut(subject(), 'stop', die);
      await act(subject(), 'stop');
      await expectWorld(subject(), 'down', `after a stop again, ${where}`);
    }
  });
}
