import { expect } from 'chai';
import type { Outcome } from '../../../agent/driver/contract.ts';
import { SvcError } from '../../../agent/errors.ts';
import rsync from '../../../drivers/sync/rsync.ts';
import { createFake, type Fake, type FakeOptions, type FakePeer, type Machine } from './fake.ts';
import { fixture } from './fixture.ts';

const begun = Date.parse('2026-11-21T12:00:00Z');
const iso = (minutesAgo: number) => new Date(begun - minutesAgo * 60_000).toISOString();
const version = { stdout: fixture('rsync-version.txt') };
const mounts = '1 0 254:0 / / rw - ext4 /dev/vda rw\n';
const stats = (files: number, deleted: number, sent = 100) =>
  `Number of files: ${files}\nNumber of deleted files: ${deleted}\nNumber of regular files transferred: 1\nTotal transferred file size: 10 bytes\nTotal bytes sent: ${sent}\n`;

function there(more: Partial<Machine> = {}): FakePeer {
  return {
    rsh: ['ssh', '-p', '22'],
    ...{
      machine: {
        reads: { 'rsync --version': version },
        ...more,
        files: { '/proc/self/mountinfo': mounts, ...more.files },
        stats: { '/copy': { kind: 'directory' }, '/': { kind: 'directory' }, ...more.stats },
      },
    },
  };
}

function fake(options: Partial<FakeOptions> = {}, here: Partial<Machine> = {}): Fake {
  return createFake(rsync, {
    peers: { node2: there() },
    rid: 'sync#1',
    ...options,
    config: { src: '/srv/data', dst: '/copy', target: 'nodes', ...options.config },
    machine: {
      ...here,
      stats: { '/srv/data': { kind: 'directory' }, '/etc/passwd': { kind: 'file' }, ...here.stats },
      reads: { 'rsync --version': version, 'rsync --dry-run': { stdout: stats(100, 0) }, ...here.reads },
      changes: { rsync: () => ({ stdout: stats(100, 0) }), ...here.changes },
    },
  });
}

const update = async (made: Fake): Promise<readonly Outcome[]> => (await rsync.sync?.update?.(made.at as never)) ?? [];
const stamp = (made: Fake, node: string) => made.machine.memory.get(`last_sync_${node}`);
const command = (made: Fake) => made.done.find((line) => line.startsWith('rsync'));

describe('unit: driver sync.rsync: a run', () => {
  it('copies, keeps the time it began for both sides, and tells the peer', async () => {
    const made = fake({ config: { bwlimit: '50', options: '--compress' } });
    expect(await update(made)).to.deep.equal([{ target: 'node2', ok: true, bytes: 100 }]);
    expect(made.done).to.deep.equal([
      'rsync -HAXpogDtrlx --delete --force --compress --stats --no-h -s --timeout=3600 --bwlimit=50 --max-delete=10 --info=progress2 --stderr=client ' +
        '-e ssh -p 22 /srv/data/ node2:/copy/data/',
    ]);
    expect([stamp(made, 'node1'), stamp(made, 'node2'), made.told.get('node2 last_sync_node2')]).to.deep.equal([iso(0), iso(0), iso(0)]);
  });

  it('looks for deletions only where something is', async () => {
    const empty = fake();
    await update(empty);
    expect(empty.asked.filter((line) => line.includes('--dry-run'))).to.deep.equal([]);
    const full = fake({ peers: { node2: there({ stats: { '/copy/data': { kind: 'directory' } } }) } });
    await update(full);
    expect(full.asked.find((line) => line.includes('--dry-run'))).to.match(
      /^rsync --dry-run --existing --ignore-existing -HAXpogDtrlx --delete/,
    );
    const reset = fake({
      config: { reset_options: 'true', options: '-a' },
      peers: { node2: there({ stats: { '/copy/data': { kind: 'directory' } } }) },
    });
    await update(reset);
    expect(reset.asked.filter((line) => line.includes('--dry-run'))).to.deep.equal([]);
  });

  it('makes what is missing above the destination, and nothing else', async () => {
    const made = fake({ config: { dst: '/a/b/copy' } });
    await update(made);
    expect(made.done[0]).to.equal('node2: mkdir -p /a/b/copy');
    const files = fake({ config: { src: '/etc/passwd', dst: '/new' } });
    await update(files);
    expect(files.done[0]).to.equal('node2: mkdir -p /new');
  });

  it('goes on with the others when one target is dead, and says which failed', async () => {
    const gone = { ...there(), gone: new SvcError('UNREACHABLE', 'node2: no route to host') };
    const made = fake({ peers: { node2: gone, node3: there() } });
    expect(await update(made)).to.deep.equal([
      { target: 'node2', ok: false, code: 'UNREACHABLE', note: 'node2: no route to host' },
      { target: 'node3', ok: true, bytes: 100 },
    ]);
    expect([stamp(made, 'node2'), stamp(made, 'node3')]).to.deep.equal([undefined, iso(0)]);
    expect(made.machine.memory.get('failed_sync_node2')).to.equal('node2: no route to host');
  });

  it('a target is stamped only when all of its items arrived; a lost connection leaves out the rest', async () => {
    const run = async (exitCode: number, stderr = '') => {
      let calls = 0;
      const changes = { rsync: () => (++calls === 1 ? { exitCode, stderr, stdout: stats(1, 0) } : { stdout: stats(1, 0) }) };
      const made = fake({ config: { src: '/srv/data /etc/passwd' } }, { changes });
      const [outcome] = await update(made);
      return { outcome, calls, stamped: stamp(made, 'node2') !== undefined };
    };
    expect(await run(0)).to.deep.include({ calls: 2, stamped: true });
    expect(await run(24)).to.deep.include({ calls: 2, stamped: true });
    expect((await run(24)).outcome).to.deep.include({ ok: true, note: '/srv/data/: some files vanished while they were copied' });
    expect(await run(23, 'rsync: [sender] x failed (13)\nrsync error: some (code 23)\n')).to.deep.include({ calls: 2, stamped: false });
    expect((await run(23, 'rsync: [sender] x failed (13)\n')).outcome?.note).to.equal(
      '/srv/data/: some files were not copied (rsync exit 23: rsync: [sender] x failed (13))',
    );
    expect(await run(12)).to.deep.include({ calls: 1, stamped: false });
    expect(await run(255)).to.deep.include({ calls: 1, stamped: false });
    expect((await run(11, fixture('rsync-full-disk.txt'))).outcome?.note).to.match(/no space left on the device there \(rsync exit 11/);
  });

  it('keeps a stamp of before when it fails, and forgets the failure when it succeeds', async () => {
    const made = fake({}, { changes: { rsync: () => ({ exitCode: 12 }) } });
    made.machine.memory.set('last_sync_node2', iso(60));
    await update(made);
    expect([stamp(made, 'node2'), made.machine.memory.has('failed_sync_node2')]).to.deep.equal([iso(60), true]);
    made.machine.changes['rsync'] = () => ({ stdout: stats(1, 0) });
    await update(made);
    expect([stamp(made, 'node2'), made.machine.memory.has('failed_sync_node2')]).to.deep.equal([iso(0), false]);
  });

  it('does not take a run without its statistics for one that went well', async () => {
    const made = fake({}, { changes: { rsync: () => ({ stdout: 'garbage' }) } });
    expect(await update(made)).to.deep.include.members([
      { target: 'node2', ok: false, code: 'COMMAND', note: 'Number of files: not understood: nothing' },
    ]);
    expect(stamp(made, 'node2')).to.equal(undefined);
  });

  it('a source that does not exist fails before anything is sent', async () => {
    for (const [src, text] of [
      ['/nowhere', /does not exist here/],
      ['/srv/*.x', /no files to sync/],
      ['data', /not an absolute path/],
    ] as const) {
      const made = fake({ config: { src } });
      const error = await update(made).then(
        () => undefined,
        (thrown: SvcError) => thrown,
      );
      expect(error?.message, src).to.match(text);
      expect(made.done).to.deep.equal([]);
    }
  });

  it('sends from no node of the recovery site, and to the nodes of its target only', async () => {
    const peers = { node2: there(), node3: { ...there(), role: 'drpnodes' as const } };
    expect((await update(fake({ peers }))).map(({ target }) => target)).to.deep.equal(['node2']);
    expect((await update(fake({ peers, config: { target: 'nodes drpnodes' } }))).map(({ target }) => target)).to.deep.equal([
      'node2',
      'node3',
    ]);
    expect(await update(fake({ peers, role: 'drpnodes' }))).to.deep.equal([]);
  });

  it('a dry-run looks at all that would be sent and keeps nothing', async () => {
    const made = fake({ dryRun: true }, { changes: { rsync: () => ({}) } });
    expect((await update(made))[0]).to.deep.include({ target: 'node2', ok: true });
    expect(made.asked.find((line) => line.includes('--dry-run'))).not.to.include('--existing');
    expect(made.log).to.include('info: would send 1 files (10 bytes) to node2 and delete 0 there');
  });

  it('leaves to another resource what that one copies to the same target', async () => {
    const other = { rid: 'sync#2', type: 'sync.rsync', label: '', report: undefined };
    const config = { src: ['/srv/data/hot'], dst: '/copy/data', target: ['nodes'] };
    const made = fake({ resources: [{ ...other, config }] });
    await update(made);
    expect(command(made)).to.include('--exclude=/hot ');
    const elsewhere = fake({ resources: [{ ...other, config: { ...config, target: ['drpnodes'] } }] });
    await update(elsewhere);
    expect(command(elsewhere)).not.to.include('--exclude');
  });
});

describe('unit: driver sync.rsync: what it refuses', () => {
  const refusal = async (options: Partial<FakeOptions>, here: Partial<Machine> = {}) => {
    const made = fake(options, here);
    const [outcome] = await update(made);
    expect(made.done.filter((line) => line.includes('rsync'))).to.deep.equal([]);
    return outcome;
  };
  const mounted = (at: string) => there({ files: { '/proc/self/mountinfo': `${mounts}2 1 7:0 / ${at} rw - ext4 /dev/loop0 rw\n` } });
  const fs = (mnt: string, standby = false) => ({ rid: 'fs#1', type: 'fs.ext4', label: '', config: { mnt }, report: undefined, standby });

  it('a destination that is the live mount of the service there; a standby one is meant to be', async () => {
    for (const mnt of ['/copy', '/copy/data', '/copy/data/inner']) {
      expect((await refusal({ peers: { node2: mounted(mnt) }, resources: [fs(mnt)] }))?.note, mnt).to.equal(
        `${mnt} (fs#1) is mounted on node2: it is live data there (cannot be waived)`,
      );
    }
    const standby = fake({ peers: { node2: mounted('/copy') }, resources: [fs('/copy', true)], config: { dstfs: '/copy' } });
    expect((await update(standby))[0]).to.deep.include({ ok: true });
  });

  it('also behind a link, and through a bind mount of the same filesystem', async () => {
    const live = `${mounts}2 1 7:0 / /mnt/live rw - ext4 /dev/loop0 rw\n`;
    const link = there({ files: { '/proc/self/mountinfo': live }, links: { '/copy': '/mnt/live/copy' } });
    expect((await refusal({ peers: { node2: link }, resources: [fs('/mnt/live')] }))?.note).to.match(
      /^\/mnt\/live \(fs#1\) is mounted on node2/,
    );
    const bind = there({ files: { '/proc/self/mountinfo': `${live}3 1 7:0 /sub /copy rw - ext4 /dev/loop0 rw\n` } });
    expect((await refusal({ peers: { node2: bind }, resources: [fs('/mnt/live')] }))?.note).to.match(/is mounted on node2: it is live/);
    const other = there({ files: { '/proc/self/mountinfo': live } });
    expect((await update(fake({ peers: { node2: other }, resources: [fs('/mnt/live', true)] })))[0]).to.deep.include({ ok: true });
  });

  it('a destination below a mount point that is not mounted there, unless it is meant', async () => {
    const resources = [fs('/copy')];
    expect(await refusal({ resources })).to.deep.include({ code: 'REFUSED' });
    expect((await update(fake({ resources, allow: ['below-mount'] })))[0]).to.deep.include({ ok: true });
  });

  it('a dstfs that is not mounted there', async () => {
    expect((await refusal({ config: { dstfs: '/copy' } }))?.note).to.equal(
      'the destination filesystem /copy is not mounted on node2: /copy/data would fill the one below it (cannot be waived)',
    );
    expect((await update(fake({ config: { dstfs: '/copy' }, peers: { node2: mounted('/copy') } })))[0]).to.deep.include({ ok: true });
  });

  it('an instance that is up there, or that nobody can tell of', async () => {
    const peer = (state: 'up' | 'unknown') => ({ node2: { ...there(), instance: { state, text: 'fs#1 up' } } });
    expect((await refusal({ peers: peer('up') }))?.note).to.equal('svc1 on node2: fs#1 up (--allow peer-up)');
    expect((await refusal({ peers: peer('unknown') }))?.note).to.match(/--allow peer-unreachable/);
    expect((await update(fake({ peers: peer('up'), allow: ['peer-up'] })))[0]).to.deep.include({ ok: true });
    expect((await update(fake({ peers: peer('unknown'), allow: ['peer-unreachable'] })))[0]).to.deep.include({ ok: true });
  });

  it('more deletions than its limit: a quarter of the files, 100 at least, 10 from an empty source, or the keyword', async () => {
    const peers = { node2: there({ stats: { '/copy/data': { kind: 'directory' } } }) };
    const with_ = (files: number, deleted: number) => ({ reads: { 'rsync --dry-run': { stdout: stats(files, deleted) } } });
    expect((await refusal({ peers }, with_(100, 101)))?.note).to.equal(
      '101 files would be deleted on node2 (100 are here, the limit is 100) (--allow delete-many)',
    );
    expect((await refusal({ peers }, with_(1, 11)))?.note).to.include('the limit is 10)');
    expect((await refusal({ peers }, with_(4000, 1001)))?.note).to.include('the limit is 1000)');
    expect((await refusal({ peers, config: { max_delete: '0' } }, with_(4000, 1)))?.note).to.include('the limit is 0)');
    expect((await update(fake({ peers }, with_(4000, 1000))))[0]).to.deep.include({ ok: true });
    const allowed = fake({ peers, allow: ['delete-many'] }, with_(100, 5000));
    expect((await update(allowed))[0]).to.deep.include({ ok: true });
    expect(command(allowed)).not.to.include('--max-delete');
  });

  it('every target is checked before the first is written to', async () => {
    const made = fake({ peers: { node2: there(), node3: { ...there(), instance: { state: 'up', text: 'up' } } } });
    const seen: string[] = [];
    made.machine.changes['rsync'] = () => {
      seen.push(...made.asked);
      return { stdout: stats(1, 0) };
    };
    expect((await update(made)).map(({ ok }) => ok)).to.deep.equal([true, false]);
    expect(made.done.filter((line) => line.startsWith('rsync'))).to.have.length(1);
  });

  it('before the first change: a dst of /, a dst outside of dstfs, options that lie', async () => {
    const ask = async (config: Record<string, string>, verb = 'sync update') =>
      (await rsync.blockers?.(fake({ config }).at as never, verb)) ?? [];
    expect((await ask({ dst: '/' }))[0]?.text).to.match(/^dst = \/ would overwrite/);
    expect(await ask({ dst: '/', options: '-R' })).to.deep.equal([]);
    expect((await ask({ dstfs: '/other' }))[0]?.text).to.equal('dst /copy is not on dstfs /other');
    expect((await ask({ options: '--dry-run' }))[0]?.text).to.match(/^options: --dry-run/);
    expect(await ask({ dst: '/' }, 'start')).to.deep.equal([]);
  });
});

describe('unit: driver sync.rsync: verify and full', () => {
  it('full compares contents; verify changes nothing and tells what differs', async () => {
    const made = fake();
    await rsync.sync?.full?.(made.at as never);
    expect(command(made)).to.include(' --checksum ');
    const same = fake();
    expect(await rsync.sync?.verify?.(same.at as never)).to.deep.equal([{ target: 'node2', ok: true, note: 'the same' }]);
    const other = fake({}, { reads: { 'rsync --dry-run': { stdout: `<fcst...... a\n${stats(1, 0)}` } } });
    expect(await rsync.sync?.verify?.(other.at as never)).to.deep.equal([
      { target: 'node2', ok: false, code: 'COMMAND', note: '1 differ: <fcst...... a' },
    ]);
    expect([...same.done, ...other.done]).to.deep.equal([]);
  });
});

describe('unit: driver sync.rsync: status', () => {
  const status = async (options: Partial<FakeOptions>, memory: Record<string, string> = {}) => {
    const made = fake({ config: { sync_max_delay: '60' }, ...options });
    for (const [key, value] of Object.entries(memory)) made.machine.memory.set(key, value);
    const { state, notes = [] } = await made.status();
    return `${state}${notes.map(({ text }) => ` | ${text}`).join('')}`;
  };
  const two = { peers: { node2: there(), node3: there() } };

  it('where the service is up: by the age of the oldest target', async () => {
    expect(await status(two)).to.equal('down | node2, node3 need update');
    expect(await status(two, { last_sync_node2: iso(59), last_sync_node3: iso(61) })).to.equal('down | node3 need update');
    expect(await status(two, { last_sync_node2: iso(59), last_sync_node3: iso(60) })).to.equal('up');
    expect(await status(two, { last_sync_node2: iso(1), last_sync_node3: iso(1), failed_sync_node3: 'refused' })).to.equal(
      'warn | node3: last sync failed: refused',
    );
  });

  it('does not believe a stamp from far ahead, nor one that is none', async () => {
    expect(await status({}, { last_sync_node2: iso(-59) })).to.equal('up');
    expect(await status({}, { last_sync_node2: iso(-61) })).to.equal('down | node2 need update');
    expect(await status({}, { last_sync_node2: 'yesterday' })).to.equal('down | node2 need update');
  });

  it('where it is not up: by what this node was told', async () => {
    expect(await status({ isServiceUp: false })).to.equal('n/a | paused, service not up');
    expect(await status({ isServiceUp: false }, { last_sync_node1: iso(5) })).to.equal('up');
    expect(await status({ isServiceUp: false }, { last_sync_node1: iso(65) })).to.equal(
      `warn | passive node needs update, last ${iso(65)}`,
    );
    expect(await status({ isServiceUp: false, role: 'drpnodes' }, { last_sync_node1: iso(65) })).to.equal('n/a | paused, service not up');
  });

  it('nothing to say without targets, and on the recovery site', async () => {
    expect(await status({ peers: {} })).to.equal('n/a | no destination nodes');
    expect(await status({ role: 'drpnodes' })).to.equal('n/a | service up on drp node, sync disabled');
  });
});
