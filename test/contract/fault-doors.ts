/** The real doors with a fault in them: everything that passes is recorded, and one thing goes wrong in a chosen place. */
import type { Argv, Space } from '../../agent/driver/contract.ts';
import type { Doors } from '../../agent/driver/doors.ts';
import { SvcError } from '../../agent/errors.ts';
import { quoteArgv } from '../../agent/io/redact.ts';

/** Thrown in the place of the agent's own death; no driver may catch it. */
export class Crash extends Error {}

/** What a look answers instead of the truth. */
export type Lie = 'garbage' | 'empty' | 'truncated' | 'failing' | 'unreadable';

/** One passage through a door. */
export interface Touch {
  readonly door: 'run' | 'launch' | 'write' | 'signal' | 'file' | 'stat' | 'list' | 'resolve' | 'space' | 'processes';
  readonly nature: 'look' | 'change';
  /** As the journal would show it; a look at a file with its door in front: `file /proc/self/mountinfo`. */
  readonly text: string;
  readonly argv?: Argv;
  /** On an array: its commands are no programs of a node. */
  readonly on?: 'array';
}

export interface Faults {
  /** The agent dies right before or right after its n-th change, counted from 0. */
  readonly die?: { readonly change: number; readonly side: 'before' | 'after' };
  /** The first look or change with this text never answers, and nothing of it happens; it rejects when the signal is aborted. */
  readonly hang?: string;
  /** Every look with this text answers with a lie. */
  readonly lie?: { readonly to: string; readonly with: Lie };
  /** This program is not installed. */
  readonly missing?: string;
  /** No change is allowed now. */
  readonly frozen?: true;
}

export interface FaultDoors extends Doors {
  readonly touches: readonly Touch[];
  /** The changes among them, in order. */
  changes(): readonly string[];
  /** How often a lie was told that was not by chance the truth. */
  lies(): number;
  /** Resolves when something hangs. */
  readonly hanging: Promise<void>;
  /** Other doors under the same faults and in the same record; `suffix` stands behind what they change, as the context announces it. */
  beside(real: Doors, suffix: string, on?: Touch['on']): Doors;
}

export const garbage = '\u0001~#? { nothing of this kind was ever printed\n';

/** Doors that change nothing and tell nothing of the world; every other one is faulted. */
export const plainDoors = ['hasTool', 'removeScope', 'scopeMark'] as const;

/** Doors over `real` with these faults, and a record of their own. */
export function faultDoors(real: Doors, faults: Faults = {}): FaultDoors {
  const { pass, ...book } = openBook(faults);
  const beside: FaultDoors['beside'] = (other, suffix, on) =>
    guarded(other, faults, (touch, ...rest) =>
      pass({ ...touch, text: `${touch.text}${suffix}`, ...(on === undefined ? {} : { on }) }, ...rest),
    );
  return { ...guarded(real, faults, pass), ...book, beside };
}

function guarded(real: Doors, faults: Faults, pass: Pass): Doors {
  const look = <V>(door: 'file' | 'stat' | 'list' | 'resolve' | 'space', path: string, work: () => Promise<V>, tell: Tell<V>): Promise<V> =>
    pass({ door, nature: 'look', text: `${door} ${path}` }, undefined, work, tell);
  return {
    ...real,
    ...commandDoors(real, pass),
    readText: (path) =>
      look(
        'file',
        path,
        () => real.readText(path),
        (truth, lie) => lieInFile(path, truth, lie),
      ),
    statFile: (path) =>
      look(
        'stat',
        path,
        () => real.statFile(path),
        () => unreadable(path),
      ),
    listFolder: (path) =>
      look(
        'list',
        path,
        () => real.listFolder(path),
        () => unreadable(path),
      ),
    resolvePath: (path) =>
      look(
        'resolve',
        path,
        () => real.resolvePath(path),
        () => unreadable(path),
      ),
    ...spaceDoor(real, look),
    hasTool: async (name) => name !== faults.missing && real.hasTool(name),
    scopeProcesses: (...asked) =>
      pass({ door: 'processes', nature: 'look', text: 'processes' }, undefined, () => real.scopeProcesses(...asked)),
    ...markDoor(real, pass),
  };
}

function spaceDoor(
  { space }: Doors,
  look: (door: 'space', path: string, work: () => Promise<Space>, tell: Tell<Space>) => Promise<Space>,
): Pick<Doors, 'space'> {
  if (space === undefined) return {};
  return {
    space: (path) =>
      look(
        'space',
        path,
        () => space(path),
        () => unreadable(path),
      ),
  };
}

function markDoor({ markedProcesses: read }: Doors, pass: Pass): Pick<Doors, 'markedProcesses'> {
  if (read === undefined) return {};
  return { markedProcesses: () => pass({ door: 'processes', nature: 'look', text: 'marks of processes' }, undefined, read) };
}

function commandDoors(real: Doors, pass: Pass): Pick<Doors, 'run' | 'launch' | 'writeAtomic' | 'signalScope'> {
  return {
    run: (argv, options) => {
      // The context journals a change, and only a change, before its exec.
      const nature = options.beforeExec === undefined ? 'look' : 'change';
      return pass(
        { door: 'run', nature, text: quoteArgv(argv), argv },
        options.signal,
        () => real.run(argv, options),
        (truth, lie) => {
          if (lie === 'failing') return { ...truth, exitCode: 77, stdout: '', stderr: 'it is broken\n' };
          return { ...truth, stdout: lieInText(truth.stdout, lie), truncated: lie === 'truncated' && truth.stdout !== '' };
        },
      );
    },
    launch: (argv, options) =>
      pass({ door: 'launch', nature: 'change', text: quoteArgv(argv), argv }, options.signal, () => real.launch(argv, options)),
    writeAtomic: (path, text, mode) =>
      pass({ door: 'write', nature: 'change', text: `write ${path} (${Buffer.byteLength(text)} bytes)` }, undefined, () =>
        real.writeAtomic(path, text, mode),
      ),
    signalScope: async (scope, name, ...within) => {
      const pids = (await real.scopeProcesses(scope, ...within)).map(({ pid }) => pid);
      const text = `kill -${name} ${pids.join(' ')}`;
      return pass({ door: 'signal', nature: 'change', text }, undefined, () => real.signalScope(scope, name, ...within));
    },
  };
}

/** Makes a lie of the truth. */
type Tell<V> = (truth: V, lie: Lie) => V;

/** Records, lets the fault happen when it is due, else does the work. */
type Pass = <V>(touch: Touch, signal: AbortSignal | undefined, work: () => Promise<V>, tell?: Tell<V>) => Promise<V>;

function openBook(faults: Faults): Pick<FaultDoors, 'touches' | 'changes' | 'lies' | 'hanging'> & { readonly pass: Pass } {
  const touches: Touch[] = [];
  const so = { changes: 0, lies: 0, hung: false };
  let hang: () => void = () => undefined;
  const hanging = new Promise<void>((resolve) => {
    hang = resolve;
  });
  const pass: Pass = async (touch, signal, work, tell) => {
    touches.push(touch);
    const number = touch.nature === 'change' ? so.changes++ : undefined;
    if (touch.nature === 'change' && faults.frozen) throw new Error(`a change where nothing may be changed: ${touch.text}`);
    if (faults.missing !== undefined && touch.argv?.[0] === faults.missing) throw notInstalled(faults.missing);
    if (faults.hang === touch.text && !so.hung) {
      so.hung = true;
      hang();
      return untilAborted(touch.text, signal);
    }
    const dies = number !== undefined && faults.die?.change === number ? faults.die.side : undefined;
    if (dies === 'before') throw new Crash(`before ${touch.text}`);
    const truth = await work();
    if (dies === 'after') throw new Crash(`after ${touch.text}`);
    if (tell === undefined || touch.nature === 'change' || faults.lie?.to !== touch.text) return truth;
    so.lies += 1;
    const told = tell(truth, faults.lie.with);
    if (JSON.stringify(told) === JSON.stringify(truth)) so.lies -= 1;
    return told;
  };
  const changes = () => touches.filter(({ nature }) => nature === 'change').map(({ text }) => text);
  return { touches, hanging, pass, changes, lies: () => so.lies };
}

/** A door without a signal hangs for ever, as a read of a dead disk does. */
function untilAborted(text: string, signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = () => reject(new SvcError('CANCELLED', `${text}: cancelled`));
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** The exit code stays true: what is printed is only a part of an answer. */
function lieInText(truth: string, lie: Lie): string {
  if (lie === 'empty') return '';
  if (lie === 'garbage') return garbage;
  // Within a line: after a whole one nothing could tell that more should come, and no tool and no kernel stops there.
  return truth.slice(0, Math.floor(truth.length / 2)).replace(/\n$/, '');
}

function lieInFile(path: string, truth: string | undefined, lie: Lie): string | undefined {
  if (lie === 'unreadable') return unreadable(path);
  return truth === undefined ? undefined : lieInText(truth, lie);
}

function unreadable(path: string): never {
  throw new SvcError('COMMAND', `cannot read ${path}: input/output error`, { facts: { path, errno: 'EIO' } });
}

function notInstalled(program: string): SvcError {
  return new SvcError('UNSUPPORTED', `${program} is not installed`, { facts: { program } });
}
