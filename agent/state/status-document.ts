/**
 * The status of a service as data (spec/status.md "JSON"): built by the engine, printed as tree, JSON or flat lines.
 * Described by docs/status.schema.json; a change that breaks a reader raises `schema`. Types only.
 */
import type { Note } from '../driver/contract.ts';
import type { Status } from './status.ts';

export interface ResourceFlags {
  readonly monitor: boolean;
  readonly disable: boolean;
  /** True only when the file itself says so: sync and task are optional anyway and show no `O`. */
  readonly optional: boolean;
  readonly encap: boolean;
  readonly standby: boolean;
}

export interface ResourceStatus {
  readonly group: string;
  /** Driver id, `fs.ext4`. */
  readonly type: string;
  readonly label: string;
  readonly status: Status;
  /** ISO 8601, when this status began; null when not known. */
  readonly since: string | null;
  readonly flags: ResourceFlags;
  /** Null: nothing to provision, or cannot tell. */
  readonly provisioned: boolean | null;
  readonly notes: readonly Note[];
  readonly facts: Readonly<Record<string, string | number | boolean>>;
  /** `app:web`; null for none. */
  readonly subset: string | null;
  readonly tags: readonly string[];
  /** Rid of the container an encap resource lives in. */
  readonly container: string | null;
}

/** An action that began and did not end: its agent died, or the machine did. */
export interface InterruptedAction {
  readonly verb: string;
  /** ISO 8601. */
  readonly since: string;
  /** The resource it was at; null when between resources. */
  readonly rid: string | null;
  /** The command that was running, as logged; null when none was. */
  readonly command: string | null;
  /** A command of it still runs: what is looked at now may change by itself. */
  readonly alive: boolean;
}

export interface MonitorStatus {
  /** `idle`, or what runs now: `starting`, `stopping` … */
  readonly state: string;
  /** ISO 8601; null when not known. */
  readonly since: string | null;
  /** The verb that runs now. */
  readonly action: string | null;
  readonly interrupted: InterruptedAction | null;
}

/** One instance: a service as seen from one node. */
export interface InstanceStatus {
  readonly node: string;
  /** ISO 8601, when it was evaluated. */
  readonly updated: string;
  /** The figures are older than twice the status interval. */
  readonly stale: boolean;
  readonly overall: Status;
  readonly avail: Status;
  readonly optional: Status;
  readonly sync: Status;
  readonly hb: Status;
  readonly frozen: boolean;
  readonly provisioned: boolean | 'mixed' | null;
  /** Nodes of the service, as this node's file has them. */
  readonly nodes: readonly string[];
  readonly drpnodes: readonly string[];
  /** Of the text of this node's service file, hexadecimal; null when it cannot be read. */
  readonly configSha256: string | null;
  /** Why the service file is not valid, while the last good definition is shown; null when it is valid. */
  readonly invalid: string | null;
  readonly monitor: MonitorStatus;
  /** By rid, in the order of the file. */
  readonly resources: Readonly<Record<string, ResourceStatus>>;
}

/** The status of a service on this node, with what is known of its instances elsewhere. */
export interface StatusDocument extends InstanceStatus {
  readonly schema: 1;
  readonly service: string;
  /** By node name. */
  readonly instances: Readonly<Record<string, InstanceStatus>>;
  /** Nodes that were asked and gave no status: by node name, why. */
  readonly unanswered: Readonly<Record<string, string>>;
  /** Nodes where it is up, when there are several and it may be up on one only; else empty. */
  readonly split: readonly string[];
}

/** Several services. */
export interface ServicesDocument {
  readonly schema: 1;
  readonly services: readonly StatusDocument[];
}
