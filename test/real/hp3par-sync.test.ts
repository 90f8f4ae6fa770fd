/** A synchronization that takes long, through the built command line: its progress, Ctrl-C, kill -9, and the same again. */
import { expect } from 'chai';
import { documentPair } from '../sim/hp3par/config.ts';
import { useHp3par } from '../sim/hp3par/use.ts';
import { type CliOptions, runCli, spawnCli } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { array1, arraySections, documentService } from '../support/hp3par-document.ts';
import { useHome } from '../support/home.ts';

const update = ['-s', 'svc1', 'sync', 'update', '--rid', 'sync#1'];

describe('real: a long synchronization of arrays', function () {
  this.timeout(60_000);
  const stage = useHp3par((user) => ({ ...documentPair(user), clock: 'real', timing: { syncMs: 6500 } }));
  const home = useHome();
  const where = (): CliOptions => ({ home: home(), env: { SVCMGR_NODENAME: 'node1' } });
  beforeEach('node1 of the document', () => {
    const { sim, user, folder } = stage();
    home().node(arraySections(folder, sim.ssh, user));
    home().service('svc1', documentService('', '[fs#1]\ntype = flag\n'));
  });
  const syncs = () =>
    stage()
      .sim.controls.log()
      .filter(({ line }) => line.startsWith('syncrcopy'));
  const isSynced = () =>
    stage()
      .sim.controls.state()
      [array1]?.groups['MYRCG']?.volumes.every(({ sync }) => sync === 'Synced') === true;

  it('tells how far it is; Ctrl-C says that the array goes on; the same again waits for its own data', async () => {
    const { child, done, sees } = spawnCli(update, where());
    await sees(/ INFO SVC1\.SYNC#1 \d\d %(, \d+s left)?$/m);
    child.kill('SIGINT');
    const { code, stderr } = await done;
    expect(code, stderr).to.equal(130);
    expect(stderr).to.match(/ WARN SVC1\.SYNC#1 syncrcopy -w MYRCG: cancelled; on hp3par1\.opensvc\.com it may still be running$/m);
    expect(isSynced(), 'the array does not know that we are gone').to.equal(false);
    const again = await runCli(update, where());
    expect(again.code, again.stderr).to.equal(0);
    expect(isSynced()).to.equal(true);
    expect(stage().sim.controls.violations()).to.deep.equal([]);
  });

  it('kill -9 in the middle: status says that it was interrupted, the same again completes it', async () => {
    const action = spawnCli(update, where());
    await eventually(() => syncs().length === 1 && !isSynced());
    await action.crash();
    const status = await runCli(['-s', 'svc1', 'print', 'status'], where());
    expect(status.stdout.replaceAll('\n', ' ')).to.match(/sync update of \S+ was interrupted at sync#1, during: syncrcopy -w MYRCG/);
    const again = await runCli(update, where());
    expect(again.code, again.stderr).to.equal(0);
    expect(isSynced()).to.equal(true);
    expect((await runCli(['-s', 'svc1', 'print', 'status'], where())).stdout).not.to.match(/interrupted/);
    expect(syncs()).to.have.lengthOf(2);
  });
});
