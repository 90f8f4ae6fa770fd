/** Errors of the engine keep their code on the way through the two bundles of the built command line. */
import { expect } from 'chai';
import { errorKinds } from '../../agent/errors.ts';
import { runCli } from '../support/cli.ts';
import { useHome } from '../support/home.ts';

describe('command line: errors', () => {
  const home = useHome();

  it('exits 2 with the nearest name for an unknown verb (thin bundle)', async () => {
    const { code, stderr } = await runCli(['-s', 'svc1', 'strat'], { home: home() });
    expect(stderr).to.match(/start/);
    expect(code).to.equal(errorKinds.CONFIG.exit);
  });

  it('exits 3 for an unknown service, with the nearest one (engine bundle)', async () => {
    home().service('svc1', '[fs#1]\ntype = flag\n');
    const { code, stderr } = await runCli(['-s', 'svc2', 'start'], { home: home() });
    expect(stderr).to.match(/svc2/);
    expect(code).to.equal(errorKinds.NOT_FOUND.exit);
  });

  it('exits 2 with file and line for a wrong service file, and shows no stack', async () => {
    home().service('svc1', '[fs#1]\ntype = flag\nno_such_keyword = 1\n');
    const { code, stderr } = await runCli(['-s', 'svc1', 'start'], { home: home() });
    expect(stderr)
      .to.match(/svc1\.conf:3/)
      .and.not.match(/\n {4}at /);
    expect(code).to.equal(errorKinds.CONFIG.exit);
  });

  it('exits 2 with the nearest name for an --allow that waives nothing, before the first change', async () => {
    home().service('svc1', '[fs#1]\ntype = flag\n');
    for (const verb of [['start'], ['sync', 'update'], ['switch'], ['takeover', '--yes']]) {
      const { code, stderr } = await runCli(['-s', 'svc1', ...verb, '--allow', 'peer-upp'], { home: home() });
      expect([code, stderr], verb.join(' ')).to.deep.equal([
        errorKinds.CONFIG.exit,
        'svcmgr: --allow peer-upp: there is no such refusal\n  did you mean --allow peer-up?\n',
      ]);
    }
    expect((await runCli(['-s', 'svc1', 'start', '--allow', 'acme.no-quorum'], { home: home() })).code).to.equal(0);
  });

  it('starts, shows and stops a service whose only resource is a flag', async () => {
    home().service('svc1', '[fs#1]\ntype = flag\n');
    expect(await runCli(['-s', 'svc1', 'start'], { home: home() })).to.include({ code: 0 });
    expect((await runCli(['svc1', 'print', 'status'], { home: home() })).stdout).to.match(/^overall +up$/m);
    expect(await runCli(['-s', 'svc1', 'stop'], { home: home() })).to.include({ code: 0 });
  });
});
