import { expect } from 'chai';
import type { JournalEntry } from '../../../agent/journal/record.ts';
import { chooseCarried } from '../../../agent/journal/rotate.ts';
import { begin, commandEnd, end, intent, stamped } from './records.ts';

/** Files of entries, numbered from 1. */
function files(...contents: readonly (readonly JournalEntry[])[]) {
  return contents.flatMap((entries, index) => stamped(entries, 1000 * (index + 1)).map((record) => ({ record, number: index + 1 })));
}

function carried(placed: ReturnType<typeof files>, last: number): readonly string[] {
  return chooseCarried(placed, last).map(({ record }) =>
    JSON.stringify([record.kind, 'sid' in record ? record.sid : '', 'seq' in record ? record.seq : '']),
  );
}

describe('chooseCarried', () => {
  it('keeps what belongs to an action without an end, but no command that has one', () => {
    const placed = files([begin('a'), intent('a', 1), commandEnd('a', 1), intent('a', 2), begin('b'), intent('b', 1)], [end('b')]);
    expect(carried(placed, 1)).to.deep.equal(['["begin","a",""]', '["command","a",2]']);
  });

  it('keeps nothing of what ended or was cleared, wherever that stands', () => {
    const placed = files([begin('a'), begin('b')], [end('a'), { kind: 'clear', sid: 'b', by: 'x' }]);
    expect(carried(placed, 1)).to.deep.equal([]);
  });

  it('keeps the last value remembered and the last state, unless a kept file has a newer one or it was forgotten', () => {
    const remember = (key: string, value: string | null): JournalEntry => ({ kind: 'remember', rid: 'a', key, value });
    const state = (rid: string, to: string): JournalEntry => ({ kind: 'state', rid, from: 'down', to });
    const placed = files(
      [
        remember('k', '1'),
        remember('k', '2'),
        remember('old', '1'),
        remember('gone', '1'),
        remember('gone', null),
        state('x', 'up'),
        state('y', 'warn'),
        state('y', 'up'),
      ],
      [remember('old', '2'), state('x', 'down')],
    );
    const kept = chooseCarried(placed, 1).map(({ record }) => record);
    expect(kept).to.have.lengthOf(2);
    expect(kept[0]).to.include({ key: 'k', value: '2' });
    expect(kept[1]).to.include({ rid: 'y', to: 'up' });
  });

  it('does not grow without end when nobody looks at interrupted actions', () => {
    const many = Array.from({ length: 40 }, (_, index) => begin(`s${index}`));
    const kept = chooseCarried(files(many), 1).map(({ record }) => record.kind === 'begin' && record.sid);
    expect(kept).to.deep.equal(Array.from({ length: 16 }, (_, index) => `s${index + 24}`));
  });

  it('leaves alone what is in files that stay', () => {
    expect(carried(files([end('x')], [begin('a')]), 1)).to.deep.equal([]);
  });
});
