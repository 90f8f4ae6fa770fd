/** Where `at.on(target)` leads: the doors of another node, of a container, of a network namespace. */
import type { ContextInput } from './context.ts';
import type { Target } from './contract.ts';
import type { Doors } from './doors.ts';

/** The doors of a target; throws UNSUPPORTED when there is no way to it, UNREACHABLE when it does not answer. */
export type DoorsFor = (target: Target) => Promise<Doors> | Doors;

/** Where the effects of a context happen, when it is not simply this node. */
export interface Place {
  /** Stands behind the text of a change: ` (on node2)`. */
  readonly suffix: string;
  /** What it changes has no process on this node: the journal knows no pid. */
  readonly remote: boolean;
}

/** The same context with the doors of a target; they are opened by the first look or change. */
export function towards<I extends ContextInput>(input: I, target: Target): I {
  const { doorsFor } = input;
  return { ...input, doors: lazyDoors(() => doorsFor(target)), place: placeOf(target) };
}

export function placeOf(target: Target): Place {
  if ('container' in target) return { suffix: ` (in ${target.container})`, remote: false };
  if ('netns' in target) return { suffix: ` (in the network of ${target.netns})`, remote: false };
  if ('array' in target) return { suffix: target.near === true ? '' : ` (on ${target.array})`, remote: true };
  const [name = ''] = Object.values(target);
  return { suffix: ` (on ${name})`, remote: true };
}

/** Doors that are opened when they are first needed; an opening that failed is tried again by the next look. */
export function lazyDoors(open: () => Promise<Doors> | Doors): Doors {
  let opened: Promise<Doors> | undefined;
  const doors = (): Promise<Doors> => {
    if (opened !== undefined) return opened;
    const opening = Promise.resolve().then(open);
    opened = opening;
    opening.catch(() => {
      opened = undefined;
    });
    return opening;
  };
  return {
    run: async (argv, options) => (await doors()).run(argv, options),
    launch: async (argv, options) => (await doors()).launch(argv, options),
    readText: async (path) => (await doors()).readText(path),
    statFile: async (path) => (await doors()).statFile(path),
    listFolder: async (path) => (await doors()).listFolder(path),
    resolvePath: async (path) => (await doors()).resolvePath(path),
    hasTool: async (name) => (await doors()).hasTool(name),
    writeAtomic: async (path, text, mode) => (await doors()).writeAtomic(path, text, mode),
    scopeProcesses: async (scope, within) => (await doors()).scopeProcesses(scope, within),
    signalScope: async (scope, name, within) => (await doors()).signalScope(scope, name, within),
    scopeMark: async (scope) => (await doors()).scopeMark(scope),
  };
}
