/** Ctrl-C on a terminal during an action that runs in the daemon: a question, and what each answer does. */
import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { runCli } from '../support/cli.ts';
import { type DaemonProcess, useDaemons } from '../support/daemon.ts';
import { eventually } from '../support/eventually.ts';
import { useHome } from '../support/home.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { useTerminal } from '../support/terminal.ts';

/** A start that takes as long as a file is missing. */
const waiting = (gate: string) => `[fs#1]
type = flag

[app#1]
type = forking
start = /bin/sh -c 'until [ -e ${gate} ]; do sleep 0.05; done'
check = /usr/bin/test -e ${gate}
`;

describeUnless(missing({ tools: ['tmux'] }), 'real: Ctrl-C on a terminal', function () {
  this.timeout(90_000);
  const terminal = useTerminal();
  const start = useDaemons();
  const home = useHome();
  let daemon: DaemonProcess;
  const question = 'abort the action (a, or Ctrl-C again), leave it running (l), or go on watching';
  const open = () => writeFileSync(home().path('gate'), '');
  const shows = (text: string) => terminal.until(text, (lines) => lines.join('').includes(text));
  const action = async () =>
    (JSON.parse((await daemon.get('/v1/actions')).body) as { actions: { verb: string; exit: number | null }[] }).actions.at(-1);
  const status = async () => (await runCli(['-s', 'slow', 'print', 'status', '--refresh'], { home: home() })).stdout;

  beforeEach('an action on a terminal, interrupted once', async () => {
    home().service('slow', waiting(home().path('gate')));
    daemon = start(home());
    await daemon.ready();
    await terminal.open(home());
    terminal.type('"$svcmgr" -s slow start; echo "left $?"', 'Enter');
    await shows('until [ -e');
    terminal.type('C-c');
    await shows(question);
    expect(await action(), 'nothing happens before the answer').to.deep.include({ verb: 'start', exit: null });
  });

  it('a: the action is aborted and rolled back, and the terminal waits for that', async () => {
    terminal.type('a', 'Enter');
    await shows('left 130');
    expect(await action()).to.deep.include({ exit: 130 });
    expect(await status()).to.match(/fs#1 +\.\.\.\. down/);
  });

  it('l: the terminal is free, and the action goes on to its end', async () => {
    terminal.type('l', 'Enter');
    await shows('the daemon goes on with the start');
    await shows('left 130');
    expect(await action()).to.deep.include({ exit: null });
    open();
    await eventually(async () => (await action())?.exit === 0);
    expect(await status()).to.match(/^overall +up$/m);
  });

  it('Enter: it is watched on, and can be interrupted again', async () => {
    terminal.type('Enter');
    await shows('it goes on; Ctrl-C asks again');
    terminal.type('C-c');
    await terminal.until('the question again', (lines) => lines.join('').split(question).length === 3);
    terminal.type('Enter');
    open();
    await shows('left 0');
    expect(await status()).to.match(/^overall +up$/m);
  });

  it('Ctrl-C again aborts, as an answer would', async () => {
    terminal.type('C-c');
    await shows('ending the start');
    await shows('left 130');
    expect(await action()).to.deep.include({ exit: 130 });
    expect(await status()).to.match(/fs#1 +\.\.\.\. down/);
  });

  it('no answer: the end of the action is shown, and the shell is back', async () => {
    open();
    await shows('left 0');
    terminal.type('echo again', 'Enter');
    await terminal.until('an echo', (lines) => lines.includes('again'));
  });

  it('a terminal that goes away leaves it running', async () => {
    terminal.hangUp();
    open();
    await eventually(async () => (await action())?.exit === 0);
    expect(await status()).to.match(/^overall +up$/m);
  });
});
