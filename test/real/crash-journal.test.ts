import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { describeUnless, missing } from '../support/skip.ts';
import { down, type Lab, labNeeds, makeLab, service, up, useTemplate } from './crash-lab.ts';

/** before: nothing of the record is written · torn: half of it · after: all of it, but it was not yet synced. */
const moments = ['before', 'torn', 'after'] as const;
type Moment = (typeof moments)[number];

interface Cell {
  readonly verb: 'start' | 'stop';
  /** The record that is being written, counted from 1, and the kinds of all records of an uncut run. */
  readonly nth: number;
  readonly kinds: readonly string[];
  readonly moment: Moment;
}

const together = 3;

/** Without SVCMGR_CRASH=all every fifth record at one moment, another one each; SVCMGR_SEED shifts the choice. */
const isFull = process.env['SVCMGR_CRASH'] === 'all';
const seed = Number(process.env['SVCMGR_SEED'] ?? '0');

describeUnless(
  missing(labNeeds),
  `real: kill -9 at ${isFull ? 'every record' : `records (seed ${seed})`} that a start and a stop write to the journal`,
  function () {
    this.timeout(isFull ? 600_000 : 120_000);
    const template = useTemplate();
    let labs = 0;

    for (const verb of ['start', 'stop'] as const) {
      it(`${verb}: a torn or missing record hides nothing that was written before, and ${verb} again completes it`, async () => {
        const kinds = await kindsOf(verb);
        expect(kinds).to.include.members(['begin', 'step', 'changed', 'command', 'end']);
        const cells = kinds.flatMap((_, at) => moments.map((moment): Cell => ({ verb, nth: at + 1, kinds, moment })));
        const chosen = isFull ? cells : cells.filter((_, at) => (at + seed) % (5 * moments.length + 1) === 0);
        const failed: string[] = [];
        const queue = [...chosen];
        const worker = async () => {
          for (let cell = queue.shift(); cell !== undefined; cell = queue.shift()) {
            await inLab(cell).catch((error: unknown) => failed.push(`${nameOf(cell)}: ${String(error)}`));
          }
        };
        await Promise.all(Array.from({ length: together }, worker));
        expect(failed).to.deep.equal([]);
      });
    }

    /** The kinds of the records that an uncut run writes, in order. */
    async function kindsOf(verb: Cell['verb']): Promise<readonly string[]> {
      const lab = freshLab();
      try {
        if (verb === 'stop') expect((await lab.run(['start'])).code).to.equal(0);
        const before = kindsIn(lab).length;
        expect((await lab.run([verb])).code).to.equal(0);
        return kindsIn(lab).slice(before);
      } finally {
        lab.remove();
      }
    }

    async function inLab(cell: Cell): Promise<void> {
      const { verb, moment } = cell;
      const lab = freshLab();
      try {
        if (verb === 'stop') expect((await lab.run(['start'])).code, 'start before the cut stop').to.equal(0);
        const { signal, stderr } = await lab.run([verb], { env: { NODE_OPTIONS: `--require=${dieWhileWriting(lab, cell)}` } });
        expect(signal, `it was not killed:\n${stderr}`).to.equal('SIGKILL');
        const { interrupted } = (await lab.status()).monitor;
        expect(interrupted?.verb ?? null).to.equal(isOpen(cell) ? verb : null);
        const again = await lab.run([verb]);
        expect(again.code, again.stderr).to.equal(0);
        expect(lab.truth()).to.deep.equal(verb === 'start' ? up : down);
        expect((await lab.status()).monitor.interrupted).to.equal(null);
        expect(lab.shims.overlaps()).to.deep.equal([]);
        expect(lab.brokenJournalLines()).to.have.length(moment === 'torn' ? 1 : 0);
      } finally {
        lab.remove();
      }
    }

    function freshLab(): Lab {
      labs += 1;
      return makeLab(`jrn${labs}`, template());
    }
  },
);

function nameOf({ verb, nth, kinds, moment }: Cell): string {
  return `${verb}, record ${nth} (${kinds[nth - 1]}), ${moment}`;
}

/** What is in the journal then: a begin without an end. */
function isOpen({ kinds, nth, moment }: Cell): boolean {
  const written = kinds.slice(0, moment === 'after' ? nth : nth - 1);
  return written.includes('begin') && !written.includes('end');
}

function kindsIn(lab: Lab): readonly string[] {
  const journal = lab.home.path('var', 'journal', service);
  const files = readdirSync(path.dirname(journal)).includes(service) ? readdirSync(journal).filter((name) => name.endsWith('.log')) : [];
  return files.flatMap((name) =>
    [...readFileSync(path.join(journal, name), 'utf8').matchAll(/^.{9}\{"kind":"(\w+)"/gm)].map((match) => match[1] ?? ''),
  );
}

/** Loaded into the command line: it kills itself at the n-th write to a journal file. */
function dieWhileWriting(lab: Lab, { nth, moment }: Cell): string {
  const file = path.join(lab.shims.folder, 'die-while-writing.cjs');
  const text = `const fs = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');
const writeSync = fs.writeSync;
const die = () => process.kill(process.pid, 'SIGKILL');
let count = 0;
fs.writeSync = (fd, data, ...rest) => {
  if (!/\\/var\\/journal\\/.*\\.log$/.test(fs.readlinkSync('/proc/self/fd/' + fd))) return writeSync(fd, data, ...rest);
  count += 1;
  if (count !== ${nth}) return writeSync(fd, data, ...rest);
  if ('${moment}' === 'torn') writeSync(fd, data.subarray(0, Math.floor(data.length / 2)));
  if ('${moment}' === 'after') writeSync(fd, data, ...rest);
  die();
};
syncBuiltinESMExports();
`;
  writeFileSync(file, text);
  return file;
}
