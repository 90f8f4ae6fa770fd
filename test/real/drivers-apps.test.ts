import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Driver } from '../../agent/driver/contract.ts';
import type { SvcError } from '../../agent/errors.ts';
import forking from '../../drivers/app/forking.ts';
import simple from '../../drivers/app/simple.ts';
import taskHost from '../../drivers/task/host.ts';
import { useHome } from '../support/home.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { type Bench, createBench, noteTexts } from './drivers-bench.ts';

async function errorOf(work: Promise<unknown>): Promise<SvcError> {
  return work.then(
    () => expect.fail('it must fail'),
    (error: SvcError) => error,
  );
}

describeUnless(missing({ files: ['/proc/self/stat'] }), 'drivers app.* and task.* with real processes', () => {
  const home = useHome();
  const benches: Bench[] = [];
  const bench = (driver: Driver, config: Readonly<Record<string, string>>, rid: string, siblings: Bench['view'][] = []) => {
    const made = createBench(driver, { folder: home().folder, rid, config, siblings });
    benches.push(made);
    return made;
  };
  const script = (name: string, text: string) => {
    const file = home().path('bin', name);
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
    return file;
  };
  const file = (name: string) => `${home().folder}/${name}`;

  afterEach('stop what a failed test left', async () => {
    for (const each of benches.splice(0)) await each.act('stop').catch(() => undefined);
  });

  describe('app.simple', () => {
    const app = (config: Readonly<Record<string, string>>) => bench(simple, { timeout: '2s', ...config }, 'app#1');

    it('starts a program and stops it; a second time changes nothing; a dry-run predicts it', async () => {
      const one = app({ start: 'sleep 1000' });
      expect(await one.status()).to.deep.equal({ state: 'down', notes: [] });
      const planned = await one.dry('start');
      expect(await one.act('start'))
        .to.deep.equal(planned)
        .and.to.deep.equal(['sleep 1000']);
      expect(await one.act('start')).to.deep.equal([]);
      const report = await one.status();
      expect(report.state).to.equal('up');
      const ending = await one.dry('stop');
      expect(await one.act('stop'))
        .to.deep.equal(ending)
        .and.to.deep.equal([`kill -TERM ${report.facts?.['pid']}`]);
      expect(await one.act('stop')).to.deep.equal([]);
      expect(await one.status()).to.deep.equal({ state: 'down', notes: [] });
    });

    it('gives it the folder, the variables and the limits', async () => {
      const program = script('tell', `echo "$PWD|$ONE|$TWO|$(ulimit -n)|$(ulimit -c)" > ${file('told')}; exec sleep 1000`);
      mkdirSync(file('work'));
      const one = app({ start: program, cwd: file('work'), environment: 'ONE=1 TWO="two words"', limit_nofile: '77', limit_core: '0' });
      await one.act('start');
      expect(readFileSync(file('told'), 'utf8')).to.equal(`${file('work')}|1|two words|77|0\n`);
    });

    it('fails the start of a program that ends at once, and leaves nothing to stop', async () => {
      const one = app({ start: script('short', 'sleep 0.15; exit 3') });
      expect(await errorOf(one.act('start'))).to.include({ code: 'COMMAND' });
      expect(await one.act('stop')).to.deep.equal([]);
    });

    it('says so when the program ended by itself', async () => {
      const one = app({ start: script('mortal', `while [ ! -e ${file('die')} ]; do sleep 0.05; done`) });
      await one.act('start');
      writeFileSync(file('die'), '');
      for (let tries = 0; tries < 100 && (await one.status()).state !== 'down'; tries++)
        await new Promise((resolve) => setTimeout(resolve, 50));
      expect(await one.status()).to.deep.include({ state: 'down' });
      expect(noteTexts(await one.status())).to.deep.equal(['the program ended by itself']);
      await one.act('start').catch(() => undefined);
    });

    it('warns when the program has gone and children are left; a start refuses, a stop ends them', async () => {
      const one = app({ start: script('parent', `sleep 1000 & while [ ! -e ${file('die')} ]; do sleep 0.05; done`) });
      await one.act('start');
      writeFileSync(file('die'), '');
      for (let tries = 0; tries < 100 && (await one.status()).state !== 'warn'; tries++)
        await new Promise((resolve) => setTimeout(resolve, 50));
      expect(noteTexts(await one.status())[0]).to.match(/^the program has ended, but left \d+ sleep$/);
      expect(await one.blockers('start')).to.have.length(1);
      expect(await errorOf(one.act('start'))).to.include({ code: 'REFUSED' });
      await one.act('stop');
      expect((await one.status()).state).to.equal('down');
      expect(await one.blockers('start')).to.deep.equal([]);
    });

    it('ends with KILL what does not hear TERM, after the time it is given', async () => {
      const one = app({ start: script('deaf', 'trap "" TERM; while :; do sleep 0.2; done'), timeout: '300ms' });
      await one.act('start');
      const lines = await one.act('stop');
      expect(lines.map((line) => line.split(' ')[1])).to.deep.equal(['-TERM', '-KILL']);
      expect((await one.status()).state).to.equal('down');
    });

    it('asks by the stop command first; when that fails, TERM does it', async () => {
      const polite = script('polite', `trap 'echo asked > ${file('asked')}; exit 0' USR1; while :; do sleep 0.05; done`);
      const one = app({ start: polite, stop: `pkill -USR1 -f ${polite}` });
      await one.act('start');
      const lines = await one.act('stop');
      expect(lines).to.have.length(1);
      expect(existsSync(file('asked'))).to.equal(true);
      const two = app({ start: 'sleep 1000', stop: 'false' });
      await two.act('start');
      expect(await two.act('stop')).to.have.length(2);
      expect(two.log.join()).to.contain('the stop command failed, TERM follows');
    });

    it('maps the check; start waits until it says up, and fails when it never does', async () => {
      const check = script('check', `test -e ${file('ready')}`);
      const one = app({ start: script('server', `sleep 0.6; : > ${file('ready')}; exec sleep 1000`), check, timeout: '5s' });
      await one.act('start');
      expect((await one.status()).state).to.equal('up');
      const odd = app({ start: 'sleep 1000', check: script('odd', 'exit 7'), retcodes: '0:up 1:down 3:warn' });
      expect(noteTexts(await odd.status())).to.deep.equal(['check reports errors (7)']);
      await one.act('stop');
      const never = app({ start: 'sleep 1000', check: 'false', timeout: '300ms' });
      expect(await errorOf(never.act('start'))).to.include({ code: 'TIMEOUT' });
      expect((await never.status()).state).to.equal('down');
      await never.act('stop');
    });

    it('does not take a check that is missing for down', async () => {
      const one = app({ start: 'sleep 1000', check: '/nonexistent/check' });
      expect(await errorOf(one.act('start'))).to.include({ code: 'UNSUPPORTED' });
      expect(await errorOf(one.status())).to.include({ code: 'UNSUPPORTED' });
    });
  });

  describe('app.forking', () => {
    const launcher = () =>
      script(
        'launcher',
        `case $1 in
start) setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo $! > ${file('pid')} ;;
stop) kill "$(cat ${file('pid')})" && rm ${file('pid')} ;;
check) test -e ${file('pid')} ;;
info) echo "version: 1.2"; echo "port : 80" ;;
esac`,
      );
    const app = (config: Readonly<Record<string, string>>, siblings: Bench['view'][] = []) => bench(forking, config, 'app#1', siblings);

    it('calls the script; a second time changes nothing; a dry-run predicts it', async () => {
      const path = launcher();
      const one = app({ script: path, start: 'true', stop: 'true', check: 'true', info: 'true' });
      expect((await one.status()).state).to.equal('down');
      const planned = await one.dry('start');
      expect(await one.act('start'))
        .to.deep.equal(planned)
        .and.to.deep.equal([`${path} start`]);
      expect(await one.act('start')).to.deep.equal([]);
      expect(await one.status()).to.deep.equal({ state: 'up', notes: [], facts: { version: '1.2', port: '80', processes: 1 } });
      expect(await one.act('stop')).to.deep.equal([`${path} stop`]);
      expect(await one.act('stop')).to.deep.equal([]);
      expect((await one.status()).state).to.equal('down');
    });

    it('without a check goes by the processes that the start has left', async () => {
      const path = launcher();
      const one = app({ start: `${path} start`, stop: `${path} stop` });
      expect((await one.status()).state).to.equal('n/a');
      await one.act('start');
      expect((await one.status()).state).to.equal('up');
      expect(await one.act('start')).to.deep.equal([]);
      process.kill(Number(readFileSync(file('pid'), 'utf8')), 'SIGKILL');
      for (let tries = 0; tries < 100 && (await one.status()).state !== 'down'; tries++)
        await new Promise((resolve) => setTimeout(resolve, 50));
      expect(noteTexts(await one.status())).to.deep.equal(['its processes have ended by themselves']);
      expect(await one.act('stop')).to.deep.equal([]);
      expect((await one.status()).state).to.equal('n/a');
    });

    it('a start that leaves no process is not repeated, and its stop is run once', async () => {
      const one = app({ start: `touch ${file('mark')}`, stop: `rm ${file('mark')}` });
      expect(await one.act('start')).to.have.length(1);
      expect(await one.act('start')).to.deep.equal([]);
      expect((await one.status()).state).to.equal('n/a');
      expect(await one.act('stop')).to.have.length(1);
      expect(await one.act('stop')).to.deep.equal([]);
    });

    it('fails a stop that leaves processes behind', async () => {
      const one = app({ start: `${launcher()} start`, stop: 'true-ish' });
      await one.act('start');
      const lazy = createBench(forking, {
        folder: home().folder,
        rid: 'app#1',
        config: { start: 'x', stop: '/bin/true', timeout: '400ms' },
      });
      const error = await errorOf(lazy.act('stop'));
      expect(error.message).to.match(/processes are left: \d+ sleep/);
      process.kill(Number(readFileSync(file('pid'), 'utf8')), 'SIGKILL');
    });

    it('is down, not unknown, while its script lies on a filesystem of the service that is not mounted', async () => {
      const fs = { rid: 'fs#1', type: 'fs.ext4', label: '', config: { mnt: `${home().folder}/mnt` }, report: undefined };
      const one = app({ script: `${home().folder}/mnt/bin/launcher`, start: 'true', stop: 'true', check: 'true' }, [fs]);
      const report = await one.status();
      expect(report.state).to.equal('down');
      expect(noteTexts(report)[0]).to.contain('is on fs#1, which is not mounted');
      expect(await one.act('stop')).to.deep.equal([]);
      const missingScript = app({ script: '/nonexistent/launcher', check: 'true' });
      expect(await errorOf(missingScript.status())).to.include({ code: 'UNSUPPORTED' });
    });

    it('reports a failing start with what it said', async () => {
      const one = app({ start: script('bad', 'echo no licence >&2; exit 2') });
      const error = await errorOf(one.act('start'));
      expect(error).to.include({ code: 'COMMAND' });
      expect(error.message).to.contain('no licence');
    });
  });

  describe('task.host', () => {
    const task = (config: Readonly<Record<string, string>>) => bench(taskHost, config, 'task#1');

    it('runs the command, and tells how the last run ended', async () => {
      const one = task({ command: `sh -c 'test -e ${file('ok')}'`, check: 'last_run', on_error: `touch ${file('failed')}` });
      expect((await one.status()).state).to.equal('n/a');
      const error = await errorOf(one.act('run'));
      expect(error).to.include({ code: 'COMMAND' });
      expect(existsSync(file('failed'))).to.equal(true);
      expect(noteTexts(await one.status())).to.deep.equal(['the last run failed: exit 1']);
      writeFileSync(file('ok'), '');
      expect(await one.act('run')).to.deep.equal(await one.dry('run'));
      expect((await one.status()).state).to.equal('up');
    });

    it('ends a command that takes too long, and says so', async () => {
      const one = task({ command: 'sleep 100', timeout: '200ms', check: 'last_run' });
      expect(await errorOf(one.act('run'))).to.include({ code: 'TIMEOUT' });
      expect(noteTexts(await one.status())).to.deep.equal(['the last run failed: TIMEOUT']);
    });

    it('runs only when confirmed, if it says so', async () => {
      const one = task({ command: 'true', confirmation: 'true' });
      expect(await one.blockers('run')).to.have.deep.nested.property('[0].allow', 'confirmation');
      expect(await errorOf(one.act('run'))).to.include({ code: 'REFUSED' });
      expect(await one.act('run', 'confirmation')).to.have.length(1);
      expect((await one.status()).state).to.equal('n/a');
    });
  });
});
