import { expect } from 'chai';
import { SvcError } from '../../../agent/errors.ts';
import { type PollOptions, poll } from '../../../agent/io/poll.ts';

/** A clock that only sleeping moves. */
function fakeTime(): Pick<PollOptions, 'sleep' | 'now'> & { readonly slept: number[] } {
  let time = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => time,
    async sleep(ms) {
      slept.push(ms);
      time += ms;
    },
  };
}

const limits = { timeoutMs: 1000, intervalMs: 400, what: 'address 10.0.0.1 to answer' };

async function errorOf(work: Promise<unknown>): Promise<SvcError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).to.be.instanceOf(SvcError);
  return thrown as SvcError;
}

describe('poll', () => {
  it('returns the first value, false and 0 included', async () => {
    const answers = [undefined, undefined, 0];
    const time = fakeTime();
    expect(await poll(async () => answers.shift(), { ...limits, ...time })).to.equal(0);
    expect(time.slept).to.deep.equal([400, 400]);
  });

  it('asks once more at the limit, then says what was waited for and how long', async () => {
    let asked = 0;
    const time = fakeTime();
    const probe = async (): Promise<undefined> => {
      asked += 1;
    };
    const error = await errorOf(poll(probe, { ...limits, ...time }));
    expect(error.code).to.equal('TIMEOUT');
    expect(error.message).to.include('address 10.0.0.1 to answer').and.include('1 s');
    expect(time.slept).to.deep.equal([400, 400, 200]);
    expect(asked).to.equal(4);
  });

  it('passes on what the probe throws', async () => {
    const broken = new SvcError('COMMAND', 'broken');
    expect(await errorOf(poll(() => Promise.reject(broken), { ...limits, ...fakeTime() }))).to.equal(broken);
  });

  it('pauses no longer once what it stands beside has settled, however that ended', async () => {
    for (const until of [Promise.resolve('done'), Promise.reject(new Error('failed'))]) {
      until.catch(() => undefined);
      const answers = [undefined, undefined, 'seen'];
      const patient = { timeoutMs: 3_600_000, intervalMs: 600_000, what: 'the end' };
      expect(await poll(async () => answers.shift(), { ...patient, until })).to.equal('seen');
    }
  });

  it('ends at once when cancelled, also while the probe hangs', async () => {
    const stop = new AbortController();
    const hanging = poll(() => new Promise<undefined>(() => undefined), { ...limits, signal: stop.signal });
    stop.abort();
    expect((await errorOf(hanging)).code).to.equal('CANCELLED');
    expect((await errorOf(poll(async () => 1, { ...limits, signal: stop.signal }))).code).to.equal('CANCELLED');
  });

  it('ends at once when cancelled while sleeping for real', async () => {
    const stop = new AbortController();
    const waiting = poll(async () => undefined, { timeoutMs: 3_600_000, intervalMs: 3_600_000, what: 'x', signal: stop.signal });
    setImmediate(() => stop.abort());
    expect((await errorOf(waiting)).code).to.equal('CANCELLED');
  });
});
