import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { describeUnless, missing } from '../support/skip.ts';
import { allCells, type Cell, type Effect, effects, inGeneral, titleOf } from './crash-cells.ts';
import type { Moment } from './crash-shims.ts';
import { down, type Lab, labNeeds, makeLab, service, until, up, useTemplate } from './crash-lab.ts';

/** Cells at work at the same time (most of a cell is waiting), and how far they may run ahead of the one that is reported next. */
const together = 3;
const ahead = 9;

describeUnless(missing(labNeeds), 'real: kill -9 at every change of a start and a stop', function () {
  this.timeout(120_000);
  const template = useTemplate();
  const cells = allCells();
  const running = new Map<number, Promise<void>>();
  const pool = { active: 0, next: 0, limit: 0 };

  after('let the cells that still run end', async () => {
    pool.limit = 0;
    await Promise.allSettled(running.values());
  });

  it('knows every change: the tools saw what --dry-run planned and the table says, in that order', async () => {
    const lab = makeLab('uncut', template());
    try {
      for (const verb of ['start', 'stop'] as const) {
        const dry = await lab.run([verb, '--dry-run', '--format', 'json']);
        const { planned } = JSON.parse(dry.stdout) as { planned: { rid: string; text: string }[] };
        expect(planned.map(({ rid, text }) => `${rid} ${inGeneral(text, lab.home.folder)}`)).to.deep.equal(
          effects[verb].map(({ rid, text }) => `${rid} ${text}`),
        );
        lab.shims.plan();
        expect((await lab.run([verb])).code).to.equal(0);
        expect(lab.truth()).to.deep.equal(verb === 'start' ? up : down);
        expect(lab.shims.commands().map((text) => inGeneral(text, lab.home.folder))).to.deep.equal(
          effects[verb].filter((one) => !one.signal).map(({ text }) => text.replace('HOME/box/shims/', '')),
        );
      }
    } finally {
      lab.remove();
    }
  });

  cells.forEach((cell, at) => {
    it(titleOf(cell), async () => {
      // Cells that -g has left out are not run ahead.
      const isInTurn = at === 0 || running.has(at - 1);
      if (!running.has(at)) begin(at);
      pool.next = Math.max(pool.next, at + 1);
      pool.limit = isInTurn ? Math.min(at + ahead, cells.length) : pool.next;
      startSome();
      await running.get(at);
    });
  });

  function startSome(): void {
    for (; pool.active < together && pool.next < pool.limit; pool.next += 1) {
      if (!running.has(pool.next)) begin(pool.next);
    }
  }

  function begin(at: number): void {
    const done = inLab(cells[at] as Cell, at);
    running.set(at, done);
    pool.active += 1;
    const next = () => {
      pool.active -= 1;
      startSome();
    };
    done.then(next, next); // its own `it` reports a failure
  }

  async function inLab(cell: Cell, at: number): Promise<void> {
    const lab = makeLab(`cell${at}`, template());
    try {
      if (cell.verb === 'stop') await lab.start();
      await cut(lab, cell);
      await sawIt(lab, cell);
      await settle(lab, cell);
      expect(lab.shims.overlaps(), 'commands at the same time').to.deep.equal([]);
      expect(lab.brokenJournalLines(), 'broken lines of the journal').to.deep.equal([]);
    } finally {
      lab.remove();
    }
  }
});

/** Runs the verb until it is killed at its place. */
async function cut(lab: Lab, cell: Cell): Promise<void> {
  const { verb, effect, nth, moment } = cell;
  const isSignal = effect.signal === true;
  if (isSignal) lab.shims.plan();
  else lab.shims.plan(nth, moment);
  if (isSignal && moment !== 'before') lab.onTerm(moment);
  const options = isSignal && moment === 'before' ? { env: { NODE_OPTIONS: `--require=${dieBeforeSignal(lab)}` } } : {};
  const { signal, stderr } = await lab.spawn([verb], options).done;
  expect(signal, `it was not killed:\n${stderr}`).to.equal('SIGKILL');
  if (isHeld(cell)) await until(() => lab.shims.isHeld(), 'the tool to hold');
}

function isHeld({ effect, moment }: Cell): boolean {
  return moment === 'during' && effect.lasting !== true;
}

/** Loaded into the command line: the one change that no tool makes is a signal. */
function dieBeforeSignal(lab: Lab): string {
  const file = path.join(lab.shims.folder, 'die-before-signal.cjs');
  const text = `const kill = process.kill;
process.kill = (pid, name) => kill.call(process, name === 'SIGTERM' ? process.pid : pid, name === 'SIGTERM' ? 'SIGKILL' : name);
`;
  writeFileSync(file, text);
  return file;
}

/** Status tells what was interrupted: the verb, the resource and the command. */
async function sawIt(lab: Lab, { verb, effect, moment }: Cell): Promise<void> {
  const { interrupted } = (await lab.status()).monitor;
  expect(interrupted).to.include({ verb, rid: effect.rid });
  expect(inGeneral(interrupted?.command ?? 'none', lab.home.folder)).to.be.oneOf(openCommands(effect, moment));
}

/** A signal is over as soon as it is sent, a launch once the program runs; every other command is open until it has ended. */
function openCommands({ text, signal, lasting }: Effect, moment: Moment): readonly string[] {
  if (moment === 'before') return [text];
  if (signal === true || (lasting === true && moment === 'after')) return ['none'];
  return lasting === true ? [text, 'none'] : [text];
}

async function settle(lab: Lab, cell: Cell): Promise<void> {
  const { verb, next } = cell;
  if (next === 'clear') return clearThenStop(lab, cell);
  const goal = (next === 'other') === (verb === 'stop') ? 'start' : 'stop';
  if (goal === 'start' && verb === 'stop' && mayStillEnd(cell)) await refusesStart(lab, cell);
  await finish(lab, cell, next === 'resume' ? 'resume' : goal);
  await isSettled(lab, goal);
}

/** Nobody can tell whether a stop command that was cut at its very begin has run: what its check calls up may be ending (app.forking). */
function mayStillEnd({ effect, moment }: Cell): boolean {
  return effect.text.endsWith('/ctl stop') && moment === 'before';
}

/** The start says what to do first, and that comes to its end. */
async function refusesStart(lab: Lab, cell: Cell): Promise<void> {
  lab.shims.plan();
  const { code, stderr } = await lab.run(['start']);
  expect({ code, changed: lab.shims.commands() }, stderr).to.deep.equal({ code: 5, changed: [] });
  expect(stderr).to.match(/stop the resource first/);
  await finish(lab, cell, 'stop');
}

/** `clear` accepts things as they are and changes nothing; a stop comes to its end from there. */
async function clearThenStop(lab: Lab, cell: Cell): Promise<void> {
  if (isHeld(cell)) await letGo(lab, cell);
  const before = lab.truth();
  lab.shims.plan();
  const { code, stdout } = await lab.run(['clear']);
  expect({ code, changed: lab.shims.commands() }).to.deep.equal({ code: 0, changed: [] });
  expect(stdout).to.match(new RegExp(`^${service}: ${cell.verb} of \\S+ is (accepted|taken) as `));
  expect(lab.truth()).to.deep.equal(before);
  expect((await lab.status()).monitor.interrupted).to.equal(null);
  await finish(lab, { ...cell, moment: 'after' }, 'stop');
  await isSettled(lab, 'stop');
}

/** Lets what was held come to its end: a tool, or the program that was told to end. */
async function letGo(lab: Lab, { effect }: Cell): Promise<void> {
  lab.shims.release();
  await until(() => (effect.signal === true ? lab.truth().serve === 0 : !lab.shims.isBusy()), 'what was held to end');
}

/** Runs what completes the cut action; when its command still lives, that is waited for and never doubled. */
async function finish(lab: Lab, cell: Cell, word: string): Promise<void> {
  // A program that is still ending is no survivor to wait for, except for the stop that told it to end.
  const isEnding = isHeld(cell) && cell.effect.signal === true && cell.next === 'other';
  if (isEnding) await letGo(lab, cell);
  const wasHeld = isHeld(cell) && !isEnding;
  if (!wasHeld) lab.shims.plan();
  const cli = lab.spawn([word]);
  if (wasHeld) {
    // The survivor of a signal is the program that got it: it is told once more and its end awaited.
    await cli.sees(cell.effect.signal === true ? /kill -TERM|already stopped/ : /still runs .*waiting for it/);
    lab.shims.release();
  }
  const { code, stderr } = await cli.done;
  expect(code, stderr).to.equal(0);
}

async function isSettled(lab: Lab, goal: 'start' | 'stop'): Promise<void> {
  expect(lab.truth()).to.deep.equal(goal === 'start' ? up : down);
  const { overall, monitor } = await lab.status();
  expect({ overall, interrupted: monitor.interrupted }).to.deep.equal({ overall: goal === 'start' ? 'up' : 'down', interrupted: null });
}
