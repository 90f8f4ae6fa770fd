import { expect } from 'chai';
import { createAct } from '../../../agent/driver/context.ts';
import { defaultLimits } from '../../../agent/driver/limits.ts';
import { SvcError } from '../../../agent/errors.ts';
import { type Bench, createBench, effectsOf, errorOf, hidden, ok, secret, type Table, worker } from './table-doors.ts';

const hostOf = ({ input }: Bench) => createAct(input).local;

function dryBench(table: Table = {}): Bench {
  const bench = createBench(table);
  return { ...bench, input: { ...bench.input, effects: effectsOf(bench.story, true) } };
}

describe('unit: driver host, change', () => {
  it('announces, journals the held child, runs, and forgets what was known before and after', async () => {
    const bench = createBench();
    const result = await hostOf(bench).change(['mount', '-o', 'a b', '/dev/x']);
    expect(result).to.include({ command: "mount -o 'a b' /dev/x", exitCode: 0, durationMs: 7 });
    expect(bench.story).to.deep.equal([
      "announce command mount -o 'a b' /dev/x",
      'forget',
      'started 1',
      'run mount -o a b /dev/x',
      'forget',
      'ended 0 in 7 ms',
    ]);
  });

  it('has a limit of time, or of silence, and dies with the agent unless it may leave processes behind', async () => {
    const bench = createBench();
    const host = hostOf(bench);
    await host.change(['a']);
    await host.change(['a'], { idleTimeoutMs: 9 });
    await host.change(['a'], { leaves: true, timeoutMs: 3 });
    const [plain, silent, leaving] = bench.runs;
    expect(plain).to.include({ timeoutMs: defaultLimits.changeMs, dieWithParent: true }).and.not.have.property('leaves');
    expect(silent).to.include({ idleTimeoutMs: 9 }).and.not.have.property('timeoutMs');
    expect(leaving).to.include({ leaves: true, scope: 'svc1.app.1', timeoutMs: 3 }).and.not.have.property('dieWithParent');
    expect(bench.story).to.include('announce leaves a');
  });

  it('is announced and not run in a dry-run, which pretends what the driver says', async () => {
    const bench = dryBench();
    const result = await hostOf(bench).change(['losetup', '-f'], { assume: '/dev/loop7\n' });
    expect(result).to.include({ stdout: '/dev/loop7\n', exitCode: 0 });
    expect(await hostOf(bench).change(['umount', '/x'])).to.include({ stdout: '' });
    expect(bench.story).to.deep.equal(['announce command losetup -f', 'announce command umount /x']);
  });

  it('is neither announced nor run once the call is cancelled', async () => {
    const bench = createBench({ processes: [worker] });
    const reason = new SvcError('CANCELLED', 'aborted by SIGINT');
    bench.controller.abort(reason);
    const host = hostOf(bench);
    for (const work of [host.change(['a']), host.launch(['a']), host.signal('TERM'), host.write('/a', '')]) {
      expect(await errorOf(work)).to.equal(reason);
    }
    expect(bench.story).to.deep.equal([]);
  });

  it('ends in the journal with its exit code, then fails when that is none of the accepted', async () => {
    const bench = createBench({ run: () => ({ ...ok, exitCode: 32, stderr: 'target is busy\n' }) });
    expect(await errorOf(hostOf(bench).change(['umount', '/x']))).to.include({
      code: 'COMMAND',
      message: 'umount /x: exit 32: target is busy',
    });
    expect(bench.story.at(-1)).to.equal('ended 32');
    expect(await hostOf(bench).change(['umount', '/x'], { okCodes: [0, 32] })).to.include({ exitCode: 32 });
  });

  it('forgets what was known also when it fails half-way', async () => {
    const bench = createBench({
      run: () => {
        throw new SvcError('TIMEOUT', 'a: no answer');
      },
    });
    expect(await errorOf(hostOf(bench).change(['a']))).to.include({ code: 'TIMEOUT' });
    expect(bench.story.filter((line) => line === 'forget')).to.have.length(2);
    expect(bench.story.filter((line) => line.startsWith('ended'))).to.deep.equal([]);
  });

  it('runs inside the hold that the engine gives, so that its own limit counts', async () => {
    const bench = createBench();
    const held: string[] = [];
    const hold = async <V>(work: () => Promise<V>): Promise<V> => {
      held.push(`begin ${bench.story.length}`);
      return work();
    };
    await createAct({ ...bench.input, hold }).local.change(['a']);
    expect(held).to.deep.equal(['begin 2']);
  });

  it('shows no secret: not announced, printed, returned or thrown', async () => {
    const options = { env: { PASSWORD: secret } };
    const talk: Table['run'] = (_argv, { onLine, env }) => {
      onLine?.('stdout', `the password is ${env?.['PASSWORD']}`);
      return { ...ok, stdout: hidden, stderr: JSON.stringify(hidden) };
    };
    const bench = createBench({ run: talk });
    const result = await hostOf(bench).change(['login', hidden], options);
    const fail = createBench({ run: (argv, run) => ({ ...ok, exitCode: 1, stderr: `${hidden} ${argv.length} ${run.timeoutMs}` }) });
    const refused = await errorOf(hostOf(fail).change(['login', hidden], options));
    const announced = [...bench.story, ...fail.story].filter((line) => !line.startsWith('run '));
    expect(JSON.stringify([result, announced, refused.message, refused.facts])).not.to.include(hidden);
    expect(announced).to.include("announce command login '****'").and.to.include('output the password is ****');
  });
});

describe('unit: driver host, launch, signal, write', () => {
  it('launches into the scope of the resource, with its output in the log folder', async () => {
    const bench = createBench();
    expect(await hostOf(bench).launch(['/bin/app', '-f'], { user: 'app', env: { A: '1' }, limits: { nofile: '9' } })).to.equal(worker);
    expect(bench.launches[0]).to.deep.include({
      scope: 'svc1.app.1',
      outputFile: '/log/svc1.app.1.out',
      env: { A: '1' },
      user: 'app',
      limits: { nofile: '9' },
    });
    expect(bench.launches[0]).not.to.have.property('cwd');
    expect(bench.story[0]).to.equal('announce launch /bin/app -f');
    const dry = dryBench();
    expect(await hostOf(dry).launch(['/bin/app'])).to.include({ pid: 0, command: '/bin/app' });
    expect(dry.launches).to.deep.equal([]);
  });

  it('shows no secret when a launched program fails and has printed it', async () => {
    const bench = createBench({
      launch: () => {
        throw new SvcError('COMMAND', `app ended at once (exit 1): bad password ${hidden}`, { hint: 'see /log' });
      },
    });
    const error = await errorOf(hostOf(bench).launch(['app'], { env: { PASSWORD: secret } }));
    expect(error).to.include({ code: 'COMMAND', message: 'app ended at once (exit 1): bad password ****', hint: 'see /log' });
  });

  it('signals what lives, and announces nothing when nothing does', async () => {
    const bench = createBench({ processes: [worker, { ...worker, pid: 4712 }] });
    expect(await hostOf(bench).signal('TERM')).to.equal(2);
    expect(bench.story).to.deep.equal(['announce other kill -TERM 4711 4712', 'forget', 'signal TERM', 'forget', 'ended 0']);
    const none = createBench();
    expect(await hostOf(none).signal('KILL')).to.equal(0);
    expect(none.story).to.deep.equal([]);
    const dry = dryBench({ processes: [worker] });
    expect(await hostOf(dry).signal('KILL')).to.equal(1);
    expect(dry.story).to.deep.equal(['announce other kill -KILL 4711']);
  });

  it('announces a file by its size, never by its content, and tells when it could not be written', async () => {
    const bench = createBench();
    await hostOf(bench).write('/etc/x', `${hidden}é`, 0o600);
    expect(bench.story).to.deep.equal(['announce other write /etc/x (15 bytes)', 'forget', 'write /etc/x', 'forget', 'ended 0']);
    const full = new SvcError('COMMAND', 'cannot write /etc/x: no space left on the device');
    const failing = createBench({
      write: () => {
        throw full;
      },
    });
    expect(await errorOf(hostOf(failing).write('/etc/x', ''))).to.equal(full);
    expect(failing.story.at(-1)).to.equal('ended 1');
    const dry = dryBench();
    await hostOf(dry).write('/etc/x', '');
    expect(dry.story).to.deep.equal(['announce other write /etc/x (0 bytes)']);
  });
});
