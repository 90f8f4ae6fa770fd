/** The pair of the document without doors, and steps that bring it somewhere: for tests of what the arrays do by themselves. */
import { rmSync } from 'node:fs';
import { expect } from 'chai';
import { makeFolder } from '../../support/names.ts';
import { buildWorld } from './build.ts';
import { documentPair, type GroupConfig, type SimConfig } from './config.ts';
import { type Controls, makeControls } from './controls.ts';
import { makeFaults } from './faults.ts';

export const [one, two] = ['hp3par1.opensvc.com', 'hp3par2.opensvc.com'] as const;
export const [here, there] = ['MYRCG', 'MYRCG.r12345'] as const;

/** `1 COMMAND` and `2 COMMAND` run on either array; the other words are what happens to both. */
export type Step = string;

export const happenings: Readonly<Record<string, (controls: Controls) => unknown>> = {
  cut: (controls) => controls.links(one, two, false),
  failed: (controls) => {
    controls.links(one, two, false);
    controls.elapse(10_000);
  },
  joined: (controls) => controls.links(one, two, true),
  'kill 1': (controls) => controls.kill(one),
  'revive 1': (controls) => controls.revive(one),
  wait: (controls) => controls.elapse(60_000),
};

export async function take(controls: Controls, step: Step): Promise<string> {
  const happening = happenings[step];
  if (happening !== undefined) {
    await happening(controls);
    return '';
  }
  const { stdout, stderr, exit } = await controls.run(step.startsWith('1') ? one : two, step.slice(2));
  if (exit !== 0) throw new Error(`${step}: ${stdout}${stderr}`);
  return stdout;
}

/** `Primary/Started Secondary/Started`, of array 1 and array 2. */
export function seen(controls: Controls): string {
  const state = controls.state();
  const [left, right] = [state[one]?.groups[here], state[two]?.groups[there]];
  return `${left?.role}/${left?.status} ${right?.role}/${right?.status}`;
}

export function writable(controls: Controls): string {
  const state = controls.state();
  return [state[one]?.groups[here], state[two]?.groups[there]].map((group) => group?.volumes[0]?.access ?? '').join(' ');
}

export interface Bench {
  readonly controls: Controls;
  remove(): void;
}

/** The pair without doors; 1 MiB of bytes, so that hosts' access is real. */
export function makeBench(group: Partial<GroupConfig> = {}, more: Partial<SimConfig> = {}): Bench {
  const folder = makeFolder();
  const pair = documentPair({ name: 'opensvc', role: 'Super' }, 1);
  const config = { ...pair, groups: pair.groups.map((one) => ({ ...one, ...group })), ...more };
  const { world, invariants } = buildWorld(config, folder);
  const faults = makeFaults(world.arrays.map(({ name }) => name));
  const controls = makeControls({ world, faults, log: [], sessionLimit: 16, sessions: new Map() }, invariants, async () => undefined);
  return { controls, remove: () => rmSync(folder, { recursive: true }) };
}

export async function withBench(bench: Bench, act: (controls: Controls) => Promise<void>): Promise<void> {
  try {
    await act(bench.controls);
    expect(bench.controls.violations()).to.deep.equal([]);
  } finally {
    bench.remove();
  }
}

export const sync: Partial<GroupConfig> = { mode: 'Sync', periodMs: 0 };
export const metro: Partial<GroupConfig> = { ...sync, policies: ['auto_recover', 'path_management'] };

export const stop = '1 stoprcopygroup -f MYRCG';
export const reverse = '2 setrcopygroup reverse -f -waittask MYRCG.r12345';
export const failover = '2 setrcopygroup failover -f -waittask MYRCG.r12345';
export const recover = '2 setrcopygroup recover -f -waittask MYRCG.r12345';
export const restore = '2 setrcopygroup restore -f -waittask MYRCG.r12345';
export const startTwo = '2 startrcopygroup MYRCG.r12345';
