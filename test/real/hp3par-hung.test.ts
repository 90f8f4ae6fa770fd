/**
 * Arrays that hang, that nothing comes back from, that break off in the middle of an answer: the daemon tells every other service on
 * time, and of theirs what was known last. Real ssh to arrays in another network namespace.
 */
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { StatusDocument } from '../../agent/state/status-document.ts';
import { documentPair } from '../sim/hp3par/config.ts';
import { makeUser, type SpawnedHp3par, spawnHp3par } from '../sim/hp3par/use.ts';
import { must } from '../support/command.ts';
import { type DaemonProcess, startDaemon, svcmgrd } from '../support/daemon.ts';
import { eventually } from '../support/eventually.ts';
import { array1, arraySections, documentService } from '../support/hp3par-document.ts';
import type { Netns } from '../support/netns.ts';
import { makeNodes, type Nodes, nodesNeeds, type TestNode } from '../support/nodes.ts';
import { describeUnless, missing } from '../support/skip.ts';

const addresses = ['10.77.0.101', '10.77.0.102'] as const;
const everyMs = 2000;
/** A round may begin a beat late, and its look takes its time on a busy machine. */
const lateMs = 4000;
const disks = '[fs#1]\ntype = flag\n';
const schedule = (text: string) => text.replace('[DEFAULT]\n', `[DEFAULT]\nstatus_schedule = @${everyMs / 1000}s\n`);
/** The group as site 1 has it, or seen from the other array. */
const onArray1 = schedule(documentService('', disks));
const onArray2 = onArray1.replaceAll('@node1', '@nodeX').replaceAll('@node2', '@node1').replaceAll('@nodeX', '@node2');

interface Seen {
  /** How long the answer took, ms. */
  readonly tookMs: number;
  /** How old what it says is, ms. */
  readonly ageMs: number;
  readonly sync: string | undefined;
  readonly notes: string;
  readonly overall: string;
}

describeUnless(missing(nodesNeeds), 'real: arrays that do not answer', function () {
  this.timeout(90_000);
  let nodes: Nodes;
  let arrays: Netns;
  let node: TestNode;
  let sim: SpawnedHp3par;
  let daemon: DaemonProcess;

  before('a daemon on one node, two arrays behind its switch', async () => {
    nodes = await makeNodes(1);
    arrays = nodes.attach('arrays', ...addresses);
    node = nodes.node('node1');
    const folder = node.home.path('arrays');
    const user = makeUser(node.home.path(''), { name: 'opensvc' });
    const pair = documentPair(user);
    const placed = pair.arrays.map((array, at) => ({ ...array, address: addresses[at] ?? '', port: 22 }));
    sim = await spawnHp3par({ ...pair, arrays: placed, clock: 'real' }, path.join(folder, 'sim'), arrays);
    appendFileSync(node.home.path('etc', 'svcmgr.conf'), arraySections(node.home.path(''), sim.ssh, user));
    node.home.service('svc1', onArray1);
    node.home.service('svc2', onArray2);
    node.home.service('plain', schedule(`[DEFAULT]\nnodes = node1\n\n${disks}`));
    daemon = startDaemon(node.home, { SVCMGR_NODENAME: node.name }, [...node.netns.enter, svcmgrd]);
    await daemon.ready();
    await eventually(async () => (await syncIs('svc1', 'up')) && (await syncIs('svc2', 'up')));
  });
  after('remove all', async () => {
    await daemon?.crash();
    await sim?.stop();
    nodes?.remove();
  });
  afterEach('the arrays are well again', () => sim.controls.clearFaults());

  async function see(service: string): Promise<Seen> {
    const begun = performance.now();
    const { body } = await daemon.get(`/v1/status?format=json&selector=${service}`);
    const document = JSON.parse(body) as StatusDocument;
    const sync = document.resources['sync#1'];
    return {
      tookMs: performance.now() - begun,
      ageMs: Date.now() - Date.parse(document.updated),
      sync: sync?.status,
      notes: (sync?.notes ?? []).map(({ text }) => text).join('; '),
      overall: document.overall,
    };
  }

  /** Looks at all three services until it is true; the slowest answer, and the oldest one of the service without an array. */
  async function watchUntil(isTrue: () => Promise<boolean>): Promise<{ readonly slowestMs: number; readonly oldestMs: number }> {
    const worst = { slowestMs: 0, oldestMs: 0 };
    await eventually(async () => {
      for (const service of ['svc1', 'svc2', 'plain']) {
        const { tookMs, ageMs } = await see(service);
        worst.slowestMs = Math.max(worst.slowestMs, tookMs);
        if (service === 'plain') worst.oldestMs = Math.max(worst.oldestMs, ageMs);
      }
      return isTrue();
    }, 30_000);
    return worst;
  }

  const syncIs = async (service: string, state: string) => (await see(service)).sync === state;
  const questions = async () => (await sim.controls.log()).filter(({ array, line }) => array === array1 && line.startsWith('showrcopy'));
  const expectOnTime = ({ slowestMs, oldestMs }: Awaited<ReturnType<typeof watchUntil>>) => {
    expect(slowestMs, 'the slowest answer').to.be.below(1000);
    expect(oldestMs, 'the oldest figures of the service without an array').to.be.below(everyMs + lateMs);
  };

  it('one hangs, the other is a black hole: both are undef with what was known last, others as ever; then both are back', async () => {
    const known = (await questions()).length;
    await sim.controls.fault({ kind: 'hang', array: array1 });
    const wayBack = blackHole();
    await eventually(async () => (await questions()).length > known);
    const begun = performance.now();
    const shown = await node.cli(['-s', 'svc1', 'print', 'status']);
    expect(performance.now() - begun, 'print status while the question hangs').to.be.below(4000);
    expect(shown.stdout).to.match(/sync#1 .* up /);
    expectOnTime(await watchUntil(() => syncIs('svc1', 'undef')));
    const [first, ...later] = (await questions()).slice(known).map(({ atMs }) => atMs);
    expect(
      later.filter((atMs) => atMs < (first ?? 0) + 7500),
      'questions while the first one hangs',
    ).to.deep.equal([]);
    expectOnTime(await watchUntil(() => syncIs('svc2', 'undef')));
    for (const [service, words] of [
      ['svc1', /no answer in 8 s.*; last known: up, \d+ s ago$/],
      ['svc2', /^hp3par2\.opensvc\.com .*no answer in \d s; last known: up, \d+ s ago$/],
    ] as const) {
      const { notes, overall } = await see(service);
      expect(notes).to.match(words);
      expect(overall).to.equal('warn');
    }
    wayBack();
    await sim.controls.clearFaults();
    expectOnTime(await watchUntil(async () => (await syncIs('svc1', 'up')) && (await syncIs('svc2', 'up'))));
  });

  it('half an answer, garbage, nobody who listens: undef at once, and up again behind it', async () => {
    const faults: Readonly<Record<string, () => Promise<unknown>>> = {
      half: () => sim.controls.fault({ kind: 'half', array: array1, command: 'showrcopy' }),
      garbage: () => sim.controls.fault({ kind: 'garbage', array: array1, command: 'showrcopy' }),
      refused: () => sim.controls.door(array1, { management: 'refuse' }),
    };
    for (const [name, begin] of Object.entries(faults)) {
      await begin();
      expectOnTime(await watchUntil(() => syncIs('svc1', 'undef')));
      expect((await see('svc1')).notes, name).to.match(/last known: up, \d+ s ago/);
      expect((await see('svc2')).sync, `${name}: the other array`).to.equal('up');
      await sim.controls.clearFaults();
      await sim.controls.door(array1, { management: 'open' });
      expectOnTime(await watchUntil(() => syncIs('svc1', 'up')));
    }
  });

  /** What is sent to array 2 vanishes, and nobody is told: its address is gone, and the neighbour is known for ever. Returns the way back. */
  function blackHole(): () => void {
    const address = addresses[1];
    const [link] = JSON.parse(arrays.run('ip', '-j', 'link', 'show', 'eth0')) as { readonly address: string }[];
    const ofArrays = (verb: string) => must('ip', '-n', arrays.name, 'address', verb, `${address}/24`, 'dev', 'eth0');
    const neighbour = ['neigh', 'replace', address, 'lladdr', link?.address ?? '', 'dev', 'eth0', 'nud', 'permanent'];
    must('ip', '-n', node.netns.name, ...neighbour);
    ofArrays('del');
    return () => ofArrays('add');
  }
});
