/** A daemon whose clock is set, forward, back, and over the changes of summer time; the clock that does not jump is the machine's own. `npm run test:daemon`. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { type DaemonProcess, useDaemons } from '../support/daemon.ts';
import { eventually } from '../support/eventually.ts';
import { useHome } from '../support/home.ts';
import { describeUnless, missing } from '../support/skip.ts';

const library = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/faketime/libfaketime.so.1`;
/** The minute in which a moment lies, on a machine on which others work. */
const limitMs = 120_000;
const second = 1000;

describeUnless(missing({ tools: ['faketime'], files: [library] }), 'long: a daemon whose clock is set', function () {
  this.timeout(600_000);
  const begin = useDaemons();
  const home = useHome();

  const setClock = (text: string): void =>
    writeFileSync(home().path('clock'), `${((Date.parse(text) - Date.now()) / second).toFixed(3)}`.replace(/^(?!-)/, '+'));

  /** A daemon that runs a task at a moment of the day, and one every 15 s. */
  async function start(moment: string, zone: string): Promise<DaemonProcess> {
    home().service(
      'job',
      `[task#1]\ntype = host\nschedule = ${moment}\ncommand = /bin/true\n\n[task#2]\ntype = host\nschedule = @15s\ncommand = /bin/true\n`,
    );
    const clock = { LD_PRELOAD: library, DONT_FAKE_MONOTONIC: '1', FAKETIME_NO_CACHE: '1', FAKETIME_TIMESTAMP_FILE: home().path('clock') };
    const daemon = begin(home(), { ...clock, TZ: zone });
    await daemon.ready();
    return daemon;
  }

  const read = (...parts: string[]): string | undefined => {
    const file = home().path('var', ...parts);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  };
  const recordOf = (rid: string): { readonly lastMs?: number; readonly begunMs?: number } => {
    type Jobs = Record<string, { lastMs?: number; begunMs?: number }>;
    return (JSON.parse(read('services', 'job', 'schedule.json') ?? '{"jobs":{}}') as { jobs: Jobs }).jobs[rid] ?? {};
  };
  /** Runs of the moment that the journal tells, as reasons. */
  const runs = (): readonly string[] =>
    (read('journal', 'job', '000001.log') ?? '')
      .split('\n')
      .flatMap((line) => (/"kind":"begin".*"rid":"task#1"/.test(line) ? [/"reason":"([^"]*)"\}$/.exec(line)?.[1] ?? ''] : []));
  /** So many times, and to its end: a clock that is set under a run would count for it. */
  const ran = (count: number) => eventually(() => runs().length === count && recordOf('task#1').begunMs === undefined, limitMs);
  /** The one of every 15 s ran at or after this moment, by the clock of the daemon: whatever was due before has had its turn. */
  const passed = (text: string) =>
    eventually(() => {
      const { lastMs } = recordOf('task#2');
      return lastMs !== undefined && lastMs >= Date.parse(text) && lastMs < Date.parse(text) + 3_600_000;
    }, limitMs);

  it('forward over days: what was missed is run once; back: nothing twice, and nothing stands still; figures stay fresh', async () => {
    setClock('2026-11-20T03:59:40Z');
    const daemon = await start('04:00', 'UTC');
    await ran(1);
    setClock('2026-11-25T12:00:00Z');
    await ran(2);
    await passed('2026-11-25T12:00:20Z');
    expect(runs()).to.deep.equal(['scheduled: 04:00', 'scheduled: 04:00; it was missed']);
    expect((await daemon.get('/v1/status?selector=job&fresh=true')).status).to.equal(200);
    setClock('2026-11-26T03:59:50Z');
    await ran(3);
    setClock('2026-11-26T03:59:30Z');
    await passed('2026-11-26T04:00:20Z');
    expect(runs(), 'set back by half a minute').to.have.lengthOf(3);
    setClock('2026-11-10T12:00:00Z');
    await passed('2026-11-10T12:00:00Z');
    expect(runs(), 'set back by two weeks').to.have.lengthOf(3);
    expect((await daemon.get('/v1/status?selector=job&fresh=true')).status).to.equal(200);
    expect(daemon.child.exitCode, daemon.said()).to.equal(null);
  });

  it('the hour that comes twice has one run, the one that is left out has its run behind the gap', async () => {
    setClock('2026-10-25T00:29:40Z');
    await start('02:30', 'Europe/Berlin');
    await ran(1);
    setClock('2026-10-25T01:29:40Z');
    await passed('2026-10-25T01:30:20Z');
    expect(runs(), '02:30 again').to.deep.equal(['scheduled: 02:30']);
    setClock('2027-03-27T12:00:00Z');
    await ran(2);
    setClock('2027-03-28T00:59:40Z');
    await passed('2027-03-28T01:00:20Z');
    await ran(3);
    expect(runs().at(-1)).to.equal('scheduled: 02:30');
  });
});
