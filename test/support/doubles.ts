/** Drivers that live in memory: what they report, how they fail, hang and refuse is set by the test while it runs. */
import type { Act, Blocker, Driver, ImpliedResource, Observe, Report, State } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';

type Call = 'status' | 'blockers' | 'start' | 'stop' | 'provision' | 'unprovision' | 'provisioned' | 'run';
type At = Observe<Keywords>;
type Acting = Act<Keywords>;

/** One resource of the stage; every field may be changed at any time. */
export interface Part {
  state: State;
  notes: Report['notes'];
  facts: Report['facts'];
  /** What status returns instead of a report. */
  garbage: unknown;
  provisioned: boolean;
  /** State that a start or a stop leaves behind. */
  startTo: State;
  stopTo: State;
  /** Commands that one start, stop, … runs; none = it finds nothing to do. */
  readonly commands: Partial<Record<Call, readonly (readonly [string, ...string[]])[]>>;
  /** Thrown by the call, after its commands when `late`. */
  readonly fails: Partial<Record<Call, { readonly error: unknown; readonly late?: boolean }>>;
  /** `until abort`: settles when its signal aborts; `for ever`: never. */
  readonly hangs: Partial<Record<Call, 'until abort' | 'for ever'>>;
  /** By verb. */
  readonly refuses: Record<string, readonly Blocker[]>;
  /** Called at the beginning of a call, before anything else. */
  on: (call: Call, at: At) => Promise<void> | void;
}

export interface Stage {
  /** What was called, in order: `start fs#1`, `plan start fs#1` in a dry-run. Looks and questions are not in it. */
  readonly events: string[];
  /** Every call of status, by rid. */
  readonly looks: string[];
  part(rid: string): Part;
  /** Sets several parts at once. */
  set(states: Readonly<Record<string, State>>): void;
}

export function createStage(): Stage {
  const parts = new Map<string, Part>();
  const part = (rid: string): Part => {
    const found = parts.get(rid) ?? newPart();
    parts.set(rid, found);
    return found;
  };
  return {
    events: [],
    looks: [],
    part,
    set: (states) => {
      for (const [rid, state] of Object.entries(states)) part(rid).state = state;
    },
  };
}

function newPart(): Part {
  return {
    state: 'down',
    notes: undefined,
    facts: undefined,
    garbage: undefined,
    provisioned: true,
    startTo: 'up',
    stopTo: 'down',
    commands: {},
    fails: {},
    hangs: {},
    refuses: {},
    on: () => undefined,
  };
}

export interface DoubleOptions {
  /** Methods it has; default start and stop. */
  readonly methods?: readonly ('start' | 'stop' | 'provision' | 'unprovision' | 'run')[];
  readonly keywords?: Keywords;
  readonly label?: (config: Readonly<Record<string, unknown>>) => string;
  readonly promotes?: true;
  readonly needs?: readonly string[];
  readonly implies?: (config: Readonly<Record<string, unknown>>) => readonly ImpliedResource[];
}

/** Common to doubles: a mount point for the order, and a word for tests. */
export const doubleKeywords = {
  mnt: { kind: 'path', text: 'Where it is mounted.' },
  word: { kind: 'string', text: 'Anything.' },
} as const satisfies Keywords;

/** A driver whose resources are parts of the stage. A call changes something by /bin/true unless its part says otherwise. */
export function doubleDriver(stage: Stage, options: DoubleOptions = {}): Driver {
  const methods = new Set<Call>(options.methods ?? ['start', 'stop']);
  const act = (call: Call) => (methods.has(call) ? { [call]: (at: Acting) => perform(stage, call, at) } : {});
  return {
    summary: 'A double.',
    needs: options.needs ?? [],
    keywords: options.keywords ?? doubleKeywords,
    reads: () => [],
    label: options.label ?? (() => 'double'),
    status: (at) => report(stage, at),
    blockers: (at, verb) => refuse(stage, at, verb),
    ...act('start'),
    // The engine asks it also when it is up: it knows by itself that nothing is to do.
    ...(options.promotes === undefined
      ? {}
      : { start: async (at: Acting) => (stage.part(at.rid).state === 'up' ? undefined : perform(stage, 'start', at)) }),
    ...act('stop'),
    ...act('run'),
    ...act('provision'),
    ...act('unprovision'),
    ...(methods.has('provision') ? { provisioned: async (at: At) => stage.part(at.rid).provisioned } : {}),
    // The inside of a double is this very process: what runs in there runs here.
    enter: async () => ({
      init: process.pid,
      keeps: false,
      inside: (argv, { set }) => ['env', ...Object.entries(set).map(([name, value]) => `${name}=${value}`), ...argv],
    }),
    ...(options.promotes === undefined ? {} : { promotes: true }),
    ...(options.implies === undefined ? {} : { implies: options.implies }),
  };
}

async function report(stage: Stage, at: At): Promise<Report> {
  const part = stage.part(at.rid);
  stage.looks.push(at.rid);
  await part.on('status', at);
  await hang(part, 'status', at.signal);
  if (part.fails.status !== undefined) throw part.fails.status.error;
  if (part.garbage !== undefined) return part.garbage as Report;
  const { state, notes, facts } = part;
  return { state, ...(notes === undefined ? {} : { notes }), ...(facts === undefined ? {} : { facts }) };
}

async function refuse(stage: Stage, at: At, verb: string): Promise<readonly Blocker[]> {
  const part = stage.part(at.rid);
  await part.on('blockers', at);
  await hang(part, 'blockers', at.signal);
  if (part.fails.blockers !== undefined) throw part.fails.blockers.error;
  return part.refuses[verb] ?? [];
}

async function perform(stage: Stage, call: Call, at: Acting): Promise<void> {
  const part = stage.part(at.rid);
  stage.events.push(`${at.dryRun ? 'plan ' : ''}${call} ${at.rid}`);
  await part.on(call, at);
  const failure = part.fails[call];
  if (failure !== undefined && failure.late !== true) throw failure.error;
  for (const argv of part.commands[call] ?? [['/bin/true', call, at.rid] as const]) await at.local.change(argv);
  await hang(part, call, at.signal);
  if (failure !== undefined) throw failure.error;
  if (!at.dryRun) settle(part, call);
}

/** The state after a call that went well. */
function settle(part: Part, call: Call): void {
  if (call === 'start') part.state = part.startTo;
  if (call === 'stop') part.state = part.stopTo;
  if (call === 'provision') part.provisioned = true;
  if (call === 'unprovision') part.provisioned = false;
}

async function hang(part: Part, call: Call, signal: AbortSignal): Promise<void> {
  const how = part.hangs[call];
  if (how === undefined) return;
  await new Promise<void>((_resolve, reject) => {
    if (how === 'until abort') signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** Resolves when `count` callers have come: proof that they were there together. */
export function createBarrier(count: number): () => Promise<void> {
  let here = 0;
  let open: () => void = () => undefined;
  const all = new Promise<void>((resolve) => {
    open = resolve;
  });
  return () => {
    here += 1;
    if (here === count) open();
    return all;
  };
}
