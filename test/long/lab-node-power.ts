/** monitor_action = reboot and crash on a node that is really reset. `npm run test:lab:full`. */
import { expect } from 'chai';
import { useLab } from '../lab/lab.ts';
import { eventually } from '../support/eventually.ts';

/** Three looks of the monitor at a tenth of the usual speed. */
const limitMs = 240_000;

describe('lab: a monitor_action that takes the node down', function () {
  this.timeout(600_000);
  const lab = useLab({ nodes: ['node1'] });
  const node1 = () => lab().node('node1');
  const svcmgr = (...words: string[]) => node1().must(['svcmgr', ...words], { timeoutMs: 120_000 });

  for (const action of ['reboot', 'crash'] as const) {
    it(`${action}: the node is reset once its application is given up, and knows why after that`, async () => {
      if (!node1().isOn()) await node1().boot();
      const text = `[DEFAULT]\nmonitor_action = ${action}\n\n[app#1]\ntype = simple\nstart = /bin/sleep 100000\nmonitor = true\n`;
      await node1().sh('mkdir -p /etc/svcmgr/services.d; rm -f /var/lib/svcmgr/node-action.json');
      await node1().write('/etc/svcmgr/services.d/svc1.conf', text);
      await svcmgr('daemon', 'start');
      await svcmgr('-s', 'svc1', 'start');
      await node1().sh('sync; echo kept >/etc/before; sync /etc/before; kill -9 $(pgrep -x -f "/bin/sleep 100000")');
      await eventually(() => !node1().isOn(), limitMs);
      if (action === 'crash') expect(node1().lastWords()).to.match(/sysrq triggered crash/i);
      await node1().boot();
      expect(await node1().must(['cat', '/etc/before'])).to.equal('kept');
      expect(await node1().must(['cat', '/var/lib/svcmgr/node-action.json'])).to.match(new RegExp(`"what":"${action}","service":"svc1"`));
      expect(await svcmgr('-s', 'svc1', 'logs')).to.match(new RegExp(`monitor_action ${action}`));
      expect(await svcmgr('-s', 'svc1', 'print', 'status')).to.match(/^overall +down$/m);
    });
  }
});
