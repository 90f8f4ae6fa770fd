/** What a simulated array is made of, and how a simulation is described. Facts: the format and the semantics of the InForm CLI, OS 3.1 to 10.x. */

export type Side = 'primary' | 'secondary';
export type Role = 'Primary' | 'Secondary' | 'Primary-Rev' | 'Secondary-Rev';
export type GroupStatus = 'Started' | 'Stopped' | 'Starting' | 'Stopping' | 'Failsafe' | 'Backup';
export type Mode = 'Sync' | 'Periodic' | 'Async';
export type SyncStatus = 'Synced' | 'Syncing' | 'Stopped' | 'New' | 'NotSynced' | 'Stale';
export type UserRole = 'Super' | 'Edit' | 'Service' | 'Browse';
/** What a host can do with a volume: write, read, or nothing because its array is dead. */
export type Access = 'rw' | 'ro' | 'none';

export interface Volume {
  readonly name: string;
  readonly id: number;
  readonly wwn: string;
  /** 0: nothing but a name, no bytes. */
  readonly sizeMb: number;
  readonly prov: 'tpvv' | 'full' | 'snp';
  /** The base volume of a snapshot. */
  readonly copyOf: string | undefined;
  createdMs: number;
  readonly hosts: readonly { readonly host: string; readonly lun: number }[];
}

export interface Member {
  readonly volume: string;
  readonly remote: string;
  sync: SyncStatus;
  /** When the running synchronization began and ends, for `Syncing (47%)`. */
  syncing: { readonly fromMs: number; readonly toMs: number } | undefined;
  lastSyncMs: number | undefined;
}

export interface Group {
  readonly name: string;
  id: number;
  /** User CPGs here and there; empty: not set. */
  cpgs: readonly [string, string];
  /** Names of the volume sets here and there. */
  sets: readonly [string, string];
  /** The name of the other array, as the target is called here. */
  readonly target: string;
  /** The name of the same group over there. */
  readonly peer: string;
  /** The direction it was made for, and the one it has now; together they are the role. */
  natural: Side;
  current: Side;
  mode: Mode;
  status: GroupStatus;
  /** 0: no automatic synchronization. */
  periodMs: number;
  policies: string[];
  members: Member[];
  /** When the last synchronization of the group began. */
  lastSyncMs: number | undefined;
  everStarted: boolean;
  /** It stopped because its links went, not because somebody said so. */
  stoppedByLinks: boolean;
  /** When its role was last changed. */
  roleMs: number;
  /** Not before then may it be started: "currently being promoted". */
  promotedMs: number;
  /** The task that holds it, `ARRAY ID`. */
  busy: string | undefined;
}

export interface Target {
  readonly name: string;
  readonly id: number;
  readonly type: 'IP' | 'FC' | 'RCIP';
  status: 'ready' | 'failing' | 'failed';
  readonly options: string;
  readonly policy: 'mirror_config' | 'no_mirror_config';
}

export interface Link {
  /** A target, or `receive`. */
  readonly target: string;
  readonly node: string;
  readonly address: string;
  /** As the cable is; it is shown Down also when the other array is dead. */
  up: boolean;
}

export interface User {
  readonly name: string;
  readonly role: UserRole;
  /** Single rights beside those of the role, e.g. `rcopygroup_start`. */
  readonly rights?: readonly string[];
  /** Public keys, `TYPE BASE64`, as `setsshkey -add` takes them. */
  readonly keys?: readonly string[];
  /** What `setpassword -saveonly` wrote for the local command line. */
  readonly password?: string;
}

export interface Task {
  readonly id: number;
  readonly type: string;
  readonly name: string;
  readonly user: string;
  readonly startMs: number;
  status: 'active' | 'done' | 'failed' | 'cancelled';
  finishMs: number | undefined;
  readonly detail: string[];
}

export interface StorageArray {
  readonly name: string;
  readonly id: number;
  readonly model: string;
  readonly serial: string;
  /** Of its clock, e.g. `Europe/Paris`. */
  readonly zone: string;
  /** Licensed features as `showlicense` lists them. */
  readonly licenses: readonly string[];
  readonly users: User[];
  readonly volumes: Volume[];
  readonly groups: Group[];
  readonly targets: Target[];
  readonly links: Link[];
  readonly tasks: Task[];
  nextTask: number;
  alive: boolean;
}

/** A group as one of its arrays has it. */
export interface Half {
  readonly array: StorageArray;
  readonly group: Group;
}

/** A command is refused with these words, exits 1 and has changed nothing. Without words: it failed, and has said so in `said`. */
export class Refusal extends Error {
  /** Lines that it printed before. */
  readonly said: readonly string[];

  constructor(message: string, said: readonly string[] = []) {
    super(message);
    this.said = said;
  }
}

export function roleOf({ natural, current }: Pick<Group, 'natural' | 'current'>): Role {
  if (natural === current) return natural === 'primary' ? 'Primary' : 'Secondary';
  return current === 'primary' ? 'Primary-Rev' : 'Secondary-Rev';
}

export function opposite(side: Side): Side {
  return side === 'primary' ? 'secondary' : 'primary';
}

/** May a host write to the volumes of this group? While it is failsafe nobody may. */
export function isWritable(group: Group): boolean {
  return group.current === 'primary' && group.status !== 'Failsafe';
}
