/** Doors that answer from a table and write down what passes; and the input of a context on them. Pure. */
import type { ActInput, ContextInput } from '../../../agent/driver/context.ts';
import type { ProcessInfo } from '../../../agent/driver/contract.ts';
import type { DoorLaunchOptions, DoorResult, DoorRunOptions, Doors } from '../../../agent/driver/doors.ts';
import type { EffectKind, Effects } from '../../../agent/driver/host.ts';
import { createSecret } from '../../../agent/config/secret.ts';
import { SvcError } from '../../../agent/errors.ts';

export const hidden = 's3cret value!';
export const secret = createSecret({ from: 'inline' }, () => hidden);

export const ok: DoorResult = { exitCode: 0, stdout: '', stderr: '', durationMs: 7, truncated: false };
export const worker: ProcessInfo = { pid: 4711, startTicks: 99, command: 'worker' };
const held = { pid: 1, startTicks: 2, marker: 'm' };

export interface Table {
  /** What a command answers, or throws. */
  run?: (argv: readonly string[], options: DoorRunOptions) => Promise<DoorResult> | DoorResult;
  launch?: (argv: readonly string[], options: DoorLaunchOptions) => ProcessInfo;
  write?: (path: string, text: string) => void;
  files?: Readonly<Record<string, string>>;
  processes?: readonly ProcessInfo[];
}

export interface Bench {
  readonly input: ActInput;
  readonly controller: AbortController;
  /** Everything that happened, in order: `run …`, `announce …`, `started`, `ended 0`, `forget`, `log …`. */
  readonly story: string[];
  readonly runs: DoorRunOptions[];
  readonly launches: DoorLaunchOptions[];
  readonly memory: Map<string, string>;
}

export function createBench(table: Table = {}, more: Partial<ActInput> = {}): Bench {
  const story: string[] = [];
  const controller = new AbortController();
  const bench = { controller, story, runs: [] as DoorRunOptions[], launches: [] as DoorLaunchOptions[], memory: new Map<string, string>() };
  const context = contextOf(table, bench);
  const act: ActInput = {
    ...context,
    effects: effectsOf(story, false),
    allow: new Set(['no-carrier']),
    progress: (done, total, unit) => void story.push(`progress ${done}/${total} ${unit}`),
    ...more,
  };
  return { ...bench, input: act };
}

function contextOf(table: Table, bench: Omit<Bench, 'input'>): ContextInput {
  const { story, memory, controller } = bench;
  const say = (level: string) => (text: string) => void story.push(`${level} ${text}`);
  return {
    service: 'svc1',
    rid: 'app#1',
    node: 'node1',
    config: { port: 80 },
    reads: [['look', '-n'], []],
    peers: [{ node: 'node2', role: 'nodes' }],
    runFolder: '/run/flags',
    logFolder: '/log',
    scope: 'svc1.app.1',
    log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
    signal: controller.signal,
    doors: doorsOf(table, bench),
    doorsFor: ({ ...target }) => {
      throw new SvcError('UNREACHABLE', `no way to ${JSON.stringify(target)}`);
    },
    shared: { once: (_key, probe) => probe(), forgetAll: () => void story.push('forget') },
    memory: {
      recall: async (rid, key) => memory.get(`${rid} ${key}`),
      remember: async (rid, key, value) => void (value === undefined ? memory.delete(`${rid} ${key}`) : memory.set(`${rid} ${key}`, value)),
    },
    configOn: async (node) => ({ port: node === 'node2' ? 81 : 80 }),
    section: (name) => (name === 'array#a1' ? { name, values: { server: 'a1' } } : undefined),
    devicesOf: async () => ({ uses: [], gives: [] }),
    resources: () => [{ rid: 'fs#1', type: 'fs.ext4', label: 'fs', config: {}, report: undefined }],
  };
}

function doorsOf(table: Table, { story, runs, launches }: Omit<Bench, 'input'>): Doors {
  const doors: Partial<Doors> = {
    run: async (argv, options) => {
      runs.push(options);
      await options.beforeExec?.(held);
      story.push(`run ${argv.join(' ')}`);
      return (await table.run?.(argv, options)) ?? ok;
    },
    launch: async (argv, options) => {
      launches.push(options);
      await options.beforeExec?.(held);
      story.push(`launch ${argv.join(' ')}`);
      return table.launch?.(argv, options) ?? worker;
    },
    readText: async (path) => table.files?.[path],
    statFile: async () => undefined,
    listFolder: async () => [],
    resolvePath: async (path) => path,
    hasTool: async () => true,
    writeAtomic: async (path, text) => {
      story.push(`write ${path}`);
      table.write?.(path, text);
    },
    scopeProcesses: async () => table.processes ?? [],
    signalScope: async (_scope, name) => {
      story.push(`signal ${name}`);
      return (table.processes ?? []).length;
    },
  };
  return doors as Doors;
}

export function effectsOf(story: string[], dryRun: boolean): Effects {
  return {
    dryRun,
    announce: (_rid: string, text: string, kind: EffectKind) => {
      story.push(`announce ${kind} ${text}`);
      return {
        started: (child) => void story.push(`started ${child.pid}`),
        ended: (exitCode, durationMs) => void story.push(`ended ${exitCode} ${exitCode === 0 && durationMs === 7 ? 'in 7 ms' : ''}`.trim()),
      };
    },
    output: (_rid, line) => void story.push(`output ${line}`),
    step: async (_rid, name, s) => {
      story.push(`step ${name}`);
      return (await s.done()) ?? s.act();
    },
  };
}

/** The error of work that must fail. */
export async function errorOf(work: Promise<unknown>): Promise<SvcError> {
  try {
    await work;
  } catch (error) {
    return error as SvcError;
  }
  throw new Error('it must fail');
}
