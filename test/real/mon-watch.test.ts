import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { runCli } from '../support/cli.ts';
import { useHome } from '../support/home.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { useTerminal } from '../support/terminal.ts';

describeUnless(missing({ tools: ['tmux'] }), 'real: mon --watch in a terminal of 80x24', function () {
  this.timeout(60_000);
  const { open, screen, type, until, tmux, program } = useTerminal();
  const home = useHome();
  /** A shell with a text on its screen, in which the watch is started. */
  async function watch(options = ''): Promise<void> {
    home().service('alpha', '[fs#1]\ntype = flag\n');
    home().service('beta', '[fs#1]\ntype = flag\n');
    expect((await runCli(['alpha', 'start'], { home: home() })).code).to.equal(0);
    await open(home());
    type('echo before', 'Enter');
    await until('the shell', (lines) => lines.includes('before'));
    type(`${options}"$svcmgr" mon --watch; echo "left $?"`, 'Enter');
    await until('the table', (lines) => lines[0]?.includes('2 services: 1 up, 0 warn, 1 down') === true);
  }

  /** The screen of the shell is back, cursor and echo too. */
  async function expectRestored(exit: number): Promise<void> {
    const lines = await until('the shell again', (all) => all.includes(`left ${exit}`));
    expect(lines).to.include('before');
    expect(tmux('display-message', '-p', '#{alternate_on} #{cursor_flag}').trim()).to.equal('0 1');
    type('echo again', 'Enter');
    const after = await until('an echo', (all) => all.includes('again'));
    expect(after.some((line) => line.includes('ready$ echo again'))).to.equal(true);
  }

  it('shows the table, moves, opens and leaves a service, follows changes; q gives the terminal back', async () => {
    await watch();
    const list = screen();
    expect(list[1]).to.match(/^ {2}service +overall +\S+ +age +doing +why$/);
    expect(list[2]).to.match(/^> alpha +up +up +\d+s$/);
    expect(list[3]).to.match(/^ {2}beta +down +down +\d+s +fs#1 down$/);
    expect(list[23]).to.match(/^arrows, enter, q/);
    type('Down');
    await until('the cursor', (lines) => lines[3]?.startsWith('> beta') === true);
    type('Enter');
    const detail = await until('the tree', (lines) => lines[2] === 'beta');
    expect(detail[3]).to.match(/^overall +down$/);
    type('Escape');
    await until('the list', (lines) => lines[3]?.startsWith('> beta') === true);
    expect((await runCli(['beta', 'start'], { home: home() })).code).to.equal(0);
    await until('the new state', (lines) => /^> beta +up +up /.test(lines[3] ?? ''));
    tmux('resize-window', '-x', '60', '-y', '10');
    await until('the smaller screen', (lines) => lines[9]?.startsWith('arrows') === true);
    type('q');
    await expectRestored(0);
  });

  it('Ctrl-C gives the terminal back', async () => {
    await watch();
    type('C-c');
    await expectRestored(0);
  });

  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    it(`${signal} gives the terminal back`, async () => {
      await watch();
      process.kill(program(), signal);
      await expectRestored(0);
    });
  }

  it('a crash gives the terminal back, and is seen there', async () => {
    const bomb = home().path('bomb.mjs');
    writeFileSync(bomb, "process.on('SIGUSR2', () => { throw new Error('crashed on purpose'); });\n");
    await watch(`NODE_OPTIONS="--import=${bomb}" `);
    process.kill(program(), 'SIGUSR2');
    await expectRestored(1);
    expect(screen().join('')).to.match(/Error: crashed on purpose/);
  });

  it('without a terminal it is refused, and says what to do', async () => {
    const done = await runCli(['mon', '--watch'], { home: home() });
    expect(done).to.include({ code: 2, stdout: '' });
    expect(done.stderr)
      .to.match(/needs a terminal/)
      .and.match(/svcmgr mon prints the table once/);
  });
});
