/** What can be made to go wrong at the doors of an array; faults of links, arrays and tasks are in links.ts and world.ts. */

export type FaultKind = 'garbage' | 'half' | 'hang' | 'close' | 'too-many' | 'error' | 'slow';

export interface CommandFault {
  readonly kind: FaultKind;
  /** Default: every array. */
  readonly array?: string;
  /** How the command line begins, e.g. `showrcopy`; default: every command. */
  readonly command?: string;
  /** `hang`, `close`: after the command has done what it does; otherwise it has not begun. */
  readonly takesEffect?: boolean;
  /** `garbage`, `error`: the words. */
  readonly text?: string;
  /** `slow`: wall-clock milliseconds before it begins. */
  readonly ms?: number;
  /** So many commands from now on; default: until cleared. */
  readonly times?: number;
}

/** How an array receives its clients. */
export interface Door {
  /** `refuse`: nobody listens; `hang`: connections are taken and nothing more happens, also on those that exist. */
  management: 'open' | 'refuse' | 'hang';
  login: 'open' | 'refused';
  hostKey: 'own' | 'other';
  /** Of the local command line. */
  certificate: 'trusted' | 'untrusted';
}

export interface Faults {
  readonly doors: ReadonlyMap<string, Door>;
  add(fault: CommandFault): void;
  clear(): void;
  /** The fault that this command meets, used up by asking. */
  take(array: string, line: string): CommandFault | undefined;
}

export const tooMany = 'Too many local CLI connections.';

export function makeFaults(arrays: readonly string[]): Faults {
  const open = (): Door => ({ management: 'open', login: 'open', hostKey: 'own', certificate: 'trusted' });
  const waiting: { readonly fault: CommandFault; left: number }[] = [];
  return {
    doors: new Map(arrays.map((name) => [name, open()])),
    add: (fault) => {
      waiting.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
    },
    clear: () => {
      waiting.length = 0;
    },
    take: (array, line) => {
      const found = waiting.find(({ fault }) => [undefined, array].includes(fault.array) && line.startsWith(fault.command ?? ''));
      if (found === undefined) return undefined;
      found.left--;
      if (found.left <= 0) waiting.splice(waiting.indexOf(found), 1);
      return found.fault;
    },
  };
}
