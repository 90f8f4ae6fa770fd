/** Refusals before the first change. */
import { expect } from 'chai';
import { SvcError } from '../../agent/errors.ts';
import { doubleDriver } from '../support/doubles.ts';
import { textsOf, useBench } from '../support/engine.ts';

const three = '[fs#1]\ntype = double\n[fs#2]\ntype = double\n[app#1]\ntype = double\n';

describe('sim: engine: blockers', () => {
  const bench = useBench({
    drivers: (stage) => ({ 'app.needy': doubleDriver(stage, { needs: ['no-such-tool-anywhere'] }) }),
  });

  it('are asked of all selected resources before the first change, and listed at once with their names', async () => {
    const { service, act, stage, journal } = bench();
    service(three);
    stage.part('fs#2').refuses['start'] = [{ text: 'tagged by node2', allow: 'foreign-tag' }];
    stage.part('app#1').refuses['start'] = [{ text: 'its port is taken' }, { text: 'data of yesterday', allow: 'stale-data' }];
    const result = await act('start');
    expect(result).to.include({ ok: false, exit: 5, changes: 0 });
    expect(result.error?.code).to.equal('REFUSED');
    expect(result.error?.message).to.equal(
      'svc1: fs#2: tagged by node2 (--allow foreign-tag); app#1: its port is taken (cannot be waived); app#1: data of yesterday (--allow stale-data)',
    );
    expect(result.error?.hint).to.equal('mend first what cannot be waived');
    expect(result.error?.facts).to.deep.equal({ allow: ['foreign-tag', 'stale-data'], resources: ['fs#2', 'app#1'] });
    expect(stage.events).to.deep.equal([]);
    expect((await journal()).map((record) => record.kind)).to.include.members(['begin', 'end']);
    expect((await bench().status()).monitor.interrupted).to.equal(null);
  });

  it('are asked only of what is selected, and only about the verb', async () => {
    const { service, act, stage } = bench();
    service(three);
    stage.part('fs#2').refuses['start'] = [{ text: 'no' }];
    stage.part('fs#1').refuses['stop'] = [{ text: 'in use' }];
    expect((await act('start', { rid: 'fs#1' })).ok).to.equal(true);
    expect((await act('stop')).error?.message).to.equal('svc1: fs#1: in use (cannot be waived)');
  });

  it('are waived one by one, by name, and the log says so', async () => {
    const { service, act, stage } = bench();
    service(three);
    stage.part('fs#1').refuses['start'] = [{ text: 'tagged by node2', allow: 'foreign-tag' }];
    stage.part('fs#2').refuses['start'] = [{ text: 'data of yesterday', allow: 'stale-data' }];
    const part = await act('start', { allow: ['foreign-tag'] });
    expect(part.error?.hint).to.equal('to go on all the same: --allow stale-data');
    expect(stage.events).to.deep.equal([]);
    expect((await act('start', { allow: ['foreign-tag', 'stale-data'] })).ok).to.equal(true);
    expect(textsOf(bench(), 'warn')).to.include.members([
      'fs#1: allowed (foreign-tag): tagged by node2',
      'fs#2: allowed (stale-data): data of yesterday',
    ]);
  });

  it('make --force say the names that apply, and never act', async () => {
    const { service, act, stage } = bench();
    service(three);
    stage.part('fs#1').refuses['start'] = [{ text: 'tagged by node2', allow: 'foreign-tag' }];
    const result = await act('start', { force: true });
    expect(result).to.include({ exit: 5, changes: 0 });
    expect(result.error?.hint).to.equal('there is no blanket force; to go on all the same: --allow foreign-tag');
    stage.part('fs#1').refuses['start'] = [];
    const free = await act('start', { force: true });
    expect(free.exit).to.equal(5);
    expect(free.error?.message).to.equal('svc1: nothing refuses this action: run it without --force');
    expect(stage.events).to.deep.equal([]);
  });

  it('are asked about the start before a restart stops anything', async () => {
    const { service, act, stage } = bench();
    service(three);
    await act('start');
    stage.events.length = 0;
    stage.part('fs#1').refuses['start'] = [{ text: 'the peer has it', allow: 'peer-up' }];
    const result = await act('restart');
    expect(result.exit).to.equal(5);
    expect(stage.events).to.deep.equal([]);
    expect(result.status?.avail).to.equal('up');
  });

  it('that the stop ends are no obstacle to a restart, unless they are still there after it', async () => {
    const { service, act, stage } = bench();
    service(three);
    await act('start');
    const { refuses } = stage.part('app#1');
    refuses['start'] = [{ text: 'it was told to end', endsWithStop: true }];
    expect((await act('start')).error?.message).to.equal('svc1: app#1: it was told to end (cannot be waived)');
    expect((await act('restart')).error?.message, 'still there').to.equal('svc1: app#1: it was told to end (cannot be waived)');
    expect((await bench().status()).avail).to.equal('down');
    stage.part('app#1').on = (call) => {
      if (call === 'stop') delete refuses['start'];
    };
    refuses['start'] = [];
    await act('start');
    refuses['start'] = [{ text: 'it was told to end', endsWithStop: true }];
    expect((await act('restart')).ok).to.equal(true);
    expect((await bench().status()).avail).to.equal('up');
  });

  it('that appear while a restart has stopped the service fail an action that ran', async () => {
    const { service, act, stage } = bench();
    service(three);
    await act('start');
    stage.part('fs#1').on = (call) => {
      if (call === 'stop') stage.part('fs#1').refuses['start'] = [{ text: 'the peer took it', allow: 'peer-up' }];
    };
    const result = await act('restart');
    expect(result.error?.code).to.equal('REFUSED');
    expect(result.exit, 'something was done').to.equal(1);
  });

  it('with a missing tool or no answer refuse with their own code, unless the resource is optional', async () => {
    const { service, act, stage } = bench();
    service('[fs#1]\ntype = double\n[app#1]\ntype = needy\n');
    expect(await act('start')).to.include({ exit: 4, changes: 0 });
    expect(await act('restart')).to.include({ exit: 4, changes: 0 });
    expect((await act('stop')).ok, 'a stop goes as far as it can').to.equal(true);
    stage.events.length = 0;
    service('[fs#1]\ntype = double\n[app#1]\ntype = needy\noptional = true\n');
    const optional = await act('start');
    expect(optional.ok).to.equal(true);
    expect(Object.fromEntries(optional.steps.map((step) => [step.rid, step.outcome]))).to.deep.equal({
      'fs#1': 'done',
      'app#1': 'ignored',
    });
    expect(stage.events).to.deep.equal(['start fs#1']);
    service('[fs#2]\ntype = double\n');
    stage.part('fs#2').fails.blockers = { error: new SvcError('UNREACHABLE', 'array does not answer') };
    expect(await act('start')).to.include({ exit: 8, changes: 0 });
  });

  it('that are no list of blockers are a BUG of their driver', async () => {
    const { service, act, stage } = bench();
    service('[fs#1]\ntype = double\n');
    stage.part('fs#1').refuses['start'] = 'never' as never;
    const result = await act('start');
    expect(result.exit).to.equal(70);
    expect(result.error?.message).to.equal('driver fs.double gave no valid list of blockers');
  });

  it('also count in a dry-run', async () => {
    const { service, act, stage } = bench();
    service(three);
    stage.part('fs#1').refuses['start'] = [{ text: 'no', allow: 'peer-up' }];
    expect((await act('start', { dryRun: true })).exit).to.equal(5);
    expect((await act('start', { dryRun: true, allow: ['peer-up'] })).ok).to.equal(true);
  });
});

describe('sim: engine: the node refuses', () => {
  const bench = useBench({ node: 'node9.example.com' });

  const outcome = async (text: string, verb: 'start' | 'stop' | 'provision' | 'restart', allow: readonly string[] = []) => {
    bench().service(`${text}\n[fs#1]\ntype = made\n`);
    const { error, exit } = await bench().act(verb, { allow });
    return error === undefined ? 'ok' : `${exit} ${error.message}`;
  };

  it('a start on a node that is none of the service, not a stop', async () => {
    const foreign = '[DEFAULT]\nnodes = node1 node2\ndrpnodes = node3';
    const refusal =
      '5 svc1: node9.example.com is not a node of this service (nodes = node1 node2, drpnodes = node3) (--allow foreign-node)';
    expect(await outcome(foreign, 'start')).to.equal(refusal);
    expect(await outcome(foreign, 'provision')).to.equal(refusal);
    expect(await outcome(foreign, 'stop')).to.equal('ok');
    expect(await outcome(foreign, 'restart')).to.equal(refusal);
    expect(await outcome(foreign, 'start', ['foreign-node'])).to.equal('ok');
    for (const member of [
      'nodes = node1 node9',
      'nodes = node1\ndrpnodes = node9.example.com',
      'nodes = node1\nencapnodes = node9',
      'app = default',
    ]) {
      expect(await outcome(`[DEFAULT]\n${member}`, 'start'), member).to.equal('ok');
    }
  });
});

describe('sim: engine: a PRD node refuses', () => {
  const bench = useBench({ nodeText: '[node]\nenv = PRD\n' });

  it('a start of what is not PRD, not a stop', async () => {
    const { service, act } = bench();
    service('[DEFAULT]\nenv = DEV\n[fs#1]\ntype = double\n');
    const refused = await act('start');
    expect(refused.exit).to.equal(5);
    expect(refused.error?.message).to.equal('svc1: env = DEV, and node1 is a PRD node (--allow env)');
    expect((await act('stop')).ok).to.equal(true);
    expect((await act('start', { allow: ['env'] })).ok).to.equal(true);
    service('[DEFAULT]\nenv = PRD\n[fs#1]\ntype = double\n');
    expect((await act('restart')).ok).to.equal(true);
    service('[fs#1]\ntype = double\n');
    expect((await act('restart')).ok, 'the environment of the node').to.equal(true);
  });
});
