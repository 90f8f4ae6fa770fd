/** The disaster of the HP 3PAR document on two sites: everything of site 1 dead, or only the links; and the way back. */
import { existsSync, renameSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { makeSites, type Site, type Sites, sitesNeeds } from '../support/hp3par-sites.ts';
import { describeUnless, missing } from '../support/skip.ts';

const failover = 'hp3par2: setrcopygroup failover -f -waittask MYRCG.r12345';

describeUnless(missing(sitesNeeds), 'real: disaster between two sites with HP 3PAR arrays', function () {
  this.timeout(240_000);
  let sites: Sites;
  before('make two sites, the service up on the first', async () => {
    sites = await makeSites();
    await sites.site1.must('start');
  });
  after('remove the sites', () => sites.remove());
  afterEach('nobody wrote where it may not', async () => {
    expect(await sites.arrays.violations()).to.deep.equal([]);
  });

  it('links down but site 1 alive: refused, and by which name it would be allowed', async () => {
    const { site1, site2, arrays } = sites;
    await arrays.links(site1.array, site2.array, false);
    await targetFailed(sites);
    const before = await sites.changes();
    const refused = await site2.run('start');
    expect(refused.code, refused.stderr).to.equal(5);
    expect(refused.stderr)
      .to.match(/--allow split/)
      .and.match(/the other side lives/);
    expect(await sites.changes()).to.deep.equal(before);
    expect(sites.mounted()).to.deep.equal(['node1']);
    await arrays.links(site1.array, site2.array, true);
    await settled(sites, 'Started');
  });

  it('links down, the array of site 1 silent, and its node only refuses us, or hangs: a sign of life all the same', async () => {
    const { site1, site2, arrays } = sites;
    await arrays.links(site1.array, site2.array, false);
    await targetFailed(sites);
    sites.silence(site1);
    const before = await sites.changes();
    const keys = path.join(site1.node.home.folder, 'sshd', 'authorized_keys');
    const signs: readonly (readonly [string, () => void, () => void | Promise<void>])[] = [
      ['login', () => renameSync(keys, `${keys}.away`), () => renameSync(`${keys}.away`, keys)],
      ['nobody listens', () => site1.node.sshd.stop(), () => site1.node.sshd.start()],
      ['hang', () => signalSshd(site1, 'SIGSTOP'), () => signalSshd(site1, 'SIGCONT')],
    ];
    for (const [name, begin, end] of signs) {
      begin();
      const refused = await site2.run('start');
      await end();
      expect(refused.code, `${name}: ${refused.stderr}`).to.equal(5);
      expect(refused.stderr, name)
        .to.match(/--allow split/)
        .and.match(/the other side lives \(node1: /);
    }
    expect(await sites.changes()).to.deep.equal(before);
    expect(sites.mounted()).to.deep.equal(['node1']);
    sites.unsilence(site1);
    await arrays.links(site1.array, site2.array, true);
    await settled(sites, 'Started');
  });

  it('site 1 dead: a bare start on site 2 is enough, with the data of the last sync', async () => {
    const { site1, site2 } = sites;
    site1.write('before', 'synced');
    await site1.must('sync', 'update');
    site1.write('after', 'lost with site 1');
    await sites.kill(site1);
    const start = await site2.must('start');
    expect(start.stderr)
      .to.match(/we are split from hp3par1\.opensvc\.com array/)
      .and.match(/nothing on the other side gives a sign of life/);
    expect((await sites.changes()).at(-1)).to.equal(failover);
    expect(site2.read('before')).to.equal('synced');
    expect(existsSync(path.join(site2.mount, 'after'))).to.equal(false);
    site2.write('newer', 'written on site 2');
    expect((await site2.must('print', 'status')).stdout).to.match(/^overall +(up|warn)$/m);
  });

  it('site 1 is back: nothing that is done there overwrites the newer side', async () => {
    const { site1, site2 } = sites;
    await sites.revive(site1);
    expect((await site1.run('stop')).code).to.equal(0);
    expect(sites.mounted()).to.deep.equal(['node2']);
    const before = await sites.changes();
    for (const words of [
      ['start'],
      ['start', '--allow', 'peer-up', '--allow', 'stale-data'],
      ['sync', 'resume'],
      ['sync', 'update'],
      ['sync', 'swap'],
    ]) {
      const refused = await site1.run(...words);
      expect(refused.code, `${words.join(' ')}\n${refused.stderr}`).not.to.equal(0);
    }
    expect(await sites.changes()).to.deep.equal(before);
    expect(site2.read('newer')).to.equal('written on site 2');
  });

  it('the way back: resync, stop, update, start; the newer data is on site 1', async () => {
    const { site1, site2 } = sites;
    await site2.must('sync', 'resync');
    await settled(sites, 'Started');
    await site2.must('stop');
    await site2.must('sync', 'update');
    await site1.must('start');
    await site1.must('sync', 'resume');
    await settled(sites, 'Started');
    expect([site1.read('before'), site1.read('newer')]).to.deep.equal(['synced', 'written on site 2']);
    expect(sites.mounted()).to.deep.equal(['node1']);
    const state = await sites.arrays.state();
    expect(state[site1.array]?.groups[site1.rcg]?.role).to.equal('Primary');
    expect(state[site2.array]?.groups[site2.rcg]?.role).to.equal('Secondary');
  });
});

function signalSshd({ node }: Site, signal: NodeJS.Signals): void {
  for (const pid of node.sshd.pids()) process.kill(pid, signal);
}

async function targetFailed({ arrays, site2 }: Sites): Promise<void> {
  const statusOf = async () => Object.values((await arrays.state())[site2.array]?.targets ?? {});
  while (!(await statusOf()).includes('failed')) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Both halves say so, and every volume is in sync. */
async function settled({ arrays }: Sites, status: string): Promise<void> {
  const groups = async () => Object.values(await arrays.state()).flatMap((array) => Object.values(array.groups));
  const isSettled = async () =>
    (await groups()).every((group) => group.status === status && group.volumes.every(({ sync }) => sync === 'Synced'));
  while (!(await isSettled())) await new Promise((resolve) => setTimeout(resolve, 20));
}
