import { expect } from 'chai';
import { createMetrics } from '../../agent/api/metrics.ts';
import { nothingDone } from '../../agent/engine/tally.ts';
import { runCli } from '../support/cli.ts';
import { useDaemons } from '../support/daemon.ts';
import { useHome } from '../support/home.ts';
import { check, soak } from '../support/soak.ts';
import { documentOf } from '../support/status-documents.ts';

describe('real: scrapes while services start, stop and hang', function () {
  this.timeout(180_000);
  const begin = useDaemons();
  afterEach('stop what was started', async () => void (await runCli(['-s', '*', 'stop', '--local'], { home: home() })));
  const home = useHome();

  it('no gap, and no old answer as a fresh one (short; npm run test:soak is ten minutes)', async () => {
    const report = await soak({ home: home(), daemon: begin(home()), lastsMs: 15_000, scrapeMs: 500, flipMs: 2000 });
    console.log(`      ${report.scrapes} scrapes, ${report.flips} flips, slowest ${report.slowestMs} ms`);
    expect(report.faults).to.deep.equal([]);
    expect(report.flips).to.be.at.least(1);
    expect(report.scrapes).to.be.at.least(5);
  });

  it('the checker finds a wrong answer, an old one, and one that is missing', () => {
    const nowMs = Date.parse('2026-11-21T12:30:00Z');
    const truth = new Map([['web', [{ state: 'down', fromMs: nowMs - 60_000, toMs: Number.POSITIVE_INFINITY }]]]);
    const text = (updated: string, overall: 'up' | 'down' | 'undef', service = 'web') =>
      createMetrics().render(
        [{ service, status: documentOf(service, { updated, overall }), tally: nothingDone }],
        { version: '1', node: 'n' },
        nowMs,
      );
    expect(check(text('2026-11-21T12:29:50Z', 'up'), truth, nowMs)).to.deep.equal(['web: up, evaluated 10 s ago, when it was down']);
    expect(check(text('2026-11-21T12:20:00Z', 'up'), truth, nowMs)).to.deep.equal(['web: up of 600 s ago is shown as fresh']);
    expect(check(text('2026-11-21T12:28:30Z', 'up'), truth, nowMs), 'it was up then').to.deep.equal([]);
    expect(check(text('2026-11-21T12:29:50Z', 'down'), truth, nowMs)).to.deep.equal([]);
    const hung = (agoMs: number) =>
      new Map([
        [
          'hang',
          [
            { state: 'up', fromMs: nowMs - 600_000, toMs: nowMs - agoMs },
            { state: 'hanging', fromMs: nowMs - agoMs, toMs: Number.POSITIVE_INFINITY },
          ],
        ],
      ]);
    const seen = text('2026-11-21T12:29:15Z', 'up', 'hang');
    expect(check(seen, hung(15_000), nowMs), 'it is monitored').to.deep.equal([]);
    expect(check(seen, hung(25_000), nowMs)).to.deep.equal(['hang: up, when it had been hanging for 22 s']);
    expect(check('', truth, nowMs)).to.deep.equal(['web: missing, or in several states']);
  });
});
