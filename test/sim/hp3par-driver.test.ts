/** sync.hp3par on two simulated arrays, through the engine: the session of the HP 3PAR document, and what may go wrong in it. */
import { expect } from 'chai';
import type { ActionResult } from '../../agent/engine/action.ts';
import { type Pair, usePair } from '../support/array-pair.ts';
import { array1, array2, documentService } from '../support/hp3par-document.ts';

describe('sim: hp3par: the session of the document', () => {
  const pair = usePair();

  it('is up on both sides, goes over, is resumed, and comes back', async () => {
    const { node1, node2, changes, role } = pair();
    for (const site of [node1, node2]) {
      const status = await site.status();
      expect(status.resources['sync#1'], JSON.stringify(status.resources['sync#1']?.notes)).to.deep.include({
        status: 'up',
        label: `hp3par async ${site.rcg}`,
      });
    }
    expect((await node1.start()).error).to.equal(undefined);
    expect(changes()).to.deep.equal([]);
    expect(node1.said()).to.deep.equal(['we are joined with hp3par2.opensvc.com array', 'rcopy group MYRCG role is already Primary. skip']);
    expect((await node1.stop()).ok).to.equal(true);
    node1.said();
    expect((await node1.sync('update')).error).to.equal(undefined);
    expect(node1.said()).to.deep.equal(['syncrcopy -w MYRCG', 'Completed synchronization for group MYRCG', 'hp3par2.opensvc.com: done']);
    const start = await node2.start();
    expect(start.error).to.equal(undefined);
    expect(node2.said().filter((text) => !text.startsWith('what was written'))).to.deep.equal([
      'we are joined with hp3par1.opensvc.com array',
      'stoprcopygroup -f MYRCG (on hp3par1.opensvc.com)',
      'setrcopygroup reverse -f -waittask MYRCG.r12345',
      'setrcopygroup for reverse MYRCG.r12345',
      'reverse started with tasks: 2576',
      'Waiting for tasks to complete',
      'Task 2576 done',
    ]);
    expect([role(node1), role(node2)]).to.deep.equal(['Secondary', 'Primary']);
    expect((await node2.status()).resources['sync#1']).to.deep.include({ status: 'warn' });
    expect((await node2.sync('resume')).error).to.equal(undefined);
    expect(node2.said()).to.deep.equal(['startrcopygroup MYRCG.r12345', 'hp3par1.opensvc.com: done']);
    expect(changes()).to.deep.equal([
      'hp3par1: syncrcopy -w MYRCG',
      'hp3par1: stoprcopygroup -f MYRCG',
      'hp3par2: setrcopygroup reverse -f -waittask MYRCG.r12345',
      'hp3par2: startrcopygroup MYRCG.r12345',
    ]);
    expect(pair().arrays.sim.controls.violations()).to.deep.equal([]);
  });
});

/** The error of an action, with what it was refused by. */
function refused(result: ActionResult): string {
  const { error } = result;
  return `${error?.code} ${String(error?.facts['allow'] ?? '')}`.trim();
}

describe('sim: hp3par: a start that is refused', () => {
  const pair = usePair();
  const untouched = () => expect(pair().changes()).to.deep.equal([]);

  it('when the group was stopped before: what was written since is only on the other side', async () => {
    const { node1, node2, arrays } = pair();
    await arrays.sim.controls.run(array1, 'stoprcopygroup -f MYRCG');
    const result = await node2.start();
    expect(refused(result)).to.equal('REFUSED stale-data');
    expect(result.error?.message).to.match(/what was written on hp3par1.opensvc.com since \d+ s ago would be lost/);
    untouched();
    expect((await node2.start({ allow: ['stale-data'] })).error).to.equal(undefined);
    expect(pair().role(node1)).to.equal('Secondary');
  });

  it('when the last sync is too old', async () => {
    const { node2, arrays } = pair();
    await arrays.sim.controls.run(array1, 'setrcopygroup period 1h hp3par2.opensvc.com MYRCG');
    arrays.sim.controls.elapse(1_200_000);
    const result = await node2.start();
    expect(refused(result)).to.equal('REFUSED stale-data');
    expect(result.error?.message).to.match(/the last sync from hp3par1.opensvc.com is too old/);
    untouched();
  });

  it('when the links are down and the other array lives, or its node does', async () => {
    const { node1, node2, arrays } = pair();
    arrays.sim.controls.links(array1, array2, false);
    arrays.sim.controls.elapse(20_000);
    expect(refused(await node2.start())).to.equal('REFUSED split');
    await arrays.sim.controls.kill(array1);
    expect(refused(await node2.start()), 'the node answers').to.equal('REFUSED split');
    node1.dead = true;
    await arrays.sim.controls.revive(array1);
    await arrays.sim.controls.door(array1, { management: 'refuse' });
    expect(refused(await node2.start()), 'nobody listens there, says its machine').to.match(/split/);
    await arrays.sim.controls.door(array1, { management: 'open' });
    arrays.sim.controls.links(array1, array2, false);
    const result = await node2.start();
    expect(refused(result), 'the array answers')
      .to.match(/^REFUSED /)
      .and.match(/split/);
    untouched();
  });

  it('when an array hangs, or answers nonsense', async () => {
    const { node2, arrays } = pair();
    for (const [kind, code] of [
      ['garbage', 'COMMAND'],
      ['half', 'TIMEOUT'],
    ] as const) {
      arrays.sim.controls.fault({ kind, array: array2, command: 'showrcopy' });
      expect((await node2.start()).error?.code, kind).to.equal(code);
      arrays.sim.controls.clearFaults();
    }
    untouched();
  });

  it('when the manager over there does not answer although the links are up', async () => {
    const { node2, arrays } = pair();
    await arrays.sim.controls.door(array1, { management: 'refuse' });
    const result = await node2.start();
    expect(result.error?.message).to.match(
      /the links to hp3par1.opensvc.com are up, so rcopy group MYRCG.r12345 must be stopped there first/,
    );
    untouched();
  });

  it('when the service is up over there', async () => {
    const { node1, node2 } = pair();
    expect((await node1.start()).ok).to.equal(true);
    expect(refused(await node2.start())).to.equal('REFUSED peer-up');
    untouched();
  });
});

describe('sim: hp3par: a group with several targets', () => {
  const pair = usePair();
  const policies = '"Last-Sync NA, Period 5m, auto_recover,over_per_alert"';
  const volumes = ' ,VV_SVC1_ROOT,1,VV_SVC1_ROOT,1,Synced,NA\n';
  const row = (target: string, status = 'Started') => `MYRCG,${target},${status},Primary,Periodic,${policies}\n`;
  /** Nobody has seen how an array prints it: with the volumes behind each row, or behind the last one. */
  const layouts = {
    'a block for each': (rows: readonly string[]) => rows.map((one) => `${one}${volumes}\n`).join(''),
    'rows together': (rows: readonly string[]) => `${rows.join('')}${volumes}`,
  };
  const shows = (groups: string) =>
    pair().arrays.sim.controls.fault({
      ...{ kind: 'garbage', array: array1, command: 'showrcopy' },
      text: `\nRemote Copy System Information\nStatus: Started, Normal\n\nLink Information\n\nTarget,Node,Address,Status,Options\n${array2},0:2:4,10.10.1.1,Up,-\n\nGroup Information\n\nName,Target,Status,Role,Mode,Options\n${groups}`,
    });
  const words =
    /rcopy group MYRCG on hp3par1\.opensvc\.com has several targets \(hp3par2\.opensvc\.com, hp3par3\.opensvc\.com\): only pairs are driven/;

  for (const [layout, text] of Object.entries(layouts)) {
    it(`is only looked at: ${layout}`, async () => {
      const { node1, node2, changes } = pair();
      shows(text([row(array2), row('hp3par3.opensvc.com', 'Stopped')]));
      const { status, notes = [] } = (await node1.status()).resources['sync#1'] ?? { status: undefined };
      expect(status).to.equal('warn');
      expect(notes.map((note) => note.text)).to.include('rcopy group status is not Started (Stopped) (to hp3par3.opensvc.com)');
      for (const site of [node1, node2]) {
        const started = await site.start({ allow: ['stale-data', 'split', 'peer-unreachable', 'peer-up'] });
        expect(started.error?.code, site.name).to.equal('REFUSED');
        expect(started.error?.message, site.name).to.match(words);
      }
      for (const verb of ['update', 'break', 'resume', 'swap', 'resync', 'revert'])
        expect((await node1.sync(verb)).error?.message, verb).to.match(words);
      expect(changes()).to.deep.equal([]);
    });
  }

  it('does not keep the service from its source, where nothing is to be changed', async () => {
    const { node1, changes } = pair();
    shows(layouts['a block for each']([row(array2), row('hp3par3.opensvc.com')]));
    expect((await node1.status()).resources['sync#1']?.status).to.equal('up');
    expect((await node1.start()).error).to.equal(undefined);
    expect(changes()).to.deep.equal([]);
  });
});

describe('sim: hp3par: a disaster', () => {
  const pair = usePair();
  /** Array 1 and node 1 are gone. */
  const disaster = async () => {
    pair().node1.dead = true;
    await pair().arrays.sim.controls.kill(array1);
    pair().arrays.sim.controls.elapse(20_000);
  };
  const back = async () => {
    pair().node1.dead = false;
    await pair().arrays.sim.controls.revive(array1);
  };

  it('is taken over by a bare start, which says its evidence first; twice is once', async () => {
    const { node2, changes, role } = pair();
    await disaster();
    const result = await node2.start();
    expect(result.error).to.equal(undefined);
    const said = node2.said();
    expect(said[0]).to.equal('we are split from hp3par1.opensvc.com array');
    expect(said[1]).to.match(
      /^taking over, since nothing on the other side gives a sign of life: array hp3par1.opensvc.com: .*; node1: .*no route/,
    );
    expect(changes()).to.deep.equal(['hp3par2: setrcopygroup failover -f -waittask MYRCG.r12345']);
    expect(role(node2)).to.equal('Primary-Rev');
    expect((await node2.start()).error).to.equal(undefined);
    expect(changes()).to.have.lengthOf(1);
    expect(node2.said()).to.include('rcopy group MYRCG.r12345 role is already Primary-Rev. skip');
  });

  it('is not taken over with auto_takeover = no', async () => {
    const { node2, changes } = pair();
    node2.home.service('svc1', documentService('auto_takeover = no\n'));
    await disaster();
    expect(refused(await node2.start()))
      .to.match(/^REFUSED /)
      .and.match(/peer-unreachable/);
    expect(changes()).to.deep.equal([]);
    expect((await node2.start({ allow: ['peer-unreachable'] })).error).to.equal(undefined);
    expect(changes()).to.have.lengthOf(1);
  });

  it('never loses the newer side on the documented way back', async () => {
    const { node1, node2, changes, role, arrays } = pair();
    await disaster();
    expect((await node2.start()).error).to.equal(undefined);
    await back();
    // The older side: no start, no resume, nor anything that would overwrite the newer one.
    expect(role(node1)).to.equal('Primary');
    expect((await node2.stop()).ok).to.equal(true);
    const result = await node1.start({ allow: ['stale-data', 'split', 'peer-unreachable'] });
    expect(result.error?.message).to.match(/was failed over: .* what was written there since is not here \(cannot be waived\)/);
    for (const verb of ['resume', 'resync', 'swap', 'update', 'revert']) {
      expect((await node1.sync(verb)).error?.code, verb).to.equal('REFUSED');
    }
    expect((await node2.sync('resume')).error?.code).to.equal('REFUSED');
    const before = changes().length;
    expect(before).to.equal(1);
    expect((await node2.start()).error).to.equal(undefined);
    expect((await node2.sync('resync')).error).to.equal(undefined);
    expect([role(node1), role(node2)]).to.deep.equal(['Secondary-Rev', 'Primary-Rev']);
    expect((await node2.stop()).ok).to.equal(true);
    expect((await node2.sync('update')).error).to.equal(undefined);
    expect((await node1.start()).error).to.equal(undefined);
    expect([role(node1), role(node2)]).to.deep.equal(['Primary', 'Secondary']);
    expect((await node1.sync('resume')).error).to.equal(undefined);
    expect(changes().slice(before)).to.deep.equal([
      'hp3par2: setrcopygroup recover -f -waittask MYRCG.r12345',
      'hp3par2: syncrcopy -w MYRCG.r12345',
      'hp3par2: stoprcopygroup -f MYRCG.r12345',
      'hp3par1: setrcopygroup reverse -f -current -waittask MYRCG',
      'hp3par1: startrcopygroup MYRCG',
    ]);
    expect(arrays.sim.controls.violations()).to.deep.equal([]);
  });

  it('the way back goes on where its connection broke: before and behind each command of it', async () => {
    const { node2, arrays, role, node1 } = pair();
    await disaster();
    expect((await node2.start()).error).to.equal(undefined);
    await back();
    for (const takesEffect of [false, true]) {
      arrays.sim.controls.fault({ kind: 'close', command: 'setrcopygroup recover', takesEffect, times: 1 });
      expect((await node2.sync('resync')).ok, `recover broken ${takesEffect ? 'behind' : 'before'}`).to.equal(false);
    }
    for (const takesEffect of [false, true]) {
      arrays.sim.controls.fault({ kind: 'close', command: 'syncrcopy', takesEffect, times: 1 });
      expect((await node2.sync('resync')).ok, `syncrcopy broken ${takesEffect ? 'behind' : 'before'}`).to.equal(false);
    }
    expect((await node2.sync('resync')).error).to.equal(undefined);
    expect([role(node1), role(node2)]).to.deep.equal(['Secondary-Rev', 'Primary-Rev']);
    expect(
      pair()
        .changes()
        .filter((change) => change.includes('recover')),
    ).to.have.lengthOf(2);
    expect((await node2.stop()).ok).to.equal(true);
    expect((await node2.sync('revert', { allow: ['discard-writes'] })).error?.message).to.match(/neither side would be writable/);
    expect(arrays.sim.controls.violations()).to.deep.equal([]);
  });

  it('does not overwrite what the old side wrote after the failover', async () => {
    const { node1, node2, arrays } = pair();
    await disaster();
    expect((await node2.start()).error).to.equal(undefined);
    expect((await node2.stop()).ok).to.equal(true);
    // Somebody mends the array and starts over there with every allowance, while the links are still down.
    arrays.sim.controls.quirks({ returnedPrimary: 'primary' });
    await back();
    arrays.sim.controls.links(array1, array2, false);
    arrays.sim.controls.elapse(20_000);
    await arrays.sim.controls.door(array2, { management: 'refuse' });
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect((await node1.start({ allow: ['stale-data', 'peer-unreachable'] })).error).to.equal(undefined);
    expect((await node1.stop()).ok).to.equal(true);
    await arrays.sim.controls.door(array2, { management: 'open' });
    arrays.sim.controls.links(array1, array2, true);
    expect(refused(await node2.start()), 'its own data is not the newest any more').to.equal('REFUSED stale-data');
    const result = await node2.sync('resync');
    expect(result.error?.message).to.match(
      /may have been started on hp3par1.opensvc.com after .* what it wrote there would be lost \(--allow stale-data\)/,
    );
  });
});

describe('sim: hp3par: sync verbs', () => {
  const pair = usePair();

  it('swap turns it round and starts it again, only while nothing runs over there', async () => {
    const { node1, node2, changes, role, arrays } = pair();
    expect((await node1.start()).ok).to.equal(true);
    expect((await node2.sync('swap')).error?.message).to.match(/the service is up on node1/);
    expect((await node1.sync('swap')).error?.message).to.match(/role is Primary. refuse to swap/);
    expect((await node1.stop()).ok).to.equal(true);
    expect((await node2.sync('swap')).error).to.equal(undefined);
    expect([role(node1), role(node2)]).to.deep.equal(['Secondary', 'Primary']);
    expect(changes()).to.deep.equal([
      'hp3par1: stoprcopygroup -f MYRCG',
      'hp3par2: setrcopygroup reverse -f -waittask MYRCG.r12345',
      'hp3par2: startrcopygroup MYRCG.r12345',
    ]);
    arrays.sim.controls.elapse(10_000);
    expect((await node2.status()).resources['sync#1']?.status).to.equal('up');
  });

  it('break stops where the data comes from, whichever side it is told on; twice is once', async () => {
    const { node2, changes } = pair();
    expect((await node2.sync('break')).error).to.equal(undefined);
    expect((await node2.sync('break')).error).to.equal(undefined);
    expect(changes()).to.deep.equal(['hp3par1: stoprcopygroup -f MYRCG']);
    expect((await pair().node1.sync('update')).error?.message).to.match(/is not started \(Stopped\). refuse to sync/);
  });

  it('a dry-run predicts the commands of the real run and changes nothing', async () => {
    const { node2, changes } = pair();
    const planned = await node2.start({ dryRun: true });
    expect(planned.error).to.equal(undefined);
    expect(changes()).to.deep.equal([]);
    const done = await node2.start();
    expect(done.error).to.equal(undefined);
    expect(planned.planned.map(({ text }) => text).slice(0, 2)).to.deep.equal([
      'stoprcopygroup -f MYRCG (on hp3par1.opensvc.com)',
      'setrcopygroup reverse -f -waittask MYRCG.r12345',
    ]);
  });

  it('what fails on the array fails the verb, and says what the array said', async () => {
    const { node1, node2, arrays } = pair();
    arrays.sim.controls.fault({ kind: 'error', array: array1, command: 'syncrcopy', text: 'Error: no licence', times: 1 });
    expect((await node1.sync('update')).error?.message).to.match(/no licence/);
    arrays.sim.controls.taskFault('fail');
    const failed = await node2.start();
    expect(failed.ok).to.equal(false);
    expect(failed.error?.message).to.match(/setrcopygroup reverse/);
    expect((await node2.start()).error, 'the same again completes it').to.equal(undefined);
    expect(pair().role(node2)).to.equal('Primary');
    expect(arrays.sim.controls.violations()).to.deep.equal([]);
  });

  it('an array without a free connection is asked again', async () => {
    const { node1, arrays } = pair();
    arrays.sim.controls.fault({ kind: 'too-many', array: array1, times: 1 });
    expect((await node1.status()).resources['sync#1']?.status).to.equal('up');
  });
});

describe('sim: hp3par: force_sync and resume_on_start', () => {
  const pair = usePair({ keywords: 'force_sync = yes\nresume_on_start = yes\n' });

  it('sends the last changes before it turns round, and starts the replication behind it', async () => {
    const { node2, changes, arrays } = pair();
    expect((await node2.start()).error).to.equal(undefined);
    expect(changes()).to.deep.equal([
      'hp3par1: syncrcopy -w MYRCG',
      'hp3par1: stoprcopygroup -f MYRCG',
      'hp3par2: setrcopygroup reverse -f -waittask MYRCG.r12345',
      'hp3par2: startrcopygroup MYRCG.r12345',
    ]);
    arrays.sim.controls.elapse(10_000);
    expect((await node2.status()).resources['sync#1']?.status).to.equal('up');
  });
});

for (const dialect of ['session', 'pty']) {
  describe(`sim: hp3par: dialect ${dialect} instead of arguments`, () => {
    const pair = usePair({ section: `dialect = ${dialect}\n` });
    it('does the same', async () => {
      const { node2, changes } = pair();
      expect((await node2.status()).resources['sync#1']?.status).to.equal('up');
      expect((await node2.start()).error).to.equal(undefined);
      expect((await node2.sync('resume')).error).to.equal(undefined);
      expect(changes()).to.deep.equal([
        'hp3par1: stoprcopygroup -f MYRCG',
        'hp3par2: setrcopygroup reverse -f -waittask MYRCG.r12345',
        'hp3par2: startrcopygroup MYRCG.r12345',
      ]);
    });

    it('sees an error although the session ends well', async () => {
      const { node1, arrays } = pair();
      arrays.sim.controls.fault({ kind: 'error', array: array1, command: 'syncrcopy', text: 'Error: no licence', times: 1 });
      expect((await node1.sync('update')).error?.message).to.match(/no licence/);
    });

    it('takes no part of an answer for the whole, and garbage for nothing', async () => {
      const { node1, arrays } = pair();
      for (const kind of ['half', 'garbage', 'close'] as const) {
        arrays.sim.controls.fault({ kind, array: array1, command: 'showrcopy' });
        expect((await node1.status()).resources['sync#1']?.status, kind).to.equal('undef');
        arrays.sim.controls.clearFaults();
      }
      expect((await node1.status()).resources['sync#1']?.status).to.equal('up');
    });
  });
}

describe('sim: hp3par: an array that promotes for a while', () => {
  const timing = { taskMs: 50, syncMs: 50, promotingMs: 3000 };
  const pair = usePair({ keywords: 'resume_on_start = yes\n', config: (config) => ({ ...config, clock: 'real', timing }) });

  it('is asked to start again until it does', async () => {
    const { node2, changes } = pair();
    expect((await node2.start()).error).to.equal(undefined);
    const asked = changes().filter((change) => change.endsWith('startrcopygroup MYRCG.r12345'));
    expect(asked.length).to.be.within(2, 5);
    expect((await node2.status()).resources['sync#1']?.facts).to.include({ status: 'Started' });
  });
});

/** Verbs that change something, the side they run on, and what must hold at their end. */
const verbs: readonly (readonly [name: string, run: (pair: Pair) => Promise<ActionResult>, roles: string, commands: number])[] = [
  ['start', ({ node2 }) => node2.start(), 'Secondary Primary', 2],
  ['sync swap', ({ node2 }) => node2.sync('swap'), 'Secondary Primary', 3],
  ['sync update', ({ node1 }) => node1.sync('update'), 'Primary Secondary', 1],
  ['sync break', ({ node2 }) => node2.sync('break'), 'Primary Secondary', 1],
];

describe('sim: hp3par: a connection that breaks at a command', function () {
  this.timeout(60_000);
  const pair = usePair();
  const isChange = (line: string) => !/^(show|setclienv|exit)/.test(line);

  for (const [name, run, roles, commands] of verbs) {
    for (const takesEffect of [false, true]) {
      it(`${name}: ${takesEffect ? 'behind' : 'before'} each of its commands: a failure, and the same again completes it`, async () => {
        let broken = 0;
        for (const command of ['stoprcopygroup', 'setrcopygroup', 'startrcopygroup', 'syncrcopy']) {
          const { arrays, role, node1, node2 } = pair();
          arrays.sim.controls.fault({ kind: 'close', command, takesEffect, times: 1 });
          const before = arrays.sim.controls.log().length;
          const first = await run(pair());
          const met = arrays.sim.controls
            .log()
            .slice(before)
            .some(({ line }) => isChange(line) && line.startsWith(command));
          arrays.sim.controls.clearFaults();
          if (!met) continue;
          broken += 1;
          expect(first.ok, `${name} although ${command} broke`).to.equal(false);
          const again = await run(pair());
          expect(again.error?.message, `${name} again after ${command} broke`).to.equal(undefined);
          expect(`${role(node1)} ${role(node2)}`, command).to.equal(roles);
          expect(arrays.sim.controls.violations()).to.deep.equal([]);
          await reset(pair());
        }
        expect(broken, 'commands that broke').to.equal(commands);
      });
    }
  }
});

/** Both as at the beginning: site 1 is the source, and replicates. */
async function reset({ arrays, node1, role }: Pair): Promise<void> {
  const run = (array: string, line: string) => arrays.sim.controls.run(array, line);
  await run(array1, 'stoprcopygroup -f MYRCG');
  await run(array2, 'stoprcopygroup -f MYRCG.r12345');
  if (role(node1) !== 'Primary') await run(array1, 'setrcopygroup reverse -f -waittask MYRCG');
  await run(array1, 'startrcopygroup MYRCG');
  arrays.sim.controls.elapse(10_000);
}
