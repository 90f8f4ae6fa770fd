/** `npm run sim:hp3par` as a person starts it: help, the document's pair, a control from another shell, and its end. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { runCli, spawnCli } from '../../support/cli.ts';
import { useHome } from '../../support/home.ts';
import { projectRoot } from '../../support/imports.ts';
import { describeUnless, missing } from '../../support/skip.ts';
import { execCommand } from './ssh-client.ts';

const program = process.execPath;
const words = (...more: readonly string[]) => ['--import', 'tsx', path.join(import.meta.dirname, 'standalone.ts'), ...more];
const options = { program, cwd: projectRoot, timeoutMs: 60_000 };

interface Ready {
  readonly folder: string;
  readonly control: string;
  readonly arrays: readonly { readonly name: string; readonly address: string; readonly port: number }[];
}

describeUnless(missing({ tools: ['ssh-keygen'] }), 'hp3par simulator: by hand', function () {
  this.timeout(90_000);
  const home = useHome();

  it('says what it can do', async () => {
    const { code, stdout } = await runCli(words('--help'), options);
    expect(code).to.equal(0);
    for (const word of ['--config FILE', '--devices', 'ctl SOCKET', 'violations']) expect(stdout).to.include(word);
  });

  it('starts the pair of the document, is controlled, and leaves nothing', async () => {
    const env = { TMPDIR: home().folder, SVCMGR_TEST_HOME: home().folder };
    const sim = spawnCli(words(), { ...options, env });
    let text = '';
    sim.child.stdout.on('data', (data: Buffer) => {
      text += data.toString();
    });
    await sim.sees(/"publicHostKey"[^}]*\}\s*\]\s*\}/);
    const { folder, control, arrays } = JSON.parse(text) as Ready;
    const [first] = arrays;
    if (first === undefined) throw new Error('no array');
    const user = { name: 'opensvc', key: path.join(folder, 'id_ed25519') };
    expect((await execCommand({ ...first, user }, 'showrcopy groups MYRCG')).stdout).to.match(
      /^MYRCG +hp3par2\.opensvc\.com +Started +Primary/m,
    );
    const cut = await runCli(words('ctl', control, 'links', first.name, 'hp3par2.opensvc.com', 'false'), options);
    expect(cut, cut.stderr).to.deep.include({ code: 0, stdout: 'done\n' });
    expect((await execCommand({ ...first, user }, 'showrcopy targets')).stdout).to.match(/failing/);
    expect((await runCli(words('ctl', control, 'nosuch'), options)).stderr).to.match(/no control nosuch/);
    sim.child.kill('SIGTERM');
    expect((await sim.done).code).to.equal(0);
    expect(folder.startsWith(home().folder)).to.equal(true);
    expect(existsSync(folder)).to.equal(false);
  });
});
