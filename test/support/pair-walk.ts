/**
 * Random steps on a pair of nodes: starts, stops, switches, takeovers, agents killed, cables pulled. Seeded, so that a walk can be
 * taken again; how far two processes get in the same time is not, so that a fault may need more than one try.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { CliProcess } from './cli.ts';
import { agentsOf, type Pair, pairService } from './pair.ts';

export interface WalkOptions {
  readonly seed: number;
  readonly steps: number;
  /** Told each step as it ends. */
  readonly log: (line: string) => void;
  /** Waited for between two steps. */
  readonly afterStep?: (step: number) => Promise<void>;
}

const names = ['node1', 'node2'] as const;
type Name = (typeof names)[number];

interface Dice {
  /** 0 <= n < 1 */
  next(): number;
  chance(part: number): boolean;
  pick<V>(list: readonly [V, ...V[]]): V;
}

function createDice(seed: number): Dice {
  let state = seed >>> 0;
  // mulberry32
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return { next, chance: (part) => next() < part, pick: (list) => list[Math.floor(next() * list.length)] ?? list[0] };
}

/** Walks; throws when the data was mounted on both, when a status does not tell the truth, or when it does not come to rest at the end. */
export async function walkPair(pair: Pair, { seed, steps, log, afterStep }: WalkOptions): Promise<void> {
  const dice = createDice(seed);
  for (let step = 1; step <= steps; step += 1) {
    const text = await takeStep(pair, dice);
    log(`seed ${seed} step ${step}: ${text}; mounted on ${pair.mounted().join('+') || 'none'}`);
    mustNotBeSplit(pair);
    await mustTellTheTruth(pair);
    await afterStep?.(step);
  }
  await comeToRest(pair, log);
}

async function takeStep(pair: Pair, dice: Dice): Promise<string> {
  const node = dice.pick(names);
  const kind = dice.pick(['start', 'start', 'stop', 'switch', 'switch', 'switch', 'takeover', 'both', 'resume', 'link'] as const);
  if (kind === 'link') return changeLink(pair, dice, node);
  const started = await startOf(pair, dice, kind, node);
  if (started === undefined) return `no takeover on ${node}: an operator would see that the other one is at work`;
  const trouble = await makeTrouble(pair, dice);
  const ends = await Promise.all(started.calls.map((call) => endOf(pair, call)));
  return `${started.text} (exit ${ends.join(', ')})${trouble}`;
}

type Kind = 'start' | 'stop' | 'switch' | 'takeover' | 'both' | 'resume';

async function startOf(pair: Pair, dice: Dice, kind: Kind, node: Name): Promise<{ text: string; calls: CliProcess[] } | undefined> {
  const begin = (on: Name, ...argv: string[]) => {
    const call = pair.spawn(on, ...argv);
    call.child.stdin.end();
    return call;
  };
  if (kind === 'both') {
    const verb = dice.pick(['start', 'switch --to node1', 'switch'] as const).split(' ');
    return { text: `${verb.join(' ')} on both`, calls: names.map((name) => begin(name, ...verb)) };
  }
  if (kind === 'takeover') {
    // Whoever confirms it has looked at the other machine: nothing of the service runs there, and nobody is about to start it.
    const other = otherOf(node);
    if (pair.mounted().includes(other) || agentsOf(pair.nodes.node(other)).length > 0) return undefined;
    return { text: `takeover on ${node}`, calls: [begin(node, 'takeover', '--yes')] };
  }
  const argv = kind === 'switch' ? ['switch', ...(dice.chance(0.5) ? ['--to', dice.pick(names)] : [])] : [kind];
  return { text: `${argv.join(' ')} on ${node}`, calls: [begin(node, ...argv)] };
}

function otherOf(node: Name): Name {
  return node === 'node1' ? 'node2' : 'node1';
}

/** While it is at work: an agent dies, or the network goes away for a while. */
async function makeTrouble(pair: Pair, dice: Dice): Promise<string> {
  const kind = dice.pick(['none', 'none', 'kill', 'kill', 'flap'] as const);
  if (kind === 'none') return '';
  const waitMs = Math.floor(dice.next() * 2500);
  const node = dice.pick(names);
  await delay(waitMs);
  if (kind === 'kill') return `, after ${waitMs} ms ${pair.killAgents(node)} agents of ${node} killed`;
  const how = dice.pick(['cable', 'silent'] as const);
  const awayMs = Math.floor(dice.next() * 4000);
  pair.nodes.node(node).cut(how);
  await delay(awayMs);
  pair.nodes.node(node).restore();
  return `, after ${waitMs} ms ${node} ${how} for ${awayMs} ms`;
}

/** A link that stays as it is for the next steps. */
async function changeLink(pair: Pair, dice: Dice, node: Name): Promise<string> {
  for (const { restore } of pair.nodes.all) restore();
  if (dice.chance(0.5)) return 'links whole';
  const how = dice.pick(['cable', 'silent'] as const);
  pair.nodes.node(node).cut(how);
  return `${node} ${how}`;
}

const patienceMs = 40_000;

/** What waits for a node that is cut off gets its network back after a while, as it would. */
async function endOf(pair: Pair, call: CliProcess): Promise<string> {
  const timer = setTimeout(() => {
    for (const { restore } of pair.nodes.all) restore();
  }, patienceMs);
  const { code, signal } = await call.done;
  clearTimeout(timer);
  return String(code ?? signal);
}

function mustNotBeSplit(pair: Pair): void {
  if (pair.splits.length > 0) throw new Error(`the data was mounted writable on both nodes: ${pair.splits.slice(0, 3).join(' ')}`);
}

/** What survived its agent may still be at work: the status is held against the kernel once nothing is. */
async function mustTellTheTruth(pair: Pair): Promise<void> {
  await Promise.all(names.map((name) => mustNotLie(pair, name)));
}

async function mustNotLie(pair: Pair, name: Name): Promise<void> {
  let why = '';
  for (let left = 20; left > 0; left -= 1) {
    why = await lieOf(pair, name);
    if (why === '') return;
    await delay(250);
  }
  throw new Error(why);
}

/** Why the status of a node is not the truth, or does not explain what it shows; empty when all is well. */
async function lieOf(pair: Pair, name: Name): Promise<string> {
  const node = pair.nodes.node(name);
  const before = pair.mounted().includes(name);
  const { stdout, stderr } = await node.cli(['-s', pairService, 'print', 'status', '--refresh', '--format', 'json']);
  if (agentsOf(node).length > 0 || before !== pair.mounted().includes(name)) return `${name} is still at work`;
  const status = JSON.parse(stdout) as {
    readonly avail: string;
    readonly monitor: { readonly action: string | null; readonly interrupted: object | null };
    readonly resources: Readonly<Record<string, { readonly status: string; readonly notes: readonly unknown[] }>>;
  };
  const fs = status.resources['fs#1']?.status;
  if (fs !== (before ? 'up' : 'down')) return `${name}: fs#1 is ${fs}, and is ${before ? '' : 'not '}mounted\n${stderr}`;
  if (status.monitor.action !== null) return `${name}: ${status.monitor.action} is shown as running, and no agent lives`;
  const isClean = status.avail === 'up' || status.avail === 'down';
  if (isClean || status.monitor.interrupted !== null || (await failedLast(pair, name))) return '';
  return `${name}: avail ${status.avail}, and nothing says why\n${stdout}`;
}

/** The last action here said that it failed: then what it left is no secret. */
async function failedLast(pair: Pair, name: Name): Promise<boolean> {
  const { stdout } = await pair.nodes.node(name).cli(['-s', pairService, 'history', '--format', 'json']);
  const { actions } = JSON.parse(stdout) as { readonly actions: readonly { readonly result: string }[] };
  const last = actions.at(-1)?.result;
  return last !== undefined && last !== 'ok';
}

/** With the network whole and nobody killing, one command brings it where it is wanted. */
async function comeToRest(pair: Pair, log: (line: string) => void): Promise<void> {
  for (const { restore } of pair.nodes.all) restore();
  for (const { name } of pair.nodes.all) while (agentsOf(pair.nodes.node(name)).length > 0) await delay(100);
  for (const to of names) {
    await pair.must('node1', 'switch', '--to', to);
    if (pair.mounted().join('+') !== to) throw new Error(`switched to ${to}, and it is mounted on ${pair.mounted().join('+') || 'none'}`);
  }
  log('at rest');
  mustNotBeSplit(pair);
}
