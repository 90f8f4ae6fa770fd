/** Tasks: a run does its work once, tells how it ended, and may be cut and run again. */
import { expect } from 'chai';
import { act, bring, codeOf, cut, cutsOf, expectWorld, type Subject, resultOf } from '../subject.ts';

export function runRules(subject: () => Subject): void {
  it('runs again after a run that was cut before and after each change', async () => {
    const { length } = await act(subject(), 'run');
    expect(length).to.be.greaterThan(0);
    for (const die of cutsOf(length)) {
      subject().rig.takeAway();
      const where = await cut(subject(), 'run', die);
      await act(subject(), 'run');
      await expectWorld(subject(), 'up', `after a run again, ${where}`);
    }
  });

  it('tells that the last run failed, until one succeeds', async () => {
    await bring(subject(), 'down');
    const { failing } = subject().rig;
    if (failing === undefined) throw new Error('the rig of a task has a service file whose command fails');
    const stage = subject().stage.with(failing.text);
    expect(codeOf(await stage.act('run'))).to.equal('COMMAND');
    const report = resultOf(await stage.status(), 'status');
    expect(report.state).to.equal('warn');
    expect(report.notes?.map(({ text }) => text).join()).to.match(failing.says);
    await act(subject(), 'run');
    await expectWorld(subject(), 'up', 'after a run that succeeded');
  });
}
