import { expect } from 'chai';
import { createAct, createObserve } from '../../../agent/driver/context.ts';
import { defaultLimits } from '../../../agent/driver/limits.ts';
import { SvcError } from '../../../agent/errors.ts';
import { createBench, effectsOf, errorOf, hidden, ok, secret } from './table-doors.ts';

describe('unit: driver context, looking', () => {
  it('gives what the driver may know of its resource, service and node', async () => {
    const { input } = createBench();
    const at = createObserve(input);
    expect(at).to.include({ service: 'svc1', rid: 'app#1', node: 'node1', runFolder: '/run/flags' });
    expect(at.config).to.deep.equal({ port: 80 });
    expect(await at.configOn('node2')).to.deep.equal({ port: 81 });
    expect(at.section('array#a1')?.values).to.deep.equal({ server: 'a1' });
    expect(at.section('array#none')).to.equal(undefined);
    expect(at.resource('fs#1')?.type).to.equal('fs.ext4');
    expect(at.resource('fs#2')).to.equal(undefined);
    expect('change' in at.local).to.equal(false);
  });

  it('shows the resources as they are at the moment of the question', () => {
    const views = [{ rid: 'fs#1', type: 'fs.ext4', label: '', config: {}, report: undefined }];
    const { input } = createBench({}, { resources: () => [...views] });
    const at = createAct(input);
    views.push({ rid: 'fs#2', type: 'fs.ext4', label: '', config: {}, report: undefined });
    expect(at.resources.map(({ rid }) => rid)).to.deep.equal(['fs#1', 'fs#2']);
  });

  it('runs as a look only what begins with a declared prefix', async () => {
    const { input, story } = createBench();
    const { local } = createObserve(input);
    await local.read(['look', '-n', 'x']);
    for (const argv of [['look'], ['look', '-w'], ['change', '-n'], ['look -n']] as const) {
      expect(await errorOf(local.read(argv)), argv.join(' ')).to.include({ code: 'BUG' });
    }
    expect(story).to.deep.equal(['debug look -n x', 'run look -n x']);
  });

  it('gives a look the limit of its kind and the signal of the call, and journals nothing', async () => {
    const { input, runs, controller } = createBench();
    const { local } = createObserve(input);
    await local.read(['look', '-n']);
    await local.read(['look', '-n'], { timeoutMs: 5, cwd: '/srv', user: 'app', maxBytes: 9, input: 'y' });
    const quickEnd = { graceMs: 500, killWaitMs: 500 };
    expect(runs[0]).to.deep.equal({
      timeoutMs: defaultLimits.readMs,
      ...quickEnd,
      env: {},
      signal: controller.signal,
      dieWithParent: false,
    });
    expect(runs[1]).to.deep.include({ timeoutMs: 5, cwd: '/srv', user: 'app', maxBytes: 9, input: 'y' });
  });

  it('accepts only the exit codes that the driver names', async () => {
    const { input } = createBench({ run: () => ({ ...ok, exitCode: 2, stderr: 'one\ntwo\nthree\nfour\n' }) });
    const { local } = createObserve(input);
    expect(await local.read(['look', '-n'], { okCodes: [0, 2] })).to.include({ exitCode: 2 });
    const error = await errorOf(local.read(['look', '-n']));
    expect(error).to.include({ code: 'COMMAND', message: 'look -n: exit 2: two / three / four' });
    expect(error.facts).to.include({ exitCode: 2, command: 'look -n' });
  });

  it('ends a look at a file when the call is cancelled, with the reason of the abort, and begins none after it', async () => {
    const { input, controller } = createBench();
    let looked = 0;
    const doors = { ...input.doors, readText: () => new Promise<never>(() => void looked++) };
    const { local } = createObserve({ ...input, doors });
    const reading = errorOf(local.file('/proc/self/mountinfo'));
    const reason = new SvcError('TIMEOUT', 'status: no answer in 10 s');
    controller.abort(reason);
    expect(await reading).to.equal(reason);
    expect(await errorOf(local.file('/proc/self/mountinfo'))).to.equal(reason);
    expect(await errorOf(local.stat('/x'))).to.equal(reason);
    expect(looked).to.equal(1);
  });

  it('says CANCELLED when the abort has no reason of ours', async () => {
    const { input, controller } = createBench();
    controller.abort();
    expect(await errorOf(createObserve(input).local.list('/sys/block'))).to.include({ code: 'CANCELLED' });
    expect(await errorOf(createObserve(input).poll(async () => 1, { timeoutMs: 1, intervalMs: 1, what: 'x' }))).to.include({
      code: 'CANCELLED',
    });
  });

  it('shows no secret of the environment: not in the log, the result, or an error of any kind', async () => {
    const printed = { ...ok, stdout: `told ${hidden}\n`, stderr: `${hidden}\n` };
    const { input, story, runs } = createBench({ run: () => printed });
    const options = { env: { PASSWORD: secret, LANG: 'C' } };
    const result = await createObserve(input).local.read(['look', '-n', hidden], options);
    expect(runs[0]?.env).to.deep.equal({ PASSWORD: hidden, LANG: 'C' });
    expect(JSON.stringify([result, story.filter((line) => line.startsWith('debug'))])).not.to.include(hidden);
    expect(result.stdout).to.equal('told ****\n');
    for (const run of [
      () => ({ ...printed, exitCode: 3 }),
      () => {
        throw new SvcError('TIMEOUT', `look ${hidden}: no answer`, {
          hint: `not ${hidden}`,
          facts: { said: [hidden], pid: 1 },
          cause: hidden,
        });
      },
    ]) {
      const failing = createBench({ run });
      const error = await errorOf(createObserve(failing.input).local.read(['look', '-n'], options));
      expect(JSON.stringify([error.message, error.hint, error.facts, String(error.cause)])).not.to.include(hidden);
      expect(error.code).to.be.oneOf(['COMMAND', 'TIMEOUT']);
    }
  });
});

describe('unit: driver context, acting', () => {
  it('has every look of the observing one, and knows what was allowed', async () => {
    const { input, story } = createBench({ files: { '/etc/x': 'y' } });
    const at = createAct(input);
    expect(at.allows('no-carrier')).to.equal(true);
    expect(at.allows('address-alive')).to.equal(false);
    expect(at.dryRun).to.equal(false);
    expect(await at.local.file('/etc/x')).to.equal('y');
    at.progress(1, 2, 'files');
    expect(story).to.deep.equal(['progress 1/2 files']);
  });

  it('remembers and forgets, and neither in a dry-run', async () => {
    const { input, memory, story } = createBench();
    const at = createAct(input);
    await at.remember('key', 'value');
    expect(await at.recall('key')).to.equal('value');
    const dry = createAct({ ...input, effects: effectsOf(story, true) });
    await dry.remember('other', 'value');
    await dry.forget('key');
    expect([...memory]).to.deep.equal([['app#1 key', 'value']]);
    await at.forget('key');
    expect([...memory]).to.deep.equal([]);
  });

  it('waits for real, and in a dry-run looks once and takes what is assumed', async () => {
    const { input, story } = createBench();
    let asked = 0;
    const probe = async () => (++asked < 3 ? undefined : 'there');
    const limits = { timeoutMs: 1000, intervalMs: 1, what: 'it', assume: 'assumed' };
    expect(await createAct(input).poll(probe, limits)).to.equal('there');
    asked = 0;
    const dry = createAct({ ...input, effects: effectsOf(story, true) });
    expect(await dry.poll(probe, limits)).to.equal('assumed');
    expect(asked).to.equal(1);
    expect(await dry.poll(async () => 'seen', limits)).to.equal('seen');
  });

  it('passes a step on to the record', async () => {
    const { input, story } = createBench();
    const at = createAct(input);
    expect(await at.step('one', { done: async () => 'before', act: async () => 'now' })).to.equal('before');
    expect(await at.step('two', { done: async () => undefined, act: async () => 'now' })).to.equal('now');
    expect(story).to.deep.equal(['step one', 'step two']);
  });
});
