/** Rules 1 and 2 of agent/driver/contract.ts: the truth, and nothing changed where nothing is to do. */
import { expect } from 'chai';
import { act, bring, expectedState, expectWorld, kept, type Subject, resultOf } from '../subject.ts';

export function stateRules(subject: () => Subject, can: { readonly start: boolean; readonly stop: boolean }): void {
  it('tells the truth: down before, up after, down again, and down when something else took it away', async () => {
    await expectWorld(subject(), 'down', 'at first');
    await bring(subject(), 'up');
    await expectWorld(subject(), 'up', 'once it is up');
    subject().rig.takeAway();
    expect(subject().rig.truth()).to.equal('down');
    const report = resultOf(await subject().stage.status(), 'status');
    expect(report.state, 'the status after it was taken away').to.equal(expectedState(subject(), 'gone'));
    await bring(subject(), 'up');
    await expectWorld(subject(), 'up', 'once it is up again');
    if (!can.stop) return;
    await bring(subject(), 'down');
    await expectWorld(subject(), 'down', 'at last');
  });

  if (can.start) {
    it('changes nothing by a second start', async () => {
      await act(subject(), 'start');
      const memory = kept(subject());
      const second = await subject().stage.act('start');
      resultOf(second, 'second start');
      expect(second.texts, 'announced').to.deep.equal([]);
      expect(second.doors.changes(), 'done').to.deep.equal([]);
      expect(kept(subject()), 'remembered').to.deep.equal(memory);
      await expectWorld(subject(), 'up', 'after a second start');
    });
  }

  if (can.stop) {
    it('changes nothing by a stop of what is down, nor by a second stop', async () => {
      // Where nobody can tell whether it runs (n/a), the first stop is no stop of what is down.
      if (expectedState(subject(), 'down') !== 'down') await act(subject(), 'stop');
      for (const round of ['never started', 'stopped already']) {
        const memory = kept(subject());
        const stop = await subject().stage.act('stop');
        resultOf(stop, `stop, ${round}`);
        expect(stop.texts, `announced, ${round}`).to.deep.equal([]);
        expect(stop.doors.changes(), `done, ${round}`).to.deep.equal([]);
        if (round === 'stopped already') expect(kept(subject()), 'remembered').to.deep.equal(memory);
        await act(subject(), 'start');
        await act(subject(), 'stop');
      }
      await expectWorld(subject(), 'down', 'after a second stop');
    });

    it('stops what something else took away, and starts again', async () => {
      await act(subject(), 'start');
      subject().rig.takeAway();
      await act(subject(), 'stop');
      await expectWorld(subject(), 'down', 'after the stop');
      await act(subject(), 'start');
      await expectWorld(subject(), 'up', 'after the start');
    });
  }
}
