/**
 * The plug of a node pulled in the middle of a start or a stop, at a line of its log: then the other one takes the service over, and the
 * node, booted again, starts nothing by itself, says truly how things are, and is fit to have the service again.
 */
import { expect } from 'chai';
import { act, keys, leftOn, nothing, type Seen, startedCommands, statusOf, stoppedCommands, svcmgr } from './document-service.ts';
import type { Lab } from './lab.ts';
import type { LabNode } from './node.ts';

export interface PlugPoint {
  readonly verb: 'start' | 'stop';
  /** Which of its commands: the plug is pulled when this one is announced; it may not yet, half, or wholly have happened. */
  readonly index: number;
  /** That command on node1. */
  readonly line: string;
}

const commands = { start: startedCommands, stop: stoppedCommands } as const;

/** Every command of a start and of a stop; tests are named by them before there is a lab. */
export const allPlugPoints: readonly PlugPoint[] = (['start', 'stop'] as const).flatMap((verb) =>
  commands[verb]('node1').map((line, index) => ({ verb, index, line })),
);

/** Points that leave a tag or a key of the node on the LUN. */
export const leavingPoints = allPlugPoints.filter(({ verb, line }) =>
  verb === 'start' ? /--addtag|lxc-start/.test(line) : /--deltag|--release/.test(line),
);

/** Leaves the service running on the other node. */
export async function pullPlugAt(lab: Lab, point: PlugPoint): Promise<void> {
  const { victim, other } = await prepareFor(lab, point);
  await pullWhenSeen(victim, point);
  await takeOver(other);
  await victim.boot();
  const ofOther = { ...nothing, tags: other.name, keys: 'keys' };
  expect(await leftOn(victim), 'started by itself').to.deep.equal(ofOther);
  await saysItIsElsewhere(victim, other, point);
  await boot(victim);
  expect(await leftOn(victim), 'started by boot').to.deep.equal(ofOther);
  expect((await statusOf(other)).avail).to.equal('up');
}

/** Nobody took the service over: what the node left on the LUN is its own to clear, and then the other one needs no allowance. */
export async function pullPlugAndBootAlone(lab: Lab, point: PlugPoint): Promise<void> {
  const { victim, other } = await prepareFor(lab, point);
  await pullWhenSeen(victim, point);
  await victim.boot();
  const left = await leftOn(victim);
  expect(left, 'started by itself').to.deep.equal({ ...nothing, tags: left.tags, keys: 'keys' });
  const { resources } = await statusOf(victim);
  // The disks remember a reservation over the boot, and it is said to be held.
  for (const rid of ['vg#1', 'fs#1', 'container#0']) expect(resources[rid]?.status, rid).to.equal('down');
  if (left.tags !== '') expect(notesOf(resources['vg#1'])).to.match(/carries the tag of this node, though nothing of it is active/);
  await boot(victim);
  expect(await leftOn(victim)).to.deep.equal(nothing);
  await act(other, 'start');
  expect((await statusOf(other)).avail).to.equal('up');
}

interface Roles {
  readonly victim: Member;
  readonly other: Member;
}

type Member = LabNode & { readonly name: 'node1' | 'node2' };

/** Before a start it is stopped wherever it ran, without a trace; a stop is that of the node that has it. */
async function prepareFor(lab: Lab, { verb }: PlugPoint): Promise<Roles> {
  const [node1, node2] = (['node1', 'node2'] as const).map((name) => lab.node(name) as Member) as [Member, Member];
  for (const node of [node1, node2]) if (!node.isOn()) await node.boot();
  const { tags } = await leftOn(node1);
  const running = [node1, node2].find(({ name }) => name === tags);
  if (verb === 'start' && running !== undefined) {
    await act(running, 'stop');
    expect(await leftOn(running)).to.deep.equal(nothing);
  } else if (verb === 'stop' && running === undefined) await act(node1, 'start');
  return verb === 'stop' && running === node2 ? { victim: node2, other: node1 } : { victim: node1, other: node2 };
}

async function boot(node: LabNode): Promise<void> {
  const { code, stderr } = await node.run(['svcmgr', 'boot'], { timeoutMs: 240_000 });
  expect(code, stderr).to.equal(0);
}

/** Down, whose it is now, and what was cut. */
async function saysItIsElsewhere(victim: Member, other: Member, { verb, index }: PlugPoint): Promise<void> {
  const { avail, resources, monitor } = await statusOf(victim);
  expect(avail, JSON.stringify(resources)).to.equal('down');
  for (const rid of ['vg#1pr', 'vg#1', 'fs#1', 'container#0']) expect(resources[rid]?.status, rid).to.equal('down');
  expect(notesOf(resources['vg#1'])).to.match(new RegExp(`tagged ${other.name}`));
  expect(notesOf(resources['vg#1pr'])).to.match(new RegExp(`reserved by ${keys[other.name]}`));
  // The last command may have been the end of the action.
  const mayBeWhole = index === commands[verb](victim.name).length - 1;
  expect(monitor.interrupted?.verb ?? (mayBeWhole ? verb : 'nothing was interrupted')).to.equal(verb);
}

function notesOf(resource: Seen['resources'][string] | undefined): string {
  return resource?.notes.map(({ text }) => text).join('; ') ?? '';
}

/** What the other node's agent would say is unknown: the reservation and the tag may be its own leftovers. */
async function takeOver(other: LabNode): Promise<void> {
  const waived = ['peer-unreachable', 'foreign-reservation', 'foreign-tag'].flatMap((name) => ['--allow', name]);
  await act(other, 'start', ...waived);
}

/** @returns when the node is off */
async function pullWhenSeen(node: Member, { verb, index }: PlugPoint): Promise<void> {
  const line = commands[verb](node.name)[index] ?? '';
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
