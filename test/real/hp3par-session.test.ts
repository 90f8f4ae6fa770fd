/**
 * The relocation of the HP 3PAR document, replayed: two nodes with their agents, two simulated arrays, real ssh, a real filesystem on
 * the replicated volume. What is typed and shown about replication is the document's own (hp3par-session.golden).
 */
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { svcmgr } from '../support/cli.ts';
import { makeSites, type Sites, siteService, sitesNeeds } from '../support/hp3par-sites.ts';
import { exchanged, mask, maskNumbers, parseSession, shownOf, type Turn, wordsOf } from '../support/session.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { missingVectors, vectorsFolder } from '../support/vectors.ts';

const golden = readFileSync(path.join(import.meta.dirname, 'hp3par-session.golden'), 'utf8');

/** What we say beside the document: the outcome of each target, and what could be lost. */
const additions: readonly RegExp[] = [/^\S+ INFO \S+ hp3par\d\.opensvc\.com: done$/, /^\S+ WARN \S+ what was written on .* is lost$/];

describeUnless(missingVectors('hp3par-outputs.json'), 'hp3par session: the golden files', () => {
  for (const [where, text] of [
    ['one machine', golden],
    ['the lab', readFileSync(path.join(import.meta.dirname, '../long/lab-hp3par.golden'), 'utf8')],
  ] as const) {
    it(`say nothing that the document does not say, in its order: ${where}`, () => {
      const document = readFileSync(path.resolve(vectorsFolder() ?? '', '../seeds/004_858909d74e0fa9b4.txt'), 'utf8');
      const seed = maskNumbers(document.replace(/\s+/g, ' ').replace(/\b\d\d:\d\d:\d\d /g, 'HH:MM:SS ')).replace(
        /\b(tasks: |Task )\d+/g,
        '$1N',
      );
      let from = seed.indexOf('Query service status');
      for (const { node, words, lines } of parseSession(text)) {
        for (const line of [`root@${node}:~ # ${siteService} ${words.join(' ')}`, ...lines]) {
          const at = [line, wordsOf(line)].map((one) => seed.indexOf(one, from)).find((one) => one !== -1);
          expect(at, `${line} is not in the document behind the line before it`).to.be.a('number');
          from = at ?? from;
        }
      }
    });
  }
});

describeUnless(missing(sitesNeeds), 'real: the session of the HP 3PAR document', function () {
  this.timeout(180_000);
  let sites: Sites;
  before('make two sites, the service up on the first', async () => {
    sites = await makeSites();
    await sites.site1.must('start');
    await sites.site1.must('sync', 'update');
  });
  after('remove the sites', () => sites.remove());
  afterEach('nobody wrote where it may not', async () => {
    expect(await sites.arrays.violations()).to.deep.equal([]);
    expect(sites.mounted().length).to.be.at.most(1);
  });

  it('goes over as the document shows it, and back by the same commands', async () => {
    const { site1, site2 } = sites;
    site1.write('file', 'written on site 1');
    await replay(sites, parseSession(golden));
    expect(sites.mounted()).to.deep.equal(['node2']);
    expect(site2.read('file')).to.equal('written on site 1');
    site2.write('file', 'written on site 2');
    await replay(sites, parseSession(exchanged(golden)));
    expect(sites.mounted()).to.deep.equal(['node1']);
    expect(site1.read('file')).to.equal('written on site 2');
    expect(await sites.changes()).to.deep.equal([
      'hp3par1: syncrcopy -w MYRCG', // the first copy, in before()
      'hp3par1: syncrcopy -w MYRCG',
      'hp3par1: stoprcopygroup -f MYRCG',
      'hp3par2: setrcopygroup reverse -f -waittask MYRCG.r12345',
      'hp3par2: startrcopygroup MYRCG.r12345',
      'hp3par2: syncrcopy -w MYRCG.r12345',
      'hp3par2: stoprcopygroup -f MYRCG.r12345',
      'hp3par1: setrcopygroup reverse -f -waittask MYRCG',
      'hp3par1: startrcopygroup MYRCG',
    ]);
  });

  it('brings what was written before the last sync, not what was written since, and says so beforehand', async () => {
    const { site1, site2 } = sites;
    site1.write('before', 'synced');
    await site1.must('sync', 'update');
    site1.write('after', 'not synced');
    await site1.must('stop');
    const ready = await site2.must('readiness', '--node', 'node2');
    expect(ready.stdout).to.match(/^ +data +sync#1 \d+s old \(/m);
    const start = await site2.must('start');
    expect(start.stderr).to.match(
      /WARN SVC1\.OPENSVC\.COM\.SYNC#1 what was written on hp3par1\.opensvc\.com after the last sync \(\d+ s ago\) is lost/,
    );
    expect(site2.read('before')).to.equal('synced');
    expect(existsSync(path.join(site2.mount, 'after'))).to.equal(false);
  });
});

/** Each line as the document types it, through a link named after the service; compared with what it shows. */
async function replay(sites: Sites, session: readonly Turn[]): Promise<void> {
  const program = path.join(sites.folder, siteService);
  if (!existsSync(program)) symlinkSync(svcmgr, program);
  for (const { node, words, lines } of session) {
    const result = await sites.nodes.node(node).cli(words, { program, timeoutMs: 120_000 });
    const typed = `${node}: ${words.join(' ')}`;
    expect(result.code, `${typed}\n${result.stdout}${result.stderr}`).to.equal(0);
    expect(shown(`${result.stdout}${result.stderr}`, lines), typed).to.deep.equal(lines);
    // A person types the next line later; by then the first synchronization of a new direction is over.
    if (words.includes('resume')) await synced(sites);
  }
}

async function synced({ arrays }: Sites): Promise<void> {
  const isSynced = async () =>
    Object.values(await arrays.state()).every(({ groups }) =>
      Object.values(groups).every(({ volumes }) => volumes.every(({ sync }) => sync === 'Synced')),
    );
  while (!(await isSynced())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Lines about replication, as the document writes them: behind a command, more output of it has no time. */
function shown(output: string, expected: readonly string[]): readonly string[] {
  const lines = output
    .split('\n')
    .map(mask)
    .filter((line) => / SVC1\.OPENSVC\.COM\.SYNC#/.test(line) || /^(overall|\|- (avail|sync)|'- sync#1) /.test(line))
    .filter((line) => expected.some((one) => one.includes('SYNC#I0')) || !line.includes('SYNC#I0'))
    .filter((line) => !additions.some((addition) => addition.test(line)));
  return shownOf(lines, expected);
}
