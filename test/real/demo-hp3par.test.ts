/** `npm run demo -- --hp3par` for real, and with it the example of services.d: to the other array, through a disaster, and back. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { type CliOptions, spawnCli } from '../support/cli.ts';
import { lackOfSites } from '../support/demo-arrays.ts';
import { demoFolder } from '../support/demo-folder.ts';
import { projectRoot } from '../support/imports.ts';
import { findLeftovers } from '../support/leftovers.ts';
import { namePrefix } from '../support/names.ts';
import { describeUnless } from '../support/skip.ts';

const script = path.join(projectRoot, 'test/support/demo.ts');
const options: CliOptions = { program: process.execPath, cwd: projectRoot, timeoutMs: 240_000 };

describeUnless(lackOfSites(), 'real: demo of two arrays', function () {
  this.timeout(300_000);

  it('takes the example to the other site, through a disaster and back, with its data, and leaves nothing', async () => {
    const name = `${namePrefix()}hp3par`;
    const demo = spawnCli(['--import', 'tsx', script, '--hp3par', '--name', name], options);
    const { code, stdout, stderr } = await demo.done;
    expect(code, stdout + stderr).to.equal(0);
    expect([...stdout.matchAll(/^(node\d) reads: (.*)$/gm)].map(([, node, text]) => `${node}: ${text}`)).to.deep.equal([
      'node2: written on site 1',
      'node1: written on site 2, and copied',
      'node2: written after the disaster',
    ]);
    expect(stdout).to.match(/^MYRCG +hp3par2\.opensvc\.com +Primary +Started +Periodic +1 +Synced +\S+ \S+ CES?T +\d+ s$/m);
    expect(stderr).to.match(/taking over, since nothing on the other side gives a sign of life/);
    expect(stderr).to.match(/what was written there since is not here \(cannot be waived\)/);
    expect(stdout).to.match(/nothing is left\.\n$/);
    expect(existsSync(demoFolder(name).folder)).to.equal(false);
    expect(findLeftovers((pid) => pid === demo.pid)).to.deep.equal([]);
  });
});
