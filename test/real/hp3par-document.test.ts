/** The session of the HP 3PAR document, replayed by the command line on two sites with simulated arrays and real filesystems. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { CliResult } from '../support/cli.ts';
import { removeFolder } from '../support/leftovers.ts';
import { makeFolder } from '../support/names.ts';
import { describeUnless, missing } from '../support/skip.ts';
import {
  array1,
  array2,
  exampleName,
  makeFilesystem,
  makeTwoSites,
  type SiteName,
  sitesNeeds,
  type TwoSites,
} from '../support/two-sites.ts';

/** Lines of the console about replication, without their times; numbers of tasks are of the day. Its own last word of a verb is left out. */
function sessionOf({ stderr }: CliResult): readonly string[] {
  const lines = stderr.split('\n').map((line) => /^\d\d:\d\d:\d\d INFO +\S+?\.(SYNC#\w+) (.*)$/.exec(line));
  return lines.flatMap((found) => {
    const [, rid = '', text = ''] = found ?? [];
    return rid === '' || /: done$/.test(text) ? [] : [`${rid} ${text.replace(/\b\d{4}$/, 'NNNN').replace(/Task \d+ /, 'Task NNNN ')}`];
  });
}

/** The document, word for word (seed 004, "Service Relocation"), the other way round for the way back. */
const golden = {
  update: [
    "SYNC#I0 won't sync this resource for a service not up",
    'SYNC#1 syncrcopy -w MYRCG',
    'SYNC#1 Completed synchronization for group MYRCG',
  ],
  start: [
    'SYNC#1 we are joined with hp3par1.opensvc.com array',
    'SYNC#1 stoprcopygroup -f MYRCG (on hp3par1.opensvc.com)',
    'SYNC#1 setrcopygroup reverse -f -waittask MYRCG.r12345',
    'SYNC#1 setrcopygroup for reverse MYRCG.r12345',
    'SYNC#1 reverse started with tasks: NNNN',
    'SYNC#1 Waiting for tasks to complete',
    'SYNC#1 Task NNNN done',
  ],
  resume: ['SYNC#1 startrcopygroup MYRCG.r12345'],
  back: [
    'SYNC#1 we are joined with hp3par2.opensvc.com array',
    'SYNC#1 stoprcopygroup -f MYRCG.r12345 (on hp3par2.opensvc.com)',
    'SYNC#1 setrcopygroup reverse -f -waittask MYRCG',
    'SYNC#1 setrcopygroup for reverse MYRCG',
    'SYNC#1 reverse started with tasks: NNNN',
    'SYNC#1 Waiting for tasks to complete',
    'SYNC#1 Task NNNN done',
  ],
};

describeUnless(missing(sitesNeeds), 'real: hp3par: the document', function () {
  this.timeout(180_000);
  let folder = '';
  let sites: TwoSites;
  before('make the sites', async () => {
    folder = makeFolder();
    sites = await makeTwoSites(folder);
    makeFilesystem(sites);
  });
  after('remove the sites', async () => {
    await sites?.stop();
    removeFolder(folder);
  });

  const file = (node: SiteName, name: string) => path.join(sites.mount(node), name);
  /** A row of the tree: `sync#1 up hp3par async MYRCG`. */
  const rowOf = async (node: SiteName, rid: string) => {
    const { stdout } = await sites.must(node, 'print', 'status');
    const row = stdout.split('\n').find((line) => line.includes(rid));
    return row?.replace(/^[| '-]+/, '').replace(/ +/g, ' ');
  };

  it('goes to the other site and comes back as the document says, with its data', async () => {
    await sites.must('node1', 'start');
    writeFileSync(file('node1', 'before'), 'written before sync update\n');
    expect(await rowOf('node1', 'sync#1')).to.equal('sync#1 .... up hp3par async MYRCG');
    expect(await rowOf('node2', 'sync#1')).to.equal('sync#1 .... up hp3par async MYRCG.r12345');
    expect(await rowOf('node2', 'fs#1')).to.match(/^fs#1 .... down /);

    await sites.must('node1', 'stop');
    expect(sessionOf(await sites.must('node1', 'sync', 'update'))).to.deep.equal(golden.update);
    expect(sessionOf(await sites.must('node2', 'start'))).to.deep.equal(golden.start);
    expect(readFileSync(file('node2', 'before'), 'utf8')).to.equal('written before sync update\n');
    expect(await rowOf('node2', 'sync#1')).to.equal('sync#1 .... warn hp3par async MYRCG.r12345');
    expect(sessionOf(await sites.must('node2', 'sync', 'resume'))).to.deep.equal(golden.resume);
    writeFileSync(file('node2', 'there'), 'written on the other site\n');

    await sites.must('node2', 'stop');
    await sites.must('node2', 'sync', 'update');
    expect(sessionOf(await sites.must('node1', 'start'))).to.deep.equal(golden.back);
    expect(readFileSync(file('node1', 'there'), 'utf8')).to.equal('written on the other site\n');
    await sites.must('node1', 'sync', 'resume');
    await sites.must('node1', 'sync', 'update');
    expect(await rowOf('node1', 'sync#1')).to.equal('sync#1 .... up hp3par async MYRCG');
    expect(await sites.sim.controls.violations()).to.deep.equal([]);
  });

  it('shows the arrays to an operator and to a program', async () => {
    const shown = await sites.plain('node1', 'array', 'show');
    expect(shown.code, shown.stderr).to.equal(0);
    expect(shown.stdout).to.match(
      /^MYRCG +hp3par2\.opensvc\.com +Primary +Started +Periodic +1 +\S+ +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d CES?T +\d+ s$/m,
    );
    const data = JSON.parse((await sites.plain('node2', 'array', 'show', array2, '--format', 'json')).stdout) as {
      arrays: { name: string; ok: boolean; groups: { role: string }[] }[];
    };
    expect(data.arrays.map(({ name, ok, groups }) => [name, ok, groups.map(({ role }) => role)])).to.deep.equal([
      [array2, true, ['Secondary']],
    ]);
    const doctor = await sites.plain('node1', 'node', 'doctor');
    expect(doctor.stdout).to.match(/^ok +hp3par1\.opensvc\.com: answers, 1 remote copy groups$/m);
  });

  it('loses what was written after the last sync when the other site dies, and readiness had said how much', async () => {
    await sites.must('node1', 'start');
    await sites.must('node1', 'sync', 'update');
    writeFileSync(file('node1', 'after'), 'written after sync update\n');
    const report = JSON.parse((await sites.run('node1', 'readiness', '--node', 'node2', '--format', 'json')).stdout) as {
      dataLoss: { ms: number | null };
    };
    expect(report.dataLoss.ms).to.be.within(0, 300_000);
    await sites.must('node1', 'stop');
    await sites.silence('node1', true);
    await sites.sim.controls.kill(array1);
    await sites.sim.controls.elapse(10_000);
    const start = await sites.must('node2', 'start');
    expect(start.stderr).to.match(
      /WARN +\S+SYNC#1 taking over, since nothing on the other side gives a sign of life: array hp3par1\.opensvc\.com: .*; node1: /,
    );
    expect(sessionOf(start)).to.include('SYNC#1 setrcopygroup failover -f -waittask MYRCG.r12345');
    expect(existsSync(file('node2', 'after'))).to.equal(false);
    expect(readFileSync(file('node2', 'there'), 'utf8')).to.equal('written on the other site\n');

    writeFileSync(file('node2', 'newer'), 'written after the failover\n');
    await sites.silence('node1', false);
    await sites.sim.controls.revive(array1);
    await sites.must('node2', 'stop');
    const older = await sites.run('node1', 'start');
    expect(older.code, older.stderr).to.equal(5);
    expect(older.stderr).to.match(/was failed over/);
    await sites.must('node2', 'start');
    await sites.must('node2', 'sync', 'resync');
    await sites.must('node2', 'stop');
    await sites.must('node2', 'sync', 'update');
    await sites.must('node1', 'start');
    expect(readFileSync(file('node1', 'newer'), 'utf8')).to.equal('written after the failover\n');
    expect(await sites.sim.controls.violations()).to.deep.equal([]);
    expect(exampleName).to.equal('svc1.opensvc.com');
  });
});
