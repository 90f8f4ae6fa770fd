import { expect } from 'chai';
import { foldHistory } from '../../../agent/journal/history.ts';
import { begin, commandEnd, end, intent, stamped } from './records.ts';

describe('foldHistory', () => {
  it('gives one entry per action: who, why, how long, how it ended, what changed', () => {
    const [entry] = foldHistory(
      stamped([
        begin('a'),
        { kind: 'changed', sid: 'a', rid: 'fs#1', from: 'down' },
        intent('a', 1),
        commandEnd('a', 1),
        intent('a', 2),
        { kind: 'state', sid: 'a', rid: 'fs#1', from: 'down', to: 'up' },
        { kind: 'changed', sid: 'a', rid: 'fs#1', from: 'down' },
        { kind: 'changed', sid: 'a', rid: 'app#1', from: 'down' },
        { kind: 'end', sid: 'a', result: 'failed', code: 'COMMAND', message: 'exit 1', durationMs: 1234 },
      ]),
    );
    expect(entry).to.deep.equal({
      sid: 'a',
      service: 'svc1',
      verb: 'start',
      who: { user: 'root' },
      reason: 'rehearsal',
      at: 1000,
      durationMs: 1234,
      result: 'failed',
      code: 'COMMAND',
      message: 'exit 1',
      changed: ['fs#1', 'app#1'],
      commands: 2,
    });
  });

  it('keeps interleaved actions apart and ignores records without a begin', () => {
    const entries = foldHistory(
      stamped([end('old'), begin('a'), begin('b', 'stop'), intent('b', 1), end('b'), { kind: 'note', level: 'info', text: 'x' }]),
    );
    expect(entries.map(({ sid, verb, result, commands }) => [sid, verb, result, commands])).to.deep.equal([
      ['a', 'start', 'open', 0],
      ['b', 'stop', 'ok', 1],
    ]);
  });

  it('tells a cleared action, but not over a real end', () => {
    const clear = (sid: string) => ({ kind: 'clear', sid, by: 'alice' }) as const;
    const entries = foldHistory(stamped([begin('a'), clear('a'), begin('b'), end('b'), clear('b')]));
    expect(entries.map(({ result }) => result)).to.deep.equal(['cleared', 'ok']);
    expect(entries[0]?.message).to.equal('cleared by alice');
  });
});
