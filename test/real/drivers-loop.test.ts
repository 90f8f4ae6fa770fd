import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import loop from '../../drivers/vg/loop.ts';
import { must } from '../support/command.ts';
import { useHome } from '../support/home.ts';
import { loopsOver, makeImage } from '../support/loop.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { createBench, noteTexts } from './drivers-bench.ts';

describeUnless(missing({ root: true, tools: ['losetup'], files: ['/dev/loop-control'] }), 'driver vg.loop on real loop devices', () => {
  const home = useHome();
  const benchOf = (config: Readonly<Record<string, string>> = {}) => {
    const file = home().path('img', 'a.img');
    return { file, bench: createBench(loop, { folder: home().folder, rid: 'vg#1', config: { file, ...config } }) };
  };

  it('provisions, attaches, detaches and removes, and a second time changes nothing', async () => {
    const { file, bench } = benchOf({ size: '8m' });
    expect(await bench.provisioned()).to.equal(false);
    expect(await bench.act('provision')).to.have.length(2);
    expect(statSync(file)).to.include({ size: 8 * 1024 * 1024, mode: 0o100600 });
    expect(await bench.act('provision')).to.deep.equal([]);
    expect((await bench.status()).state).to.equal('down');

    const planned = await bench.dry('start');
    expect(await bench.act('start')).to.deep.equal(planned);
    expect(await bench.act('start')).to.deep.equal([]);
    const [device] = loopsOver(file);
    expect(await bench.status()).to.deep.include({ state: 'up', facts: { device } });

    expect(await bench.act('stop')).to.deep.equal([`losetup --detach ${device}`]);
    expect(await bench.act('stop')).to.deep.equal([]);
    expect(loopsOver(file)).to.deep.equal([]);
    expect(await bench.act('unprovision')).to.deep.equal([`rm -f ${file}`]);
    expect(await bench.act('unprovision')).to.deep.equal([]);
  });

  it('honours the sector size and tells when it differs', async () => {
    const { file, bench } = benchOf({ sector: '4096' });
    makeImage(file, 8 * 1024 * 1024);
    await bench.act('start');
    expect((await bench.status()).state).to.equal('up');
    const other = createBench(loop, { folder: home().folder, rid: 'vg#1', config: { file, sector: '512' } });
    expect(await other.status()).to.deep.include({ state: 'warn' });
  });

  it('refuses to detach a mounted device, and says where it is mounted', async () => {
    const { file, bench } = benchOf();
    makeImage(file, 8 * 1024 * 1024);
    must('mkfs.ext4', '-q', file);
    await bench.act('start');
    const [device] = loopsOver(file);
    const mnt = path.dirname(home().path('mnt', 'x'));
    must('mount', String(device), mnt);
    const error = await bench.act('stop').catch((thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'REFUSED');
    expect(error).to.have.property('message').that.contains(`mounted on ${mnt}`);
    must('umount', mnt);
    await bench.act('stop');
  });

  it('finds the device through another name of the image, and never attaches it twice', async () => {
    const { file, bench } = benchOf();
    makeImage(file, 8 * 1024 * 1024);
    must('ln', '-s', file, home().path('link.img'));
    await bench.act('start');
    const other = createBench(loop, { folder: home().folder, rid: 'vg#2', config: { file: home().path('link.img') } });
    expect((await other.status()).state).to.equal('up');
    expect(await other.act('start')).to.deep.equal([]);
  });

  it('tells a removed image from a new one of the same name', async () => {
    const { file, bench } = benchOf();
    makeImage(file, 8 * 1024 * 1024);
    await bench.act('start');
    must('rm', file);
    expect(noteTexts(await bench.status()).join()).to.contain('removed file');
    makeImage(file, 8 * 1024 * 1024);
    expect((await bench.status()).state).to.equal('warn');
    expect(await bench.act('start').catch((thrown: unknown) => thrown)).to.have.property('code', 'REFUSED');
    await bench.act('stop');
    expect((await bench.status()).state).to.equal('down');
  });

  it('refuses before the first change: no image, a folder, a size that differs', async () => {
    const { file, bench } = benchOf({ size: '8m' });
    expect(await bench.blockers('start')).to.have.length(1);
    expect(await bench.blockers('provision')).to.deep.equal([]);
    writeFileSync(file, 'data');
    expect(await bench.blockers('start')).to.deep.equal([]);
    expect(await bench.blockers('provision')).to.have.length(1);
    expect(await bench.act('provision').catch((thrown: unknown) => thrown)).to.have.property('code', 'REFUSED');
    const folder = createBench(loop, { folder: home().folder, rid: 'vg#1', config: { file: home().folder } });
    expect(await folder.blockers('start')).to.have.length(1);
  });
});
