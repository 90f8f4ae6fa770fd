import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { followJournals } from '../../agent/journal/follow.ts';
import { openJournal } from '../../agent/journal/journal.ts';
import { formatLine, type JournalEntry, type JournalRecord } from '../../agent/journal/record.ts';
import { runCli, spawnCli } from '../support/cli.ts';
import { useHome } from '../support/home.ts';

const note = (text: string): JournalEntry => ({ kind: 'note', level: 'info', text });
const textsOf = (records: readonly JournalRecord[]): readonly string[] => records.flatMap((one) => (one.kind === 'note' ? [one.text] : []));

describe('real: following journals', () => {
  const home = useHome();
  const folder = (): string => home().path('var', 'journal');

  it('gives each record once, in order, through rotations that drop old files', () => {
    mkdirSync(folder(), { recursive: true });
    let nowMs = 1;
    const journal = openJournal({ folder: folder(), service: 'svc1', maxFileBytes: 2000, keepFiles: 3, now: () => nowMs++ });
    const follower = followJournals({ folder: folder() });
    const seen: string[] = [];
    const written: string[] = [];
    for (let count = 0; count < 400; count++) {
      // What rotation carries forward: the state of a resource and something remembered.
      journal.append({ kind: 'state', rid: `app#${count % 3}`, from: 'up', to: 'down' });
      journal.append(note(`n${count}`));
      written.push(`n${count}`);
      if (count % 7 === 0) seen.push(...textsOf(follower.next()));
    }
    seen.push(...textsOf(follower.next()));
    expect(seen).to.deep.equal(written);
    expect(follower.next()).to.deep.equal([]);
    journal.close();
  });

  it('begins with everything that is there, copies of a rotation once', () => {
    let nowMs = 1;
    const journal = openJournal({ folder: folder(), service: 'svc1', maxFileBytes: 1000, keepFiles: 2, now: () => nowMs++ });
    journal.append({ kind: 'state', rid: 'fs#1', from: 'up', to: 'warn' });
    for (let count = 0; count < 60; count++) journal.append(note(`n${count}`));
    journal.close();
    const all = followJournals({ folder: folder() }).next();
    expect(all.filter(({ kind }) => kind === 'state')).to.have.length(1);
    expect(all[0]).to.include({ kind: 'state', rid: 'fs#1' });
    const texts = textsOf(all);
    expect(texts).to.deep.equal(Array.from({ length: texts.length }, (_, index) => `n${60 - texts.length + index}`));
  });

  it('waits for the end of a line, skips what is damaged, and finds services that come later', () => {
    const file = path.join(folder(), 'svc1', '000001.log');
    mkdirSync(path.dirname(file), { recursive: true });
    const line = formatLine(note('whole'), { at: 1 });
    writeFileSync(file, line.slice(0, 20));
    const follower = followJournals({ folder: folder() });
    expect(follower.next()).to.deep.equal([]);
    appendFileSync(file, `${line.slice(20)}garbage\n`);
    expect(textsOf(follower.next())).to.deep.equal(['whole']);
    const other = path.join(folder(), 'svc2', '000001.log');
    mkdirSync(path.dirname(other));
    writeFileSync(other, formatLine(note('late'), { at: 2 }));
    expect(textsOf(follower.next())).to.deep.equal(['late']);
  });

  it('tells what a stop wrote on a full disk once, also when it is brought home', () => {
    const fallback = home().path('run', 'journal');
    const lines = formatLine(note('away'), { at: 1 });
    mkdirSync(path.join(fallback, 'svc1'), { recursive: true });
    writeFileSync(path.join(fallback, 'svc1', '000001.log'), lines);
    const follower = followJournals({ folder: folder(), fallbackFolder: fallback });
    expect(textsOf(follower.next())).to.deep.equal(['away']);
    mkdirSync(path.join(folder(), 'svc1'), { recursive: true });
    writeFileSync(path.join(folder(), 'svc1', '000001.log'), lines);
    expect(textsOf(follower.next())).to.deep.equal([]);
  });

  it('events -f: a document a line, as things happen; what was done is left to logs', async () => {
    home().service('svc1', '[fs#1]\ntype = flag\n');
    const follow = spawnCli(['events', '-f', '--format', 'jsonl'], { home: home() });
    expect((await runCli(['svc1', 'start'], { home: home() })).code).to.equal(0);
    await follow.sees(/"text":"done in/);
    follow.child.kill('SIGINT');
    const { stdout, code } = await follow.done;
    expect(code).to.equal(0);
    const events = stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.map(({ kind, rid, text }) => `${kind} ${rid} ${String(text).split(' ')[0]}`)).to.include.members([
      'action null start',
      'action null done',
    ]);
    expect(events.every(({ schema, service }) => schema === 1 && service === 'svc1')).to.equal(true);
    const once = await runCli(['-s', 'svc1', 'events'], { home: home() });
    expect(once.stdout)
      .to.match(/INFO SVC1 start by /)
      .and.not.match(/step|command/);
    expect(readFileSync(path.join(folder(), 'svc1', '000001.log'), 'utf8')).to.include('"kind":"step"');
  });
});
