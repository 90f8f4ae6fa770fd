import { expect } from 'chai';
import { createSemaphore } from '../../../agent/io/semaphore.ts';

describe('semaphore', () => {
  it('lets at most N in, in the order of coming', async () => {
    const semaphore = createSemaphore(2);
    const order: number[] = [];
    let inside = 0;
    let most = 0;
    await Promise.all(
      [1, 2, 3, 4, 5].map((id) =>
        semaphore.run(async () => {
          order.push(id);
          inside += 1;
          most = Math.max(most, inside);
          await new Promise((resolve) => setImmediate(resolve));
          inside -= 1;
        }),
      ),
    );
    expect(most).to.equal(2);
    expect(order).to.deep.equal([1, 2, 3, 4, 5]);
  });

  it('gives the place back after a failure', async () => {
    const semaphore = createSemaphore(1);
    const failed = await semaphore.run(() => Promise.reject(new Error('no'))).catch((error: Error) => error.message);
    expect(failed).to.equal('no');
    expect(await semaphore.run(async () => 7)).to.equal(7);
  });

  it('leaves the queue when cancelled, and the next one still gets in', async () => {
    const semaphore = createSemaphore(1);
    const stop = new AbortController();
    let finish: () => void = () => undefined;
    const open = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const first = semaphore.run(() => open);
    const second = semaphore.run(async () => 'second', stop.signal).catch((error: Error) => error.name);
    const third = semaphore.run(async () => 'third');
    stop.abort();
    expect(await second).to.equal('AbortError');
    finish();
    await first;
    expect(await third).to.equal('third');
  });
});
