import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { describeUnless, missing } from '../support/skip.ts';
import { down, type Lab, labNeeds, service, until, up, useLab } from './crash-lab.ts';

/** A start that stands still in its third command, losetup. */
async function heldStart(lab: Lab) {
  lab.shims.plan(3, 'hold');
  const cli = lab.spawn(['start']);
  await until(() => lab.shims.isHeld(), 'the start to hold');
  return cli;
}

const startOwn = (verb: string) => new RegExp(`${verb} of \\S.* \\(pid (\\d+)\\) holds it since \\d{4}-\\d\\d-\\d\\dT`);

describeUnless(missing(labNeeds), 'real: two actions on one service', function () {
  this.timeout(60_000);
  const lab = useLab('lock');

  it('the second waits, says for whom and since when, and then has nothing left to do', async () => {
    const first = await heldStart(lab());
    const second = lab().spawn(['start']);
    await second.sees(/waiting for start by \S.*, since \d{4}-\d\d-\d\dT/);
    expect((await lab().status()).monitor.state).to.equal('starting');
    lab().shims.release();
    const results = await Promise.all([first.done, second.done]);
    expect(results.map(({ code }) => code)).to.deep.equal([0, 0]);
    expect(lab().shims.overlaps()).to.deep.equal([]);
    const commands = lab().shims.commands();
    expect(new Set(commands).size, 'each command once').to.equal(commands.length);
    expect(lab().truth()).to.deep.equal(up);
  });

  it('a stop waits for a start and then stops all of it', async () => {
    const first = await heldStart(lab());
    const second = lab().spawn(['stop']);
    await second.sees(/waiting for start by /);
    lab().shims.release();
    expect((await first.done).code).to.equal(0);
    expect((await second.done).code).to.equal(0);
    expect(lab().truth()).to.deep.equal(down);
  });

  it('with --no-wait it is BUSY: exit 6, who, what and since when; the first goes on undisturbed', async () => {
    const first = await heldStart(lab());
    for (const verb of ['start', 'stop', 'restart']) {
      const { code, stderr } = await lab().run([verb, '--no-wait']);
      expect(code, stderr).to.equal(6);
      expect(startOwn('start').exec(stderr)?.[1], stderr).to.equal(String(first.pid));
    }
    lab().shims.release();
    expect((await first.done).code).to.equal(0);
    expect(lab().truth()).to.deep.equal(up);
  });

  it('lock_timeout bounds the wait', async () => {
    const file = lab().home.path('services.d', `${service}.conf`);
    writeFileSync(file, `[DEFAULT]\nlock_timeout = 1s\n${readFileSync(file, 'utf8')}`);
    const first = await heldStart(lab());
    const { code, stderr } = await lab().run(['start']);
    expect(code, stderr).to.equal(6);
    expect(stderr)
      .to.match(/waiting for start by /)
      .and.to.match(startOwn('start'));
    lab().shims.release();
    expect((await first.done).code).to.equal(0);
  });

  it('a dry-run and a status do not wait', async () => {
    const first = await heldStart(lab());
    expect((await lab().run(['start', '--dry-run'])).code).to.equal(0);
    expect((await lab().run(['print', 'status'])).code).to.equal(0);
    expect(lab().shims.isBusy()).to.equal(true);
    lab().shims.release();
    expect((await first.done).code).to.equal(0);
  });
});

describeUnless(missing(labNeeds), 'real: what a lock file says of the past never blocks', function () {
  this.timeout(60_000);
  const lab = useLab('stale');

  /** As the holder writes it; taken from a start that was really killed while it held the lock. */
  async function ownerText(): Promise<Record<string, unknown>> {
    const cli = await heldStart(lab());
    const text = readFileSync(lockFile(), 'utf8').split('\0').join('').trim();
    await cli.crash();
    lab().shims.release();
    await until(() => !lab().shims.isBusy(), 'the held command to end');
    return JSON.parse(text) as Record<string, unknown>;
  }

  const lockFile = () => lab().home.path('run', 'locks', `${service}.lock`);
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

  const cases: Readonly<Record<string, (owner: Record<string, unknown>) => string>> = {
    'a process that is dead': (owner) => JSON.stringify(owner),
    'a process of another boot': (owner) =>
      JSON.stringify({ ...owner, pid: process.pid, boot: boot.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) }),
    'a pid that another process has now': (owner) => JSON.stringify({ ...owner, pid: process.pid, startTicks: 1 }),
    'something that is no owner at all': () => '{"pid": "many"',
  };

  for (const [title, textOf] of Object.entries(cases)) {
    it(title, async () => {
      const text = textOf(await ownerText());
      writeFileSync(lockFile(), text.padEnd(1023));
      expect((await lab().status()).monitor.state).to.equal('idle');
      const { code, stderr } = await lab().run(['start', '--no-wait']);
      expect(code, stderr).to.equal(0);
      expect(lab().truth()).to.deep.equal(up);
    });
  }

  it('the lock is free as soon as its holder is killed, whatever it has started lives on', async () => {
    await lab().start();
    const before = lab().truth();
    lab().shims.plan(1, 'during');
    expect((await lab().spawn(['stop']).done).signal).to.equal('SIGKILL');
    const { code, stderr } = await lab().run(['start', '--no-wait']);
    expect(code).to.equal(6);
    expect(stderr, 'not the lock: the command that lives on').to.contain('ctl stop').and.not.to.contain('holds it');
    expect(lab().truth()).to.deep.equal(before);
  });
});
