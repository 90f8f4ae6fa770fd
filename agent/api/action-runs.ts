/** Actions begun over the API: each runs to its end whoever follows it, and what it said is kept for who comes later. */
import { randomUUID } from 'node:crypto';
import { eventsAfter } from '../engine/event-hub.ts';
import { SvcError } from '../errors.ts';
import type { Who } from '../io/identity.ts';
import type { Control, VerbCall } from './control.ts';
import type { EventSource, KeptEvent } from './event-stream.ts';

export interface RunEvent extends KeptEvent {
  readonly event: 'line' | 'out' | 'note' | 'end';
}

export interface ActionRun {
  readonly id: string;
  readonly verb: string;
  readonly selector: string | undefined;
  /** ISO 8601. */
  readonly since: string;
  /** Undefined while it runs. */
  exit: number | undefined;
}

export interface ActionRuns {
  begin(call: VerbCall, who: Who): ActionRun;
  all(): readonly ActionRun[];
  /** @throws SvcError NOT_FOUND */
  abort(id: string, reason: string): ActionRun;
  /** What it said and says; its last event is `end`. @throws SvcError NOT_FOUND */
  console(id: string): EventSource;
  /** Refuses new ones; settles when all have ended, the rest is aborted after `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** An action that prints without end must not fill the memory: its oldest lines go, and it is told. */
const keptEvents = 5000;
/** Of a result, which is printed whole. */
const keptBytes = 8 * 1024 * 1024;
const keptRuns = 50;

interface Kept extends ActionRun {
  readonly events: RunEvent[];
  readonly listeners: Set<() => void>;
  readonly controller: AbortController;
  readonly done: Promise<void>;
  count: number;
  bytes: number;
}

export function createActionRuns(control: Control, now: () => Date): ActionRuns {
  const runs = new Map<string, Kept>();
  let stopping = false;
  const find = (id: string): Kept => {
    const run = runs.get(id);
    if (run === undefined) throw new SvcError('NOT_FOUND', `no action ${id}: it never was, or ended long ago`);
    return run;
  };
  return {
    begin(call, who) {
      if (stopping) throw new SvcError('BUSY', 'the daemon is being stopped', { hint: 'svcmgr --local acts without it' });
      const run = start(control, call, who, now());
      runs.set(run.id, run);
      forgetOldest(runs);
      return run;
    },
    all: () => [...runs.values()],
    abort(id, reason) {
      const run = find(id);
      run.controller.abort(new SvcError('CANCELLED', reason));
      return run;
    },
    console(id) {
      const { events, listeners } = find(id);
      return {
        lastEvent: 'end',
        after: (from, limit) => eventsAfter(events, from, limit),
        follow: (onMore) => {
          listeners.add(onMore);
          return () => void listeners.delete(onMore);
        },
      };
    },
    async stop(graceMs) {
      stopping = true;
      const all = [...runs.values()];
      const timer = setTimeout(() => {
        for (const { controller } of all) controller.abort(new SvcError('CANCELLED', 'the daemon is being stopped'));
      }, graceMs);
      await Promise.all(all.map(({ done }) => done));
      clearTimeout(timer);
    },
  };
}

function start(control: Control, call: VerbCall, who: Who, at: Date): Kept {
  const controller = new AbortController();
  let ended: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const run: Kept = {
    id: randomUUID(),
    verb: call.verb,
    selector: call.selector,
    since: at.toISOString(),
    exit: undefined,
    events: [],
    listeners: new Set(),
    controller,
    done,
    count: 0,
    bytes: 0,
  };
  const console = {
    line: (line: unknown) => say(run, 'line', line),
    out: (text: string) => say(run, 'out', text),
    note: (text: string) => say(run, 'note', text),
  };
  void control.act(call, who, console, controller.signal).then((exit) => {
    run.exit = exit;
    say(run, 'end', { exit });
    ended();
  });
  return run;
}

function say(run: Kept, event: RunEvent['event'], data: unknown): void {
  run.count += 1;
  const told: RunEvent = { id: run.count, event, data };
  run.events.push(told);
  run.bytes += sizeOf(told);
  while (run.events.length > 1 && (run.events.length > keptEvents || run.bytes > keptBytes)) {
    const gone = run.events.shift();
    if (gone !== undefined) run.bytes -= sizeOf(gone);
  }
  for (const onMore of run.listeners) onMore();
}

function sizeOf({ data }: RunEvent): number {
  return typeof data === 'string' ? data.length : 200;
}

function forgetOldest(runs: Map<string, Kept>): void {
  const ended = [...runs.values()].filter(({ exit }) => exit !== undefined);
  for (const { id } of ended.slice(0, Math.max(0, ended.length - keptRuns))) runs.delete(id);
}
