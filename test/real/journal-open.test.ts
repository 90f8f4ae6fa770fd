/** Open actions found by bytes are the same as those found by reading everything. */
import { rmSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { openJournal } from '../../agent/journal/journal.ts';
import { readOpenRecords } from '../../agent/journal/open-actions.ts';
import { interrupted } from '../../agent/journal/actions.ts';
import { readRecords } from '../../agent/journal/read.ts';
import type { JournalEntry, JournalRecord } from '../../agent/journal/record.ts';
import { makeFolder } from '../support/names.ts';

const service = 'svc1';
const owner = { pid: 2 ** 22 - 1, startTicks: 1, boot: 'another-boot' };
const who = { user: 'root', uid: 0 } as never;

const begin = (sid: string): JournalEntry => ({ kind: 'begin', sid, service, verb: 'start', options: {}, node: 'node1', who, ...owner });

/** Texts that look like records, as the output of a command may. */
const noise = fc.constantFrom('plain', '{"kind":"begin","sid":"a"}', '"sid":"b"', 'end\n00000000 {"kind":"end","sid":"a"}', '\u0000\ufffd');
const sid = fc.constantFrom('a', 'b', 'c', 'd');
const entry: fc.Arbitrary<JournalEntry> = fc.oneof(
  sid.map(begin),
  sid.map((id): JournalEntry => ({ kind: 'end', sid: id, result: 'ok', durationMs: 1 })),
  sid.map((id): JournalEntry => ({ kind: 'clear', sid: id, by: 'a' })),
  fc
    .tuple(sid, noise)
    .map(([id, text]): JournalEntry => ({ kind: 'command', phase: 'intent', sid: id, rid: 'fs#1', seq: text.length, argv: text })),
  sid.map((id): JournalEntry => ({ kind: 'changed', sid: id, rid: 'fs#1', from: 'down' })),
  noise.map((text): JournalEntry => ({ kind: 'note', level: 'info', text })),
);

async function readAll(folder: string, fallbackFolder: string): Promise<readonly JournalRecord[]> {
  const records: JournalRecord[] = [];
  for await (const record of readRecords({ folder, fallbackFolder, service })) records.push(record);
  return records;
}

describe('real: journal: open actions', () => {
  let folder = '';
  beforeEach(() => {
    folder = makeFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('are the same as those of a whole reading, through rotations and noise', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 60 }), fc.nat({ max: 60 }), async (entries, split) => {
        const places = { main: `${folder}/main`, run: `${folder}/run` };
        rmSync(places.main, { recursive: true, force: true });
        rmSync(places.run, { recursive: true, force: true });
        let at = 0;
        const now = () => ++at;
        const main = openJournal({ folder: places.main, service, maxFileBytes: 1500, keepFiles: 2, now });
        const run = openJournal({ folder: places.run, service, now });
        entries.forEach((one, index) => {
          (index < split ? main : run).append(one);
        });
        main.close();
        run.close();
        const fast = interrupted(await readOpenRecords({ folder: places.main, fallbackFolder: places.run, service }));
        expect(fast).to.deep.equal(interrupted(await readAll(places.main, places.run)));
      }),
      { numRuns: 60 },
    );
  });

  it('are none in a journal that does not exist', async () => {
    expect(await readOpenRecords({ folder, service: 'nobody' })).to.deep.equal([]);
  });
});
