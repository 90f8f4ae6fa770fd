import { expect } from 'chai';
import { SvcError } from '../../../agent/errors.ts';
import forking from '../../../drivers/app/forking.ts';
import simple from '../../../drivers/app/simple.ts';
import { parseEnvironment } from '../../../drivers/lib/environment.ts';
import { limitsOf } from '../../../drivers/lib/process-limits.ts';
import { parseRetcodes, reportOf } from '../../../drivers/lib/retcodes.ts';
import { infoFacts, scriptCommand } from '../../../drivers/lib/script-command.ts';
import taskHost from '../../../drivers/task/host.ts';
import { createFake, type Fake, missingTool } from './fake.ts';

async function errorOf(work: Promise<unknown> | undefined): Promise<SvcError> {
  return Promise.resolve(work).then(
    () => expect.fail('it must fail'),
    (error: SvcError) => error,
  );
}

const codeOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return (error as SvcError).code;
  }
  return undefined;
};

describe('what applications are told', () => {
  it('retcodes', () => {
    const map = parseRetcodes(['0:up', '1:down', '2:warn', '3:n/a', '4:undef']);
    expect([0, 1, 2, 3, 4, 5].map((code) => reportOf(code, map).state)).to.deep.equal(['up', 'down', 'warn', 'n/a', 'undef', 'warn']);
    expect(reportOf(5, map).notes?.[0]?.text).to.equal('check reports errors (5)');
    for (const word of ['up', '0', '0:yes', 'x:up', '256:up', '-1:up', '0:'])
      expect(
        codeOf(() => parseRetcodes([word])),
        word,
      ).to.equal('CONFIG');
    expect(codeOf(() => parseRetcodes(['0:up', '0:down']))).to.equal('CONFIG');
  });

  it('environment', () => {
    expect(parseEnvironment(['A=1', 'B=two words', 'C=', 'D=a=b', 'E=one\ntwo'])).to.deep.equal({
      A: '1',
      B: 'two words',
      C: '',
      D: 'a=b',
      E: 'one\ntwo',
    });
    expect(parseEnvironment()).to.deep.equal({});
    for (const word of ['A', '=1', '1A=2', 'A-B=1'])
      expect(
        codeOf(() => parseEnvironment([word])),
        word,
      ).to.equal('CONFIG');
  });

  it('limits', () => {
    const none = Object.fromEntries(Object.keys(simple.keywords).map((key) => [key, undefined]));
    expect(limitsOf({ ...none, limit_nofile: 4096, limit_cpu: 90_500, limit_core: 0 } as never)).to.deep.equal({
      nofile: '4096',
      cpu: '91',
      core: '0',
    });
    expect(limitsOf({ ...none, limit_cpu: 1 } as never)).to.deep.equal({ cpu: '1' });
  });

  it('commands of a script', () => {
    expect(scriptCommand('start', ['true'], '/s')).to.deep.equal(['/s', 'start']);
    expect(scriptCommand('start', ['Yes'], '/s')).to.deep.equal(['/s', 'start']);
    expect(scriptCommand('start', ['false'], '/s')).to.equal(undefined);
    expect(scriptCommand('start', undefined, '/s')).to.equal(undefined);
    expect(scriptCommand('start', ['/x', 'true'], undefined)).to.deep.equal(['/x', 'true']);
    expect(codeOf(() => scriptCommand('start', ['true'], undefined))).to.equal('CONFIG');
    expect(codeOf(() => scriptCommand('start', ['10'], '/s'))).to.equal('CONFIG');
  });

  it('info lines', () => {
    expect(infoFacts('version: 1.2\n port : 80 \n\n')).to.deep.equal({ facts: { version: '1.2', port: '80' }, notes: [] });
    expect(infoFacts('hello\n').notes).to.have.length(1);
  });
});

describe('driver app.simple', () => {
  const fake = (config: Readonly<Record<string, string>> = {}): Fake => {
    const made = createFake(simple, {
      config: { start: '/usr/bin/server -p 80', ...config },
      machine: { files: { '/proc/sys/kernel/random/boot_id': '11111111-2222-4333-8444-555555555555\n' } },
    });
    made.machine.changes = {
      launch: () => void made.machine.processes.push({ pid: 4711, startTicks: 99, command: '/usr/bin/server -p 80' }),
      'signal TERM': () => void made.machine.processes.splice(0),
    };
    return made;
  };

  it('remembers the process it launched until the next boot', async () => {
    const made = fake();
    await simple.start?.(made.at as never);
    expect(made.machine.memory.get('launched')).to.equal('4711 99 11111111-2222-4333-8444-555555555555');
    expect(await made.status()).to.deep.equal({ state: 'up', facts: { processes: 1, pid: 4711 } });
    made.machine.processes = [];
    expect((await made.status()).notes?.[0]?.text).to.equal('the program ended by itself');
    made.machine.files['/proc/sys/kernel/random/boot_id'] = '99999999-2222-4333-8444-555555555555\n';
    expect(await made.status()).to.deep.equal({ state: 'down', notes: [] });
  });

  it('tells the launched process from another one with its number', async () => {
    const made = fake();
    await simple.start?.(made.at as never);
    made.machine.processes = [{ pid: 4711, startTicks: 100, command: 'other' }];
    expect((await made.status()).state).to.equal('warn');
  });

  it('fails when the program ends within its first moments', async () => {
    const made = fake();
    made.machine.changes['launch'] = () => undefined;
    const error = await errorOf(simple.start?.(made.at as never));
    expect(error.message).to.equal('server ended at once');
    expect(made.machine.memory.size).to.equal(0);
  });

  it('says which processes survive even KILL', async () => {
    const made = fake();
    await simple.start?.(made.at as never);
    made.machine.changes = {};
    const error = await errorOf(simple.stop?.(made.at as never));
    expect(error.message).to.equal('processes survive KILL: 4711 /usr/bin/server');
    expect(made.done.slice(1)).to.deep.equal(['signal TERM', 'signal KILL']);
  });

  it('refuses bad retcodes and variables before anything is changed', async () => {
    for (const config of [{ retcodes: '0:yes' }, { environment: 'A' }] as const) {
      expect(await errorOf(simple.blockers?.(fake(config).at as never, 'start'))).to.include({ code: 'CONFIG' });
      expect(await simple.blockers?.(fake(config).at as never, 'stop')).to.deep.equal([]);
    }
  });

  it('runs only its check as a command that looks', () => {
    expect(simple.reads({ check: ['/bin/ok', '-v'] } as never)).to.deep.equal([['/bin/ok', '-v']]);
    expect(simple.reads({} as never)).to.deep.equal([]);
    expect(forking.reads({ script: '/s', check: ['true'], info: ['false'] } as never)).to.deep.equal([['/s', 'check']]);
  });
});

describe('driver app.forking', () => {
  const fake = (config: Readonly<Record<string, string>>, exitCode: () => number = () => 0): Fake =>
    createFake(forking, {
      config,
      machine: {
        stats: { '/s': {} },
        reads: { '/s check': () => ({ exitCode: exitCode() }) },
        files: { '/proc/self/mountinfo': '1 0 1:0 / / rw - ext4 /dev/a rw\n' },
      },
    });

  it('asks its check, and stops anything but a sure down', async () => {
    const config = { script: '/s', start: 'true', stop: 'true', check: 'true', retcodes: '0:up 1:down 2:warn' };
    for (const [exitCode, started, stopped] of [
      [0, [], ['/s stop']],
      [1, ['/s start'], []],
      [2, ['/s start'], ['/s stop']],
      [9, ['/s start'], ['/s stop']],
    ] as const) {
      const starting = fake(config, () => exitCode);
      await forking.start?.(starting.at as never);
      expect(starting.done, `start on ${exitCode}`).to.deep.equal(started);
      const stopping = fake(config, () => exitCode);
      await forking.stop?.(stopping.at as never);
      expect(stopping.done, `stop on ${exitCode}`).to.deep.equal(stopped);
    }
  });

  describe('a stop that was cut', () => {
    const config = { script: '/s', start: 'true', stop: 'true', check: 'true' };
    const cut = async (error: SvcError, exitCode: () => number = () => 0) => {
      const made = fake(config, exitCode);
      made.machine.changes = { '/s stop': () => error };
      await errorOf(forking.stop?.(made.at as never));
      return made;
    };

    it('leaves what still answers no more than warn, and no start takes it for up', async () => {
      const killed = new SvcError('COMMAND', 'killed', { facts: { exitCode: 137 } });
      for (const error of [new SvcError('CANCELLED', 'cut'), new SvcError('TIMEOUT', 'cut'), killed]) {
        let exitCode = 0;
        const made = await cut(error, () => exitCode);
        const report = await made.status();
        expect([report.state, report.notes?.[0]?.mend]).to.deep.equal(['warn', 'svcmgr -s svc1 stop --rid it#1']);
        expect(await forking.blockers?.(made.at as never, 'start')).to.deep.equal([
          { text: 'it was told to stop and has not ended yet: stop the resource first', endsWithStop: true },
        ]);
        expect(await errorOf(forking.start?.(made.at as never))).to.include({ code: 'REFUSED' });
        // It has ended since: nothing stands in the way of a start.
        exitCode = 1;
        expect((await made.status()).state).to.equal('down');
        expect(await forking.blockers?.(made.at as never, 'start')).to.deep.equal([]);
        await forking.start?.(made.at as never);
        exitCode = 0;
        expect((await made.status()).state).to.equal('up');
      }
    });

    it('is finished by a stop', async () => {
      let exitCode = 0;
      const made = await cut(new SvcError('CANCELLED', 'cut'), () => exitCode);
      made.machine.changes = {};
      await forking.stop?.(made.at as never);
      exitCode = 0;
      expect((await made.status()).state).to.equal('up');
      expect(made.done.filter((line) => line === '/s stop')).to.have.length(2);
    });

    it('but one whose command ran and said no changes nothing of what is known', async () => {
      const made = await cut(new SvcError('COMMAND', 'clients are connected', { facts: { exitCode: 1 } }));
      expect((await made.status()).state).to.equal('up');
      expect(await forking.blockers?.(made.at as never, 'start')).to.deep.equal([]);
      await forking.start?.(made.at as never);
    });
  });

  it('says when nothing is set to be done', async () => {
    const report = await fake({ script: '/s' }).status();
    expect(report.state).to.equal('n/a');
    expect(report.notes?.map(({ text }) => text)).to.include('neither start nor stop is set: actions do nothing here');
  });

  it('a script that is missing, and not hidden, is not down', async () => {
    const made = fake({ script: '/s', check: 'true' });
    made.machine.reads = { '/s check': missingTool('/s') };
    made.machine.stats = {};
    expect(await errorOf(made.status())).to.include({ code: 'UNSUPPORTED' });
  });
});

describe('driver task.host', () => {
  it('runs on_error after a failure, whose own failure is only logged, and keeps the exit code', async () => {
    const made = createFake(taskHost, { config: { command: '/bin/job', on_error: '/bin/tell', check: 'last_run' } });
    made.machine.changes = { '/bin/job': () => ({ exitCode: 3, stderr: 'no space\n' }), '/bin/tell': () => ({ exitCode: 1 }) };
    const error = await errorOf(taskHost.run?.(made.at as never));
    expect(error.message).to.equal('job: exit 3: no space');
    expect(made.done).to.deep.equal(['/bin/job', '/bin/tell']);
    expect(made.log.join()).to.contain('on_error failed too');
    expect(made.machine.memory.get('last_run')).to.equal('3');
    expect(await made.status()).to.deep.include({ state: 'warn' });
  });

  it('starts nothing more after a cancellation', async () => {
    const made = createFake(taskHost, { config: { command: '/bin/job', on_error: '/bin/tell' } });
    made.machine.changes = { '/bin/job': () => new SvcError('CANCELLED', 'aborted') };
    expect(await errorOf(taskHost.run?.(made.at as never))).to.include({ code: 'CANCELLED' });
    expect(made.done).to.deep.equal(['/bin/job']);
  });
});
