/** Work that comes and goes (a task's run, a copy's update): it may be cut and done again, and tells how it ended. */
import { expect } from 'chai';
import { act, bring, codeOf, cut, cutsOf, expectWorld, resultOf, type Subject, upVerb } from '../subject.ts';

export function workRules(subject: () => Subject, can: { readonly run: boolean }): void {
  it('is done again after it was cut before and after each change', async () => {
    const verb = upVerb(subject());
    const { length } = await act(subject(), verb);
    expect(length).to.be.greaterThan(0);
    for (const die of cutsOf(length)) {
      await bring(subject(), 'down');
      const where = await cut(subject(), verb, die);
      await act(subject(), verb);
      await expectWorld(subject(), 'up', `after it was done again, ${where}`);
    }
  });

  if (!can.run) return;
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
