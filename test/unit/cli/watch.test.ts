import { expect } from 'chai';
import fc from 'fast-check';
import { widthOf } from '../../../agent/cli/render/width.ts';
import { clipLine } from '../../../agent/cli/watch/clip.ts';
import { type Key, readKeys } from '../../../agent/cli/watch/keys.ts';
import { difference } from '../../../agent/cli/watch/terminal.ts';
import { emptyView, framed, pressed, type Screen, type View, withDocuments } from '../../../agent/cli/watch/view.ts';
import { monRow } from '../../../agent/state/mon-row.ts';
import { documentOf, resource } from '../../support/status-documents.ts';

const nowMs = Date.parse('2026-11-21T12:29:20.123Z');
const screen: Screen = { columns: 80, rows: 24, colour: false, nowMs };
const many = (count: number) => Array.from({ length: count }, (_, index) => documentOf(`svc${String(index).padStart(2, '0')}`));
const press = (view: View, ...keys: readonly Key[]): View =>
  keys.reduce((now, key) => framed(pressed(now, key, screen) as View, screen).view, view);
const shown = (view: View, on: Screen = screen): readonly string[] => framed(view, on).lines;

describe('a line of mon', () => {
  it('has a cell per node, in order, with its marks', () => {
    const other = documentOf('web', { node: 'node2', overall: 'down', frozen: true, stale: true });
    const row = monRow(
      documentOf('web', {
        nodes: ['node1.opensvc.com', 'node2', 'node3'],
        instances: { node2: other },
        monitor: { state: 'starting', since: null, action: 'start', interrupted: null },
      }),
    );
    expect(row).to.deep.include({ service: 'web', overall: 'up', doing: 'starting', why: null });
    expect(row.nodes).to.deep.equal({
      'node1.opensvc.com': { status: 'up', frozen: false, stale: false, interrupted: false },
      node2: { status: 'down', frozen: true, stale: true, interrupted: false },
      node3: { status: undefined, frozen: false, stale: false, interrupted: false },
    });
  });

  it('says why: the worst resource, a split, an invalid file, a cut action', () => {
    const notes = [{ level: 'error' as const, text: 'no answer in 10 s' }];
    const resources = { 'fs#1': resource('fs', { status: 'undef', notes }), 'app#1': resource('app', { status: 'down' }) };
    expect(monRow(documentOf('web', { overall: 'warn', resources })).why).to.equal('fs#1 undef: no answer in 10 s');
    expect(monRow(documentOf('web', { overall: 'warn', split: ['a', 'b'] })).why).to.equal('split: up on a and b');
    expect(monRow(documentOf('web', { invalid: 'line 3' })).why).to.equal('the service file is not valid');
    const interrupted = { verb: 'stop', since: '', rid: null, command: null, alive: false };
    expect(monRow(documentOf('web', { monitor: { state: 'idle', since: null, action: null, interrupted } })).doing).to.equal(
      'stop interrupted',
    );
  });
});

describe('mon --watch', () => {
  it('fills the screen exactly, whatever its size and whatever there is to show', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 200 }),
        fc.nat(80),
        fc.boolean(),
        fc.boolean(),
        (rows, columns, count, detail, colour) => {
          const on = { columns, rows, colour, nowMs };
          const view = { ...withDocuments(emptyView, many(count), nowMs), detail: detail && count > 0 };
          const lines = shown(view, on);
          expect(lines).to.have.length(rows);
          for (const line of lines) expect(widthOf(line.replaceAll(/\x1b\[[0-9;]*m/g, ''))).to.be.at.most(columns);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('keeps the cursor in sight, also through pages and ends', () => {
    const keys = fc.array(fc.constantFrom<Key>('up', 'down', 'page up', 'page down', 'home', 'end'), { maxLength: 30 });
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 60 }), (walk, count) => {
        const view = press(withDocuments(emptyView, many(count), nowMs), ...walk);
        const marked = shown(view).filter((line) => line.startsWith('> '));
        expect(marked).to.have.length(1);
        expect(marked[0]).to.include(view.selected);
      }),
    );
    expect(press(withDocuments(emptyView, many(50), nowMs), 'end').selected).to.equal('svc49');
  });

  it('keeps the service under the cursor when others come and go', () => {
    const view = press(withDocuments(emptyView, many(5), nowMs), 'down', 'down');
    expect(view.selected).to.equal('svc02');
    expect(withDocuments(view, [documentOf('aaa'), ...many(5)], nowMs).selected).to.equal('svc02');
    expect(withDocuments(view, many(2), nowMs).selected).to.equal('svc00');
  });

  it('shows the tree of a service, scrolls it, and goes back; q leaves from anywhere', () => {
    const resources = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`app#${index}`, resource('app')]));
    const view = press(withDocuments(emptyView, [documentOf('web', { resources })], nowMs), 'enter');
    expect(shown(view)[2]).to.equal('web');
    expect(shown(press(view, 'down'))[2]).to.match(/^overall/);
    const end = shown(press(view, 'end'));
    expect(end.at(-2)).to.match(/^'- hb/);
    expect(press(view, 'back').detail).to.equal(false);
    expect(pressed(view, 'quit', screen)).to.equal(undefined);
    expect(press(withDocuments(emptyView, [], nowMs), 'enter', 'down', 'up').detail).to.equal(false);
  });

  it('says that figures are old when nothing newer came', () => {
    const view = { ...withDocuments(emptyView, many(1), nowMs - 90_000), trouble: 'the daemon does not answer' };
    expect(shown(view, { ...screen, columns: 200 })[0]).to.match(/OLD FIGURES, 1m: the daemon does not answer/);
    expect(shown({ ...emptyView, trouble: 'no service matches x' })[0]).to.equal('svcmgr: no service matches x');
  });

  it('reads keys as terminals send them, several at once, and ignores the rest', () => {
    expect(readKeys('\x1b[A\x1bOBkj')).to.deep.equal(['up', 'down', 'up', 'down']);
    expect(readKeys('\x1b[1;5Px\x1b[5~\rq')).to.deep.equal(['page up', 'enter', 'quit']);
    expect(readKeys('\x1b')).to.deep.equal(['back']);
    expect(readKeys('\x03')).to.deep.equal(['quit']);
  });

  it('clips by columns, not by bytes, and ends the colour', () => {
    expect(clipLine('\x1b[32mup\x1b[0m down', 4)).to.equal('\x1b[32mup\x1b[0m d');
    expect(clipLine('\x1b[32mupper\x1b[0m', 2)).to.equal('\x1b[32mup\x1b[0m');
    expect(clipLine('日本語', 4)).to.equal('日本');
    expect(clipLine('plain', 80)).to.equal('plain');
  });

  it('writes only the lines that changed', () => {
    expect(difference(['a', 'b', 'c'], ['a', 'B', 'c'])).to.equal('\x1b[2;1HB\x1b[K');
    expect(difference(['a'], ['a'])).to.equal('');
  });
});
