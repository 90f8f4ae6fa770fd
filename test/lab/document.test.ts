/** The whole service of the HP 3PAR document on two real nodes and a real LUN: started, stopped, started on the other one; split brain. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import {
  act,
  commandsOf,
  containerAddress,
  inLab,
  leftOn,
  mountPoint,
  nothing,
  prepareService,
  startedCommands,
  statusOf,
  stoppedCommands,
  svcmgr,
} from './document-service.ts';
import { useLab } from './lab.ts';
import { documentLog, maskCounts, tagLast } from '../support/document-log.ts';
import { skipSuite } from '../support/skip.ts';
import { missingVectors } from '../support/vectors.ts';
import type { LabNode } from './node.ts';
import { startWriter } from './writer.ts';

describe('lab: the service of the HP 3PAR document', function () {
  this.timeout(600_000);
  const lab = useLab({ nodes: ['san', 'node1', 'node2'] });
  const node1 = () => lab().node('node1');
  const node2 = () => lab().node('node2');

  /** What stop and start said of reservation, group and filesystem, with what the commands printed. */
  const storage = ['VG#1PR', 'VG#1', 'FS#1'];
  const said = { stop: [] as readonly string[], start: [] as readonly string[] };
  const keep = (verb: 'stop' | 'start', lines: readonly string[]): readonly string[] => {
    said[verb] = lines.filter((line) => storage.includes(line.split(' ', 1)[0] ?? '')).map(maskCounts);
    return lines;
  };

  before('prepare the service', async function () {
    this.timeout(300_000);
    await prepareService(lab());
  });

  it('starts on node1 with the commands of the document, in its order', async () => {
    expect(commandsOf(await act(node1(), 'start'))).to.deep.equal(startedCommands('node1'));
    const seen = await statusOf(node1());
    expect(seen.avail).to.equal('up');
    const states = Object.entries(seen.resources).filter(([rid]) => rid !== 'sync#i0');
    expect(states.map(([rid, { status }]) => `${rid} ${status}`)).to.have.members([
      'vg#1pr up',
      'vg#1 up',
      'fs#1 up',
      'container#0 up',
      'ip#1 up',
    ]);
    expect((await reaches(node2())).code).to.equal(0);
  });

  it('is refused on node2 meanwhile, and changes nothing', async () => {
    const refused = await svcmgr(node2(), ['start']);
    expect(refused.code).to.equal(5);
    expect(refused.stderr).to.match(/--allow peer-up/);
    expect((await statusOf(node1())).avail).to.equal('up');
  });

  it('stops with the commands of the document, but keeps the tag until the volume is down', async () => {
    expect(commandsOf(keep('stop', await act(node1(), 'stop')))).to.deep.equal(stoppedCommands('node1'));
    expect((await statusOf(node1())).avail).to.equal('down');
    expect((await reaches(node2())).code).to.equal(1);
    expect(await leftOn(node1())).to.deep.equal(nothing);
  });

  it('starts on node2 with the data of node1', async () => {
    expect(commandsOf(keep('start', await act(node2(), 'start')))).to.deep.equal(startedCommands('node2'));
    expect((await statusOf(node2())).avail).to.equal('up');
    expect((await reaches(node1())).code).to.equal(0);
    await act(node2(), 'stop');
    expect(await leftOn(node2())).to.deep.equal(nothing);
  });

  it('said of the storage what the document logs, line by line, but that the tag goes last', function () {
    const reason = missingVectors('hp3par-outputs.json');
    if (reason !== undefined) skipSuite(this, reason);
    expect(said.stop).to.deep.equal(inLab(tagLast(documentLog('stop', storage)), 'node1'));
    expect(said.start).to.deep.equal(inLab(documentLog('start', storage), 'node2'));
  });

  it('fences a node that cannot be asked: after the takeover no byte of it reaches the disk', async () => {
    await act(node1(), 'start');
    const writer = startWriter(node1(), `${mountPoint}/counter`);
    await writer.wrote(3);
    await node1().cut('service');
    const refused = await svcmgr(node2(), ['start']);
    expect(refused.code).to.equal(5);
    // The reservation covers everything the service has on disks, so it decides, and nothing else is asked for.
    expect(refused.stderr).to.match(/--allow foreign-reservation/);
    expect(refused.stderr).not.to.match(/--allow (peer-unreachable|foreign-tag)/);
    await writer.wrote(1 + (await writer.count()));
    await act(node2(), 'start', '--allow', 'foreign-reservation');
    const last = await writer.refused();
    expect(await node1().must(['dmesg'])).to.match(/reservation conflict/);
    expect(await node2().must(['head', '-n', '1', `${mountPoint}/counter`])).to.equal(`node1 ${last}`);
    expect(readFileSync(lab().lunFile).includes(`node1 ${last + 1}\n`)).to.equal(false);
    const seen = await statusOf(node1());
    expect(seen.avail).not.to.equal('up');
    expect(seen.resources['vg#1pr']?.notes.map(({ text }) => text).join()).to.match(/the reservation of this node was taken away/);
  });

  it('lets the fenced node stop what is its own, without harm to the other', async () => {
    await node1().restore('service');
    await svcmgr(node1(), ['stop']);
    expect((await statusOf(node2())).avail).to.equal('up');
    expect(await node2().must(['sg_persist', '-n', '-r', '/dev/sda'])).to.match(/Write Exclusive, registrants only/);
    expect((await node2().must(['vgs', '--noheadings', '-o', 'tags', 'vg_svc1'])).trim()).to.equal('node2');
    await act(node2(), 'stop');
  });
});

/** Is the address inside the container reached from this node? */
function reaches(node: LabNode) {
  return node.run(['ping', '-c', '1', '-W', '5', containerAddress]);
}
