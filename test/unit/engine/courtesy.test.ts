/** Looks wait for an action that has just begun, and not for long. */
import { expect } from 'chai';
import { createCourtesy } from '../../../agent/engine/courtesy.ts';

describe('unit: engine: courtesy', () => {
  let nowMs = 0;
  let end: () => void = () => undefined;
  const action = () => new Promise<void>((resolve) => (end = resolve));
  const order: string[] = [];
  beforeEach('begin anew', () => {
    nowMs = 0;
    order.length = 0;
  });

  it('a look begins at once when nothing runs', async () => {
    await createCourtesy(() => nowMs).turn();
  });

  it('a look begins behind the action, also behind one that fails', async () => {
    const courtesy = createCourtesy(() => nowMs);
    for (const fails of [false, true]) {
      const done = courtesy.during(async () => {
        await action();
        order.push('action');
        if (fails) throw new Error('it failed');
      });
      const look = courtesy.turn().then(() => order.push('look'));
      end();
      await Promise.allSettled([done, look]);
    }
    expect(order).to.deep.equal(['action', 'look', 'action', 'look']);
  });

  it('an action that does not end holds looks up for a moment only, an old one not at all', async () => {
    const courtesy = createCourtesy(() => nowMs);
    const done = courtesy.during(action);
    await courtesy.turn();
    nowMs = 1001;
    const old = courtesy.turn().then(() => order.push('look'));
    await Promise.resolve();
    await Promise.resolve();
    expect(order, 'without a pause').to.deep.equal(['look']);
    end();
    await Promise.all([done, old]);
  });
});
