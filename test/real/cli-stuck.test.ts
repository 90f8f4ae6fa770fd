/** A look that keeps a thread of ours for ever, as a stat on a dead server does: the answer comes, and the process ends. */
import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { runCli } from '../support/cli.ts';
import { must } from '../support/command.ts';
import { useDaemons } from '../support/daemon.ts';
import { useHome } from '../support/home.ts';

describe('real: a look that keeps a thread', function () {
  this.timeout(30_000);
  const start = useDaemons();
  const home = useHome();

  beforeEach('a driver that hangs', () => {
    const [pipe, drivers] = [home().path('pipe'), home().path('drivers')];
    must('mkfifo', pipe);
    must('mkdir', '-p', `${drivers}/fs`);
    // Without a writer the open never returns.
    writeFileSync(
      `${drivers}/fs/stuck.mjs`,
      `import { open } from 'node:fs/promises';
export default {
  summary: 'Hangs.', needs: [], keywords: {}, reads: () => [], label: () => 'stuck',
  status: async () => { await open(${JSON.stringify(pipe)}, 'r'); return { state: 'up' }; },
};
`,
    );
    home().node(`[node]\ndriver_path = ${drivers}\n`);
    home().service('svc1', '[fs#1]\ntype = flag\n\n[fs#2]\ntype = stuck\nstatus_timeout = 1s\n');
  });

  it('does not keep the command line from its end', async () => {
    const { code, stdout, stderr } = await runCli(['-s', 'svc1', 'print', 'status'], { home: home(), timeoutMs: 15_000 });
    expect(stdout)
      .to.match(/fs#2 .* undef/)
      .and.to.match(/fs#1 .* down/);
    expect(stderr).to.match(/does not come back from the kernel: ended by KILL \(else exit 0\)/);
    expect(code).to.equal(null);
  });

  it('does not keep the daemon from its end', async () => {
    const daemon = start(home());
    await daemon.ready();
    const { code, stdout } = await runCli(['-s', 'svc1', 'print', 'status'], { home: home() });
    expect(stdout).to.match(/fs#2 .* undef/);
    expect(code).to.equal(0);
    expect(await daemon.stop()).to.equal(null);
    expect(daemon.said()).to.match(/ended by KILL \(else exit 0\)/);
  });
});
