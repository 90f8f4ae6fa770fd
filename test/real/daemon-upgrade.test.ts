/** The files of the agent replaced under a running daemon. */
import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { useDaemons } from '../support/daemon.ts';
import { eventually } from '../support/eventually.ts';
import { useHome } from '../support/home.ts';
import { projectRoot } from '../support/imports.ts';

describe('real: an upgrade under a running daemon', function () {
  this.timeout(60_000);
  const start = useDaemons();
  const home = useHome();

  it('finds it with every driver in memory, also those that no service has had yet', async () => {
    const installed = home().path('installed');
    for (const part of ['bin', 'dist']) cpSync(path.join(projectRoot, part), path.join(installed, part), { recursive: true });
    home().service('svc1', '[fs#1]\ntype = flag\n');
    const daemon = start(home(), {}, [path.join(installed, 'bin/svcmgrd')]);
    await daemon.ready();
    await eventually(() => daemon.said().includes('svcmgrd 0.1.0 runs'));
    rmSync(path.join(installed, 'dist/drivers'), { recursive: true });
    home().service('svc2', '[fs#1]\ntype = directory\npath = /tmp\n\n[app#1]\ntype = simple\nstart = /bin/sleep 1000\n');
    expect((await daemon.send('POST', '/v1/reload')).status).to.equal(200);
    const seen = await daemon.get('/v1/status?selector=svc2&refresh=true&format=json');
    const { resources } = JSON.parse(seen.body) as { resources: Record<string, { status: string }> };
    expect(Object.values(resources).map(({ status }) => status)).to.deep.equal(['n/a', 'down']);
  });
});
