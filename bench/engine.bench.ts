/**
 * What the engine adds to each resource of a start, with a driver that does nothing, and with one that does nothing in one journaled
 * step (two durable lines). The floor writes as many durable lines as that start, by hand.
 */
import { appendFileSync, closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { type Driver, defineDriver } from '../agent/driver/contract.ts';
import { runAction } from '../agent/engine/action.ts';
import type { World } from '../agent/engine/world.ts';
import { type BenchHome, makeBenchHome, makeBenchWorld } from './lib/home.ts';
import { type Bench, measure, rowOf } from './lib/measure.ts';

const count = 100;
const service = 'bench1';
const line = `${'x'.repeat(220)}\n`;

function text(type: string): string {
  const sections = Array.from({ length: count }, (_, at) => `[app#${at}]\ntype = ${type}\n`);
  return `[DEFAULT]\nnodes = bench\n\n${sections.join('\n')}`;
}

/** Up or down as last told, remembered in `up`. */
function noop(up: Set<string>, isJournaled: boolean): Driver {
  return defineDriver({
    summary: 'Does nothing.',
    needs: [],
    keywords: {},
    reads: () => [],
    label: () => 'nothing',
    status: async (at) => ({ state: up.has(at.rid) ? 'up' : 'down' }),
    start: async (at) => {
      if (isJournaled) await at.step('nothing', { done: async () => undefined, act: async () => true });
      up.add(at.rid);
    },
    stop: async (at) => {
      up.delete(at.rid);
    },
  });
}

async function start(world: World, name: string): Promise<void> {
  const request = { verb: 'start', allow: [], force: false, dryRun: false, rollback: true } as const;
  const result = await runAction(world, name, request, new AbortController().signal);
  if (!result.ok || result.steps.length !== count) throw result.error ?? new Error(`${result.steps.length} steps`);
}

function writeDurableLines(home: BenchHome, lines: number): void {
  const file = path.join(home.folder, 'floor');
  appendFileSync(file, '');
  const descriptor = openSync(file, 'a');
  for (let at = 0; at < lines; at++) {
    writeSync(descriptor, line);
    fdatasyncSync(descriptor);
  }
  closeSync(descriptor);
}

export async function bench(): Promise<Bench> {
  const home = makeBenchHome({ [service]: text('noop'), bench2: text('step') });
  const up = new Set<string>();
  const world = await makeBenchWorld(home, { 'app.noop': noop(up, false), 'app.step': noop(up, true) });
  try {
    const rows = await measure(
      [
        { name: 'floor: two durable lines', isFloor: true, run: () => writeDurableLines(home, 2 * count) },
        { name: 'start, driver does nothing', prepare: () => up.clear(), run: () => start(world, service) },
        { name: 'start, one journaled step', prepare: () => up.clear(), run: () => start(world, 'bench2') },
        {
          name: 'start, all up already',
          run: () => start(world, service),
          prepare: () => Array.from({ length: count }, (_, at) => up.add(`app#${at}`)),
        },
      ],
      { rounds: 20, thingsPerRun: count },
    );
    const overheadMs = rowOf(rows, 'start, one journaled step').medianMs;
    return { title: `engine: per resource of a start of ${count}`, rows, aim: { text: 'under 2 ms', met: overheadMs < 2 } };
  } finally {
    home.remove();
  }
}
