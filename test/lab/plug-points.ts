/**
 * The plug of node1 pulled in the middle of a start or a stop, at a line of its log: then node2 takes the service over, and node1, booted again,
 * starts nothing by itself, says truly how things are, and is fit to have the service again.
 */
import { expect } from 'chai';
import { act, startedCommands, statusOf, stoppedCommands, svcmgr } from './document-service.ts';
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

export async function pullPlugAt(lab: Lab, { verb, line }: PlugPoint): Promise<void> {
  const [node1, node2] = [lab.node('node1'), lab.node('node2')];
  if (verb === 'stop') await act(node1, 'start');
  await pullWhenSeen(node1, verb, line);
  await takeOver(node2);
  await node1.boot();
  const seen = await statusOf(node1);
  expect(seen.avail, JSON.stringify(seen)).to.equal('down');
  expect(await node1.sh('dmsetup ls | cut -f 1; grep -c /opt/ /proc/mounts || true')).to.equal('lun\n0');
  const boot = await node1.run(['svcmgr', 'boot'], { timeoutMs: 240_000 });
  expect(boot.code, boot.stderr).to.equal(0);
  expect((await statusOf(node2)).avail).to.equal('up');
  await act(node2, 'stop');
  expect(await node2.must(['sg_persist', '-n', '-k', '/dev/sda'])).to.match(/NO registered/);
}

/** What the other node's agent would say is unknown: the reservation and the tag may be its own leftovers. */
async function takeOver(node2: LabNode): Promise<void> {
  const waived = ['peer-unreachable', 'foreign-reservation', 'foreign-tag'].flatMap((name) => ['--allow', name]);
  await act(node2, 'start', ...waived);
  expect((await statusOf(node2)).avail).to.equal('up');
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
