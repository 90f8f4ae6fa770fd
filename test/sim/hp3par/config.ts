/** How a simulation is described: plain data, so that it can also stand in a file (`npm run sim:hp3par -- --config FILE`). */
import type { ClockMode } from './clock.ts';
import type { GroupStatus, Link, Mode, SyncStatus, Target, User, Volume } from './model.ts';

export interface VolumeConfig {
  readonly name: string;
  readonly id?: number;
  readonly sizeMb?: number;
  readonly prov?: Volume['prov'];
  readonly copyOf?: string;
  readonly createdMs?: number;
  readonly hosts?: Volume['hosts'];
}

export interface ArrayConfig {
  /** Its system name: in its prompt, and the name of the target on the other arrays. */
  readonly name: string;
  /** The decimal system id: the suffix of a group's name on the peer, `MYRCG.r12345`. */
  readonly id: number;
  readonly model?: string;
  readonly serial?: string;
  readonly zone?: string;
  readonly licenses?: readonly string[];
  readonly users?: readonly User[];
  readonly volumes?: readonly VolumeConfig[];
  /** The id of its first task; default 2576. */
  readonly nextTask?: number;
  /** Over what a target (each of the other arrays) has by itself. */
  readonly targets?: Readonly<Record<string, Partial<Pick<Target, 'id' | 'type' | 'options' | 'policy'>>>>;
  /** Instead of two links to each target and two `receive`. */
  readonly links?: readonly Omit<Link, 'up'>[];
  /** Where its ssh server listens; default 127.0.0.1 and a free port. */
  readonly address?: string;
  readonly port?: number;
  /** How hosts reach its volumes when devices is `iscsi`. */
  readonly iscsi?: IscsiFace;
}

export interface IscsiFace {
  /** Its IQN. */
  readonly target: string;
  readonly portals: readonly string[];
  /** IQNs of the hosts that see every volume of the array. */
  readonly initiators: readonly string[];
}

export interface GroupConfig {
  readonly name: string;
  /** The array that made it, where its natural role is primary. */
  readonly from: string;
  readonly to: string;
  readonly mode: Mode;
  readonly periodMs?: number;
  readonly policies?: readonly string[];
  /** Names of volumes, the same on both arrays, or `here:there`. Each must be among the volumes of both. */
  readonly volumes: readonly string[];
  /** Its id on either array; default: the next one. */
  readonly ids?: readonly [number, number];
  /** User CPGs as `showrcopy -d` shows them on `from`: local and remote. */
  readonly cpgs?: readonly [string, string];
  readonly sets?: readonly [string, string];
  /** Default Started and synced: what is on `from` is copied at the start. */
  readonly status?: Extract<GroupStatus, 'Started' | 'Stopped'>;
  readonly sync?: SyncStatus;
}

/** How long things take, in simulated milliseconds. */
export interface Timing {
  /** A task of setrcopygroup. */
  readonly taskMs: number;
  /** One synchronization. */
  readonly syncMs: number;
  /** From the loss of the last link to `failed`. */
  readonly failingMs: number;
  /** After a reverse or failover a start is answered "currently being promoted" for so long. */
  readonly promotingMs: number;
}

/** Facts that nobody could verify, both ways; the first is the default. */
export interface Quirks {
  /** Options column in CSV: always quoted, or only when it has a comma. */
  readonly quotes: 'always' | 'needed';
  /** Spacing of the Options column, and the id in showsys (decimal or hex). */
  readonly style: '3.1' | '10.x';
  /** Where the words of an error go. */
  readonly errorsOn: 'stdout' | 'stderr';
  /** Exit status of a refused command over ssh exec and the local command line. */
  readonly errorExit: 1 | 0;
  /** An old primary whose links return after a failover: blocks writes, or goes on as if nothing had happened. */
  readonly returnedPrimary: 'failsafe' | 'primary';
  /** LastSyncTime of a volume: when its synchronization ended, or when it began. */
  readonly lastSyncTime: 'end' | 'start';
  /** With auto_synchronize a failover while both arrays are up is mirrored, started and renamed by the array itself (OS 10.5). */
  readonly autoNatural: boolean;
}

export interface SimConfig {
  readonly arrays: readonly ArrayConfig[];
  readonly groups: readonly GroupConfig[];
  readonly clock?: ClockMode;
  /** What the arrays think it is; default now. */
  readonly startMs?: number;
  readonly timing?: Partial<Timing>;
  readonly quirks?: Partial<Quirks>;
  /** Sessions that one array serves at the same time; default 16. */
  readonly sessionLimit?: number;
  /** Show volumes as loop devices (needs root), or as LUNs of iSCSI targets (lio.ts); default: no, only image files. */
  readonly devices?: boolean | 'iscsi';
}

export const defaultTiming: Timing = { taskMs: 4000, syncMs: 2000, failingMs: 10_000, promotingMs: 0 };

export const defaultQuirks: Quirks = {
  quotes: 'always',
  style: '3.1',
  errorsOn: 'stdout',
  errorExit: 1,
  returnedPrimary: 'failsafe',
  lastSyncTime: 'end',
  autoNatural: false,
};

/** The pair of the OpenSVC document: hp3par1 and hp3par2, and MYRCG, asynchronous every five minutes. */
export function documentPair(user: User, sizeMb = 0): SimConfig {
  const volumes = [{ name: 'VV_SVC1_ROOT', sizeMb }];
  return {
    arrays: [
      { name: 'hp3par1.opensvc.com', id: 12345, zone: 'Europe/Paris', users: [user], volumes },
      { name: 'hp3par2.opensvc.com', id: 12346, zone: 'Europe/Paris', users: [user], volumes },
    ],
    groups: [
      {
        name: 'MYRCG',
        from: 'hp3par1.opensvc.com',
        to: 'hp3par2.opensvc.com',
        mode: 'Periodic',
        periodMs: 300_000,
        policies: ['auto_recover', 'over_per_alert'],
        volumes: ['VV_SVC1_ROOT'],
      },
    ],
  };
}
