import { expect } from 'chai';
import { interrupted, recallAll, runningActions } from '../../../agent/journal/actions.ts';
import { begin, commandEnd, end, intent, owner, stamped } from './records.ts';

const dead = () => false;
const alive = () => true;

describe('interrupted', () => {
  const records = stamped([
    begin('done'),
    end('done'),
    begin('cut', 'stop'),
    { kind: 'step', sid: 'cut', rid: 'app#1', name: 'stop', phase: 'begin' },
    { kind: 'changed', sid: 'cut', rid: 'app#1', from: 'up' },
    intent('cut', 1, 'app#1'),
    commandEnd('cut', 1, 'app#1'),
    { kind: 'step', sid: 'cut', rid: 'app#1', name: 'stop', phase: 'end' },
    { kind: 'step', sid: 'cut', rid: 'fs#1', name: 'stop', phase: 'begin' },
    { kind: 'changed', sid: 'cut', rid: 'fs#1', from: 'up' },
    intent('cut', 2),
  ]);

  it('tells what was reached, what was changed and which command has no end', () => {
    const [action, ...others] = interrupted(records, dead);
    expect(others).to.deep.equal([]);
    expect(action).to.deep.include({
      sid: 'cut',
      service: 'svc1',
      verb: 'stop',
      options: { rid: ['fs#1'] },
      reason: 'rehearsal',
      at: 1002,
      owner,
      rid: 'fs#1',
      step: 'stop',
      changed: [
        { rid: 'app#1', from: 'up' },
        { rid: 'fs#1', from: 'up' },
      ],
    });
    expect(action?.openCommands.map(({ seq, pid }) => [seq, pid])).to.deep.equal([[2, 202]]);
  });

  it('asks whether the owner lives: a living one runs, a dead one was interrupted', () => {
    expect(interrupted(records, alive)).to.deep.equal([]);
    expect(runningActions(records, alive).map(({ sid }) => sid)).to.deep.equal(['cut']);
    expect(runningActions(records, dead)).to.deep.equal([]);
    expect(
      interrupted(records, (key) => key.pid === owner.pid && key.startTicks === owner.startTicks && key.boot === owner.boot),
    ).to.deep.equal([]);
  });

  it('is over after an end or a clear, also when that was written first', () => {
    const cleared = [...records, ...stamped([{ kind: 'clear', sid: 'cut', by: 'alice' }], 2000)];
    expect(interrupted(cleared, dead)).to.deep.equal([]);
    expect(interrupted([...cleared].reverse(), dead)).to.deep.equal([]);
  });

  it('keeps every interrupted action at every point of its life', () => {
    const life = records.slice(2);
    for (let length = 1; length <= life.length; length += 1) {
      expect(interrupted(life.slice(0, length), dead).map(({ sid }) => sid)).to.deep.equal(['cut']);
    }
  });

  it('counts the first state in which a resource was found when it was changed twice', () => {
    const twice = stamped([
      begin('a'),
      { kind: 'changed', sid: 'a', rid: 'x', from: 'down' },
      { kind: 'changed', sid: 'a', rid: 'x', from: 'warn' },
    ]);
    expect(interrupted(twice, dead)[0]?.changed).to.deep.equal([{ rid: 'x', from: 'down' }]);
  });
});

describe('recallAll', () => {
  it('gives the last value of each key, and nothing for what was forgotten', () => {
    const memory = recallAll(
      stamped([
        { kind: 'remember', rid: 'a', key: 'k', value: '1' },
        { kind: 'remember', rid: 'b', key: 'k', value: '2' },
        { kind: 'remember', rid: 'a', key: 'k', value: '3' },
        { kind: 'remember', rid: 'b', key: 'k', value: null },
      ]),
    );
    expect(memory.get('a')?.get('k')).to.equal('3');
    expect(memory.get('b')?.get('k')).to.equal(undefined);
  });
});
