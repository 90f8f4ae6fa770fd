/** What a monitor_action of the node would tell the kernel, into a pipe in place of it. test/long/lab-node-power.ts does it for real. */
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { expect } from 'chai';
import { openNodePower } from '../../agent/io/node-power.ts';
import { must } from '../support/command.ts';
import { errorOf } from '../support/engine.ts';
import { useHome } from '../support/home.ts';

describe('real: taking the node down', () => {
  const home = useHome();

  for (const [action, letters] of [
    ['reboot', 'sb'],
    ['crash', 'c'],
  ] as const) {
    it(`${action} is "${letters}" to sysrq, and nothing else`, async () => {
      const trigger = home().path('sysrq-trigger');
      must('mkfifo', trigger);
      // Open both ways: nobody waits for the other end.
      const pipe = openSync(trigger, constants.O_RDWR | constants.O_NONBLOCK);
      try {
        await openNodePower(trigger)[action]();
        const heard = Buffer.alloc(16);
        expect(heard.toString('utf8', 0, readSync(pipe, heard))).to.equal(letters);
      } finally {
        closeSync(pipe);
      }
    });
  }

  it('says why when the kernel takes no orders', async () => {
    const refused = await errorOf(openNodePower(home().path('none', 'sysrq-trigger').replace('/none/', '/no such folder/')).reboot());
    expect(refused.message).to.match(/^cannot write .*sysrq-trigger: no such file/i);
  });
});
