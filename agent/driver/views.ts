/** What a driver may see of others, and lets be seen: peers, siblings, sections of the node file, arrays. Types only. */
import type { Report } from './contract.ts';
import type { Argv } from './shapes.ts';

export interface Peer {
  readonly node: string;
  readonly role: 'nodes' | 'drpnodes';
  /** OpenSSH and its options, the host not included: for tools that move data themselves (rsync -e). */
  readonly rsh?: Argv | undefined;
  /** Folder of the service files of its agent. */
  readonly services?: string;
}

/** What a peer's agent says of its instance of the service; `unknown`: it could not be asked, and why. */
export interface PeerInstance {
  readonly state: 'up' | 'down' | 'unknown';
  readonly text: string;
  /** Something answered there, whatever it was; absent: nothing did unless its state is known. */
  readonly alive?: boolean;
}

/** Another resource of the same service, as a driver may see it. */
export interface ResourceView {
  readonly rid: string;
  readonly type: string;
  readonly label: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly report: Report | undefined;
  /** Also up on the nodes where the service is down. */
  readonly standby?: boolean;
}

/** A section of the node configuration, e.g. `array#hp3par1` or `node`. Raw strings, scopes and references already resolved. */
export interface SectionView {
  readonly name: string;
  readonly values: Readonly<Record<string, string>>;
}

/** A storage array as `svcmgr array show` tells of it. */
export interface ArrayView {
  readonly system: Readonly<Record<string, string | null>>;
  readonly targets: readonly { readonly name: string; readonly type: string; readonly status: string }[];
  readonly links: readonly { readonly target: string; readonly node: string; readonly address: string; readonly status: string }[];
  readonly groups: readonly {
    readonly name: string;
    readonly target: string;
    readonly status: string;
    readonly role: string;
    readonly mode: string;
    readonly volumes: number;
    /** States of its volumes. */
    readonly sync: string;
    /** The oldest of them, as the array prints it; null: none. */
    readonly lastSync: string | null;
    /** Null: not known. */
    readonly ageMs: number | null;
  }[];
}
