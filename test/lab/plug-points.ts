/**
 * The plug of node1 pulled in the middle of a start or a stop, at a line of its log: then node2 takes the service over, and node1, booted again,
 * starts nothing by itself, says truly how things are, and is fit to have the service again.
 */
import { expect } from 'chai';
import { act, keys, leftOn, nothing, type Seen, startedCommands, statusOf, stoppedCommands, svcmgr } from './document-service.ts';
import type { Lab } from './lab.ts';
import type { LabNode } from './node.ts';

export interface PlugPoint {
  readonly verb: 'start' | 'stop';
  /** The plug is pulled when this command is announced: it may not yet, half, or wholly have happened. */
  readonly line: string;
}

/** Every command of a start and of a stop; tests are named by them before there is a lab. */
export const allPlugPoints: readonly PlugPoint[] = (
  [
    ['start', startedCommands('node1')],
    ['stop', stoppedCommands('node1')],
  ] as const
).flatMap(([verb, lines]) => lines.map((line) => ({ verb, line })));

/** Points that leave a tag or a key of node1 on the LUN. */
export const leavingPoints = allPlugPoints.filter(({ verb, line }) =>
  verb === 'start' ? /--addtag|lxc-start/.test(line) : /--deltag|--release/.test(line),
);

export async function pullPlugAt(lab: Lab, { verb, line }: PlugPoint): Promise<void> {
  const [node1, node2] = [lab.node('node1'), lab.node('node2')];
  if (verb === 'stop') await act(node1, 'start');
  await pullWhenSeen(node1, verb, line);
  await takeOver(node2);
  await node1.boot();
  const ofNode2 = { ...nothing, tags: 'node2', keys: 'keys' };
  expect(await leftOn(node1), 'started by itself').to.deep.equal(ofNode2);
  await saysItIsElsewhere(node1, verb, line);
  await boot(node1);
  expect(await leftOn(node1), 'started by boot').to.deep.equal(ofNode2);
  expect((await statusOf(node2)).avail).to.equal('up');
  await act(node2, 'stop');
  expect(await leftOn(node2)).to.deep.equal(nothing);
}

/** Nobody took the service over: what node1 left on the LUN is its own to clear, and then node2 needs no allowance. */
export async function pullPlugAndBootAlone(lab: Lab, { verb, line }: PlugPoint): Promise<void> {
  const [node1, node2] = [lab.node('node1'), lab.node('node2')];
  if (verb === 'stop') await act(node1, 'start');
  await pullWhenSeen(node1, verb, line);
  await node1.boot();
  const left = await leftOn(node1);
  expect(left, 'started by itself').to.deep.equal({ ...nothing, tags: left.tags, keys: 'keys' });
  const { resources } = await statusOf(node1);
  // The disks remember a reservation over the boot, and it is said to be held.
  for (const rid of ['vg#1', 'fs#1', 'container#0']) expect(resources[rid]?.status, rid).to.equal('down');
  if (left.tags !== '') expect(notesOf(resources['vg#1'])).to.match(/carries the tag of this node, though nothing of it is active/);
  await boot(node1);
  expect(await leftOn(node1)).to.deep.equal(nothing);
  await act(node2, 'start');
  expect((await statusOf(node2)).avail).to.equal('up');
  await act(node2, 'stop');
}

async function boot(node: LabNode): Promise<void> {
  const { code, stderr } = await node.run(['svcmgr', 'boot'], { timeoutMs: 240_000 });
  expect(code, stderr).to.equal(0);
}

/** Down, whose it is now, and what was cut. */
async function saysItIsElsewhere(node1: LabNode, verb: string, line: string): Promise<void> {
  const { avail, resources, monitor } = await statusOf(node1);
  expect(avail, JSON.stringify(resources)).to.equal('down');
  for (const rid of ['vg#1pr', 'vg#1', 'fs#1', 'container#0']) expect(resources[rid]?.status, rid).to.equal('down');
  expect(notesOf(resources['vg#1'])).to.match(/tagged node2/);
  expect(notesOf(resources['vg#1pr'])).to.match(new RegExp(`reserved by ${keys.node2}`));
  // The last command may have been the end of the action.
  const mayBeWhole = line === allPlugPoints.findLast((point) => point.verb === verb)?.line;
  expect(monitor.interrupted?.verb ?? (mayBeWhole ? verb : 'nothing was interrupted')).to.equal(verb);
}

function notesOf(resource: Seen['resources'][string] | undefined): string {
  return resource?.notes.map(({ text }) => text).join('; ') ?? '';
}

/** What the other node's agent would say is unknown: the reservation and the tag may be its own leftovers. */
async function takeOver(node2: LabNode): Promise<void> {
  const waived = ['peer-unreachable', 'foreign-reservation', 'foreign-tag'].flatMap((name) => ['--allow', name]);
  await act(node2, 'start', ...waived);
}

/** @returns when the node is off */
async function pullWhenSeen(node: LabNode, verb: string, line: string): Promise<void> {
  let log = '';
  let pulled: Promise<void> | undefined;
  const onOutput = (data: Buffer) => {
    log += data.toString('utf8');
    if (log.includes(line)) pulled ??= node.pullPlug();
  };
  const end = await svcmgr(node, [verb], { onOutput }).then(
    (result) => `exit ${result.code}`,
    () => 'cut',
  );
  if (pulled === undefined) throw new Error(`${node.name}: ${verb} ended (${end}) without ${line}\n${log}`);
  await pulled;
}
