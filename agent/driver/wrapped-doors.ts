/** Doors whose commands run inside something else of this node: a network namespace, a container. */
import { SvcError } from '../errors.ts';
import type { Argv } from './contract.ts';
import type { DoorRunOptions, Doors } from './doors.ts';

export interface Wrapping {
  /** Words before every command. */
  readonly prefix: Argv;
  /** Throws UNREACHABLE when the inside is not there (any more); asked before every command. */
  mustBeThere(): Promise<void>;
}

/** What /proc shows depends on the network namespace of who reads it. */
const networkFiles = /^\/proc\/(sys\/net|net|self\/net)\//;

/** Commands run with the prefix; files, processes and tools are those of this node, but for the files of its network. */
export function wrapDoors(base: Doors, { prefix, mustBeThere }: Wrapping): Doors {
  const wrap = async (argv: Argv): Promise<Argv> => {
    // The prefix is the program that is looked for, so a missing one behind it would only be an exit code.
    if (!argv[0].includes('/') && !(await base.hasTool(argv[0]))) {
      throw new SvcError('UNSUPPORTED', `${argv[0]} is not installed`, { facts: { program: argv[0] } });
    }
    await mustBeThere();
    return [...prefix, ...argv];
  };
  return {
    ...base,
    run: async (argv, options) => base.run(await wrap(argv), options),
    launch: async (argv, options) => base.launch(await wrap(argv), options),
    readText: async (path) => (networkFiles.test(path) ? readInside(base, await wrap(['cat', path])) : base.readText(path)),
  };
}

/**
 * The network at `path` (`/run/netns/NAME`, `/proc/PID/ns/net`). Not `ip netns exec`: that unshares the mounts too.
 * @param isAlive false when the process whose network it was has ended
 */
export function networkDoors(base: Doors, path: string, what: string, isAlive = () => true): Doors {
  const mustBeThere = async (): Promise<void> => {
    if (!isAlive() || (await base.statFile(path)) === undefined)
      throw new SvcError('UNREACHABLE', `the network of ${what} is not there`, { facts: { path } });
  };
  return wrapDoors(base, { prefix: ['nsenter', `--net=${path}`, '--'], mustBeThere });
}

const readLimits = { timeoutMs: 10_000 } as const satisfies DoorRunOptions;

async function readInside(base: Doors, argv: Argv): Promise<string | undefined> {
  const { exitCode, stdout } = await base.run(argv, readLimits);
  return exitCode === 0 ? stdout : undefined;
}
