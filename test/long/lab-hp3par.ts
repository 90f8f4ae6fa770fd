/**
 * The relocation of the HP 3PAR document, the whole of it: two nodes with LVM, SCSI reservations, LXC and iSCSI of a real kernel, two simulated
 * arrays whose volumes are their LUNs. Everything that is typed and shown is the document's own (lab-hp3par.golden). `npm run test:lab:full`.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { act, mountPoint, svcmgr } from '../lab/document-service.ts';
import { makeLabArrays, places } from '../lab/hp3par-arrays.ts';
import { nameContainer, prepareSites } from '../lab/hp3par-service.ts';
import { useLab } from '../lab/lab.ts';
import type { LabNode } from '../lab/node.ts';
import { exchanged, mask, maskNumbers, parseSession, shownOf, type Turn } from '../support/session.ts';

const golden = readFileSync(path.join(import.meta.dirname, 'lab-hp3par.golden'), 'utf8');

/** What we say beside the document: notes below a resource, outcomes, what could be lost, the address in the container, the way to a writable disk. */
const additions: readonly RegExp[] = [
  /^(\| )*# /,
  /^\S+ INFO \S+ hp3par\d\.opensvc\.com: done$/,
  /^\S+ WARN \S+ what was written on .* is lost$/,
  /^\S+ INFO \S+\.IP#1 (ip addr (add|del) 10\.77\.0\.80\/24 dev eth0 \(in container#0\)$|arping |output: )/,
  /^\S+ INFO \S+\.VG#1PR (blockdev --setrw|tee \/sys\/block|output: 1$|multipath -r)/,
];

/** Lines of the document that we do not have: no agent runs in the container, and it is asked by a command, not by ping. */
const absent: readonly RegExp[] = [/ logs from \S+ child service:$/, / wait for container ping$/];

describe('lab: the session of the HP 3PAR document', function () {
  this.timeout(900_000);
  const arrays = makeLabArrays();
  const lab = useLab({ nodes: ['san', 'node1', 'node2'], storage: arrays.storage });
  const node1 = () => lab().node('node1');
  const node2 = () => lab().node('node2');

  before('prepare the service', async function () {
    this.timeout(400_000);
    await prepareSites(lab(), arrays);
  });
  afterEach('nobody wrote where it may not', async () => {
    expect(await arrays.controls().violations()).to.deep.equal([]);
  });

  it('has a LUN that refuses writes from the moment its volume is the secondary, and is readable all the time', async () => {
    const { node1: site1, node2: site2 } = places;
    const command = async (array: string, line: string) => expect(await arrays.controls().run(array, line)).to.include({ exit: 0 });
    const isReadable = async (node: LabNode) =>
      (await node.run(['dd', 'if=/dev/sda', 'of=/dev/null', 'count=1', 'iflag=direct'])).code === 0;
    expect([await isReadable(node1()), await isReadable(node2())]).to.deep.equal([true, true]);
    expect([await writesTo(node1()), await writesTo(node2())]).to.deep.equal([0, 1]);
    const writer = node1().start(['bash', '-c', 'while dd if=/dev/zero of=/dev/sda count=1 seek=131071 oflag=direct; do :; done']);
    await command(site1.array, `stoprcopygroup -f ${site1.rcg}`);
    await command(site2.array, `setrcopygroup reverse -f -waittask ${site2.rcg}`);
    expect((await writer.done).stderr).to.match(/Remote I\/O error/);
    expect([await isReadable(node1()), await isReadable(node2())]).to.deep.equal([true, true]);
    // Nobody told node2; it asks when svcmgr lets it.
    expect([await writesTo(node1()), await writesTo(node2())]).to.deep.equal([1, 1]);
    await command(site1.array, `setrcopygroup reverse -f -waittask ${site1.rcg}`);
    expect(await writesTo(node1())).to.equal(0);
    await command(site1.array, `startrcopygroup ${site1.rcg}`);
    await synced();
  });

  it('goes over as the document shows it', async () => {
    await act(node1(), 'start');
    await act(node1(), 'sync', 'update');
    await write(node1(), 'written on site 1');
    await replay(golden);
    expect(await read(node2())).to.equal('written on site 1');
    expect(await writesTo(node1())).to.equal(1);
  });

  it('comes back by the same commands', async () => {
    await write(node2(), 'written on site 2');
    await replay(exchanged(golden));
    expect(await read(node1())).to.equal('written on site 2');
    expect(await writesTo(node2())).to.equal(1);
  });

  it('starts on site 2 when node 1 and array 1 are dead, with the data of the last sync', async () => {
    await act(node1(), 'sync', 'update');
    await write(node1(), 'lost with site 1');
    await Promise.all([node1().pullPlug(), arrays.kill('node1')]);
    const lines = await act(node2(), 'start');
    expect(lines)
      .to.include('SYNC#1 we are split from hp3par1.opensvc.com array')
      .and.include('SYNC#1 setrcopygroup failover -f -waittask MYRCG.r12345');
    expect(await read(node2())).to.equal('written on site 2');
    await write(node2(), 'newer');
  });

  it('loses nothing newer when site 1 is back: no start there, then the way back', async () => {
    await arrays.revive('node1');
    await node1().boot();
    await nameContainer(node1());
    const refused = await svcmgr(node1(), ['start', '--allow', 'peer-up', '--allow', 'stale-data']);
    expect(refused.code, refused.stderr).to.equal(5);
    expect(await read(node2())).to.equal('newer');
    await act(node2(), 'sync', 'resync');
    await synced();
    await act(node2(), 'stop');
    await act(node2(), 'sync', 'update');
    await act(node1(), 'start');
    expect(await read(node1())).to.equal('newer');
  });

  /** Each line as the document types it, compared with what it shows. */
  async function replay(text: string): Promise<void> {
    for (const { node, words, lines } of parseSession(text).map(corrected)) {
      const result = await svcmgr(lab().node(node === 'node1' ? 'node1' : 'node2'), words);
      const typed = `${node}: ${words.join(' ')}`;
      expect(result.code, `${typed}\n${result.stdout}${result.stderr}`).to.equal(0);
      expect(shown(`${result.stdout}${result.stderr}`, lines), typed).to.deep.equal(lines);
      // A person types the next line later; by then the first synchronization of a new direction is over.
      if (words.includes('resume')) await synced();
    }
  }

  async function synced(): Promise<void> {
    const members = async () =>
      Object.values(await arrays.controls().state()).flatMap(({ groups }) => Object.values(groups).flatMap(({ volumes }) => volumes));
    while (!(await members()).every(({ sync }) => sync === 'Synced')) await new Promise((resolve) => setTimeout(resolve, 200));
  }
});

/** What has been written is on the array. */
async function write(node: LabNode, text: string): Promise<void> {
  await node.sh('echo "$1" >"$2/file"; sync -f "$2/file"', [text, mountPoint]);
}

async function read(node: LabNode): Promise<string> {
  return await node.must(['cat', `${mountPoint}/file`]);
}

/** Exit status of a write to the last block of the LUN, which the volume group leaves alone. */
async function writesTo(node: LabNode): Promise<number | null> {
  const { code, stderr } = await node.run(['dd', 'if=/dev/zero', 'of=/dev/sda', 'count=1', 'seek=131071', 'oflag=direct']);
  if (code !== 0) expect(stderr).to.match(/Remote I\/O error|Read-only file system/);
  return code;
}

/** The lines of a turn as ours are, where we differ from the document on purpose. */
function corrected({ node, words, lines }: Turn): Turn {
  // Nodes have no domain in the lab; the volume group has one name in the document and another in two of its listings.
  const named = lines.map((line) => line.replace(/@(node\d)\.opensvc\.com/, '@$1').replace('/mapper/v_svc1-', '/mapper/vg_svc1-'));
  // It may not kill by itself.
  const told = named.map((line) => line.replace(/(lxc-stop .*_lxc_stop\.log)$/, '$1 -t 30 --nokill'));
  const kept = told.filter((line) => !absent.some((one) => one.test(line)));
  // OpenSVC: "service up on drp node, sync disabled".
  const isDisabled = node === 'node2' && kept.includes('overall up');
  const stated = isDisabled ? kept.map((line) => line.replace(/(sync#i0 \.\.\.\.) up/, '$1 n/a')) : kept;
  return { node, words, lines: tagLast(stated) };
}

/** The tag stays until the last volume is down. */
function tagLast(lines: readonly string[]): readonly string[] {
  const tag = lines.findIndex((line) => line.includes('vgchange --deltag'));
  const down = lines.findIndex((line) => line.endsWith(' now active'));
  if (tag === -1 || down < tag) return lines;
  return [...lines.slice(0, tag), ...lines.slice(tag + 2, down + 1), ...lines.slice(tag, tag + 2), ...lines.slice(down + 1)];
}

function shown(output: string, expected: readonly string[]): readonly string[] {
  const lines = output
    .split('\n')
    .map((line) => maskNumbers(mask(line)))
    .filter((line) => /^(HH:MM:SS|overall|[|']) ?/.test(line) && !additions.some((addition) => addition.test(line)))
    .filter((line) => !line.includes('SYNC#I0') || expected.some((one) => one.includes('SYNC#I0')))
    // Of a container that is down the document shows what is inside once, and once not.
    .filter((line) => !line.startsWith("'- ip#1 ") || expected.includes(line));
  return shownOf(lines, expected);
}
