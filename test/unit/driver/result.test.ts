import { expect } from 'chai';
import { plainEnv, resultOf, withoutSecrets } from '../../../agent/driver/result.ts';
import { SvcError } from '../../../agent/errors.ts';
import { errorOf, hidden, ok, secret } from './table-doors.ts';

const here = { secrets: [], place: undefined };

describe('unit: driver result', () => {
  it('reveals secrets only into the environment, and says which texts to hide', () => {
    expect(plainEnv({ A: '1', PASSWORD: secret })).to.deep.equal({ env: { A: '1', PASSWORD: hidden }, secrets: [hidden] });
    expect(plainEnv()).to.deep.equal({ env: {}, secrets: [] });
  });

  it('gives what ran, with the command as it may be shown', () => {
    const ran = { ...ok, stdout: `a ${hidden}\n`, truncated: true };
    expect(resultOf(['a', 'b c'], ran, {}, { ...here, secrets: [hidden] })).to.deep.equal({
      command: "a 'b c'",
      exitCode: 0,
      stdout: 'a ****\n',
      stderr: '',
      durationMs: 7,
      truncated: true,
    });
  });

  it('says what the tool said last: on stderr, else on stdout, else nothing', () => {
    const fail = (more: object) => {
      try {
        resultOf(['a'], { ...ok, exitCode: 1, ...more }, {}, here);
      } catch (error) {
        return (error as SvcError).message;
      }
      return 'it did not fail';
    };
    expect(fail({ stdout: 'out\n', stderr: 'err\n' })).to.equal('a: exit 1: err');
    expect(fail({ stdout: 'out\n' })).to.equal('a: exit 1: out');
    expect(fail({})).to.equal('a: exit 1');
    expect(fail({ stderr: 'x'.repeat(1000) })).to.have.lengthOf(400 + 'a: exit 1: '.length);
  });

  it('hides secrets in an error and all it carries, and keeps its code', async () => {
    const thrown = new SvcError('TIMEOUT', `late ${hidden}`, { hint: hidden, facts: { line: [hidden], pid: 4 }, cause: new Error(hidden) });
    const error = await errorOf(withoutSecrets([hidden], () => Promise.reject(thrown)));
    expect(error).to.include({ code: 'TIMEOUT', message: 'late ****', hint: '****' });
    expect(error).not.to.have.property('cause');
    expect(error.facts).to.deep.equal({ line: ['****'], pid: 4 });
  });

  it('leaves an error alone when there is nothing to hide', async () => {
    const thrown = new SvcError('TIMEOUT', 'late', { cause: new Error('x') });
    expect(await errorOf(withoutSecrets([], () => Promise.reject(thrown)))).to.equal(thrown);
    expect(await withoutSecrets([hidden], async () => 1)).to.equal(1);
  });
});
