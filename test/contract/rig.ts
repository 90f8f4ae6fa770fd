/** What the contract suite must know of one driver: a real world for it, and the truth about that world without the driver. */
import type { ErrorCode } from '../../agent/errors.ts';
import type { Peer, PeerInstance, State, Target } from '../../agent/driver/contract.ts';
import type { Doors } from '../../agent/driver/doors.ts';
import type { Home } from '../support/home.ts';
import type { Netns } from '../support/netns.ts';
import type { Needs } from '../support/skip.ts';
import type { Lie } from './fault-doors.ts';
import type { Stage } from './stage.ts';

export interface Rig {
  /** A service file; its first section is the resource under test. */
  readonly text: string;
  /** What really is, asked without the driver: `up`, `down`, or in words what is neither. */
  truth(): string;
  /** Takes what is up, or half up, away behind the driver's back. */
  takeAway(): void;
  /** Removes what a stop rightly leaves (folders), so that the next start has everything to do again. */
  tidy?(): unknown;
  /** Another machine in the place of this one, or this one with other settings. */
  doors?(real: Doors): Doors;
  /** Commands run in this network namespace. */
  readonly netns?: Netns;
  /** Sections of the node file. */
  readonly sections?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Other nodes of the service, and the doors that lead there. */
  readonly peers?: readonly Peer[];
  reach?(target: Target, here: Doors): Doors;
  /** What the agents of the other nodes say; default: down. */
  readonly instance?: PeerInstance;
  /** Role of this node; default `nodes`. */
  readonly role?: Peer['role'];
  /** What the driver says where that is not simply up and down; `gone` after `takeAway` (default: as down). */
  readonly says?: { readonly up?: State; readonly down?: State; readonly gone?: State };
  /** Looks that do not decide the state, each with its reason. An entry that is not needed fails. */
  readonly indifferent?: readonly Indifference[];
  /** Programs without which it goes on, each with its reason. An entry that is not needed fails. */
  readonly dispensable?: Readonly<Record<string, string>>;
  /** Programs of `needs` that another program runs, each with its reason. */
  readonly indirect?: Readonly<Record<string, string>>;
  /** Of a task: a service file whose command fails, and what the status then says. */
  readonly failing?: { readonly text: string; readonly says: RegExp };
  /** Values of secret keywords, none of which may ever be seen. */
  readonly secrets?: readonly string[];
  /** Removes what does not go with the home folder. */
  undo?(): void;
}

/** A world in which an action must be refused before its first change. */
export interface Refusal {
  /** Default: the first case. */
  readonly in?: 'blank';
  /** Default: start. */
  readonly verb?: 'start' | 'run' | 'provision' | 'unprovision';
  /** Another service file for this world. */
  readonly text?: (rig: Rig, home: Home) => string;
  readonly prepare?: (world: { readonly home: Home; readonly rig: Rig; readonly stage: Stage }) => Promise<void> | void;
  readonly says: RegExp;
  /** The name that waives it; absent = nothing does. */
  readonly allow?: string;
  /** The driver's own verb notices it again, and at once (default true). */
  readonly alsoInVerb?: false;
}

export interface Indifference {
  readonly look: RegExp;
  readonly lies: readonly Lie[];
  readonly world: 'up' | 'down';
  readonly why: string;
}

/** A state of the two sides of a copy: what an update must come to, and all that it may change. */
export interface Scenario {
  readonly build: Build;
  /** Default: sync update. */
  readonly verb?: 'start' | 'sync update';
  readonly allow?: readonly string[];
  /** Its code, or what else ends it; absent: everything arrives. */
  readonly fails?: ErrorCode | 'Error: the sync had no target';
  /** The changes, in order, each in full. */
  readonly changes: readonly RegExp[];
  /** Afterwards. */
  readonly truth: string;
}

/** Builds a fresh world in a fresh home. */
export type Build = (home: Home) => Rig;

export interface Rigs {
  readonly needs: Needs;
  /** Worlds in which the resource can be started (run, for a task) at once. Each rule is tried in each. */
  readonly cases: Readonly<Record<string, Build>>;
  /** Further worlds, in which only those rules are tried that are about the commands: lies, missing programs, dry-run. */
  readonly variants?: Readonly<Record<string, Build>>;
  /** The world before provision; its truth is about what provision makes. Wanted of each driver that provisions. */
  readonly blank?: Build;
  readonly refusals?: Readonly<Record<string, Refusal>>;
  /** Wanted of each driver that copies. */
  readonly scenarios?: Readonly<Record<'split' | 'reversed' | 'unfinished' | 'unreachable' | 'both writable', Scenario>>;
  /** The driver has keywords of kind `secret`, and each case says their values. */
  readonly keepsSecrets?: true;
}

/** `section('fs#1', { type: 'ext4' })` as a service file says it. */
export function section(rid: string, values: Readonly<Record<string, string>>): string {
  const lines = Object.entries(values).map(([key, value]) => `${key} = ${value}\n`);
  return `[${rid}]\n${lines.join('')}`;
}
