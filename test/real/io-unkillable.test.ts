/** A child that no signal ends, as one in state D before a dead disk; here it is frozen. */
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { namePrefix } from '../support/names.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { isRunning, startAgent } from './io-agent.ts';

const freezer = '/sys/fs/cgroup/freezer';
const reason = existsSync(`${freezer}/cgroup.procs`) ? missing({ root: true }) : 'no freezer of cgroup v1';

describeUnless(reason, 'real: a child that cannot be ended', function () {
  this.timeout(30_000);
  const folder = path.join(freezer, `${namePrefix()}frozen`);
  before('make the freezer', () => mkdirSync(folder));
  after('thaw it', async () => {
    writeFileSync(`${folder}/freezer.state`, 'THAWED');
    await eventually(() => {
      try {
        rmdirSync(folder);
        return true;
      } catch {
        return false;
      }
    });
  });

  it('is told, and does not keep the agent from its own end', async () => {
    const agent = startAgent('frozen', folder);
    const said = await agent.next();
    expect(said).to.contain('no answer').and.to.contain('could not be ended');
    const child = Number(/could not be ended: (\d+) /.exec(said)?.[1]);
    await agent.ended;
    expect(isRunning(child), said).to.equal(true);
  });
});
