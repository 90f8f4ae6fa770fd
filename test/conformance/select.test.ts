/** Selection of resources and of services against the peer's answers (spec/opensvc-core.md §2.4, §4.5). */
import { expect } from 'chai';
import { SvcError } from '../../agent/errors.ts';
import { canonicalGroup } from '../../agent/state/groups.ts';
import { type RidOptions, selectRids } from '../../agent/state/select.ts';
import { type Candidate, selectServices } from '../../agent/state/selector.ts';
import { comparison } from '../support/differences.ts';
import { describeUnless } from '../support/skip.ts';
import { missingVectors, readVectors } from '../support/vectors.ts';

/** The names found, or the code of the refusal. */
function answer(find: () => readonly string[]): string {
  try {
    return [...find()].sort().join(' ');
  } catch (error) {
    if (error instanceof SvcError) return `error ${error.code}`;
    throw error;
  }
}

describeUnless(missingVectors('rid_selection.json'), 'conformance: rid_selection', () => {
  type Stub = { rid: string; type?: string; tags?: string[]; subset?: string };
  type Row = { options: RidOptions; expected?: string[]; error?: string };
  const data = readVectors<{ resources: Stub[]; vectors: Row[] }>('rid_selection.json');
  const resources = data.resources.map((stub) => {
    const group = canonicalGroup(stub.rid.replace(/#.*/, ''));
    return { ...stub, group, type: (stub.type ?? `${group}.stub`).replace(/^disk\./, 'vg.'), tags: stub.tags ?? [] };
  });
  const compare = comparison([
    [
      '{"rid":"fs#9,fs#0"}',
      'error NOT_FOUND',
      'a name that matches nothing is refused also beside one that does: a typo must not narrow an action',
    ],
  ]);
  for (const row of data.vectors) {
    const name = JSON.stringify(row.options);
    const peer = row.error === undefined ? (row.expected ?? []).join(' ') : 'error NOT_FOUND';
    it(name, () =>
      compare.check(
        name,
        peer,
        answer(() => selectRids(resources, row.options)),
      ),
    );
  }
  compare.closes();
});

describeUnless(missingVectors('object_selectors.json'), 'conformance: object_selectors', () => {
  type Row = { selector: string; namespace?: string; expected?: string[]; error?: string };
  type File = Record<string, Record<string, string>>;
  const data = readVectors<{ objects: Record<string, File>; vectors: Row[] }>('object_selectors.json');
  /** Lists as our configuration layer hands them over; the other keywords are strings there too. */
  const lists: ReadonlySet<string> = new Set(['nodes']);
  const keyword = (file: File, section: string, key: string) => {
    const value = file[section]?.[key];
    return value !== undefined && lists.has(key) ? value.split(/\s+/) : value;
  };
  const candidates: readonly Candidate[] = Object.entries(data.objects)
    // Namespaces and kinds of object are not ours: of the peer's objects and answers, only services of the root remain.
    .filter(([name]) => !name.includes('/'))
    .map(([name, file]) => ({
      name,
      primary: true,
      keyword: (section, key) => keyword(file, section, key),
      sections: Object.keys(file).filter((section) => section !== 'DEFAULT'),
    }));
  const ours = new Set(candidates.map(({ name }) => name));
  const notes = {
    path: 'a path of namespace and kind is no name here',
    typed: 'the peer compares a converted value with a text, and never matches',
    list: 'the peer never matches a list value with =',
    name: 'a plain name that no service has is refused: monitor_schedule: would ask for the keyword',
    number: 'an order that is not against a number is refused',
    broken: 'an incomplete selector is refused (the peer crashes, or finds nothing)',
  };
  const compare = comparison([
    [['test/svc/web', 'root/svc/svc1', 'test/svc/'], 'error NOT_FOUND', notes.path],
    ['*/*/*', '', notes.path],
    ['priority=50', 'svc1', notes.typed],
    ['nodes=n1', 'ha1 pridns svc1 svc2', notes.list],
    ['!monitor_schedule+.monitor=true', 'error NOT_FOUND', notes.name],
    ['priority>abc', 'error CONFIG', notes.number],
    [['svc1+', ''], 'error CONFIG', notes.broken],
  ]);
  for (const row of data.vectors.filter(({ namespace }) => namespace === undefined)) {
    const peer = row.error === undefined ? (row.expected ?? []).filter((name) => ours.has(name)).join(' ') : 'error NOT_FOUND';
    it(JSON.stringify(row.selector), () =>
      compare.check(
        row.selector,
        peer,
        answer(() => selectServices(row.selector, candidates)),
      ),
    );
  }
  compare.closes();

  it('leaves out only the rows about a namespace', () => {
    const left = data.vectors
      .filter(({ namespace }) => namespace !== undefined)
      .map(({ selector, namespace }) => `${namespace}: ${selector}`);
    expect(left).to.deep.equal(['test: *', 'test: web', 'test: svc1', 'test: **', 'test: !web', 'test: */svc/*']);
  });
});
