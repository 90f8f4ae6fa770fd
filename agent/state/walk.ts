/** What goes into an ordered walk and what comes out of it (issue 1 "order"). Types only. */

export interface OrderItem {
  readonly rid: string;
  readonly group: string;
  /** Driver id, `fs.ext4`. */
  readonly type: string;
  /** Name only: `web` of `[subset#app:web]`. */
  readonly subset?: string | undefined;
  /** Lower starts first inside its set: filesystems by mount depth. */
  readonly depth?: number | undefined;
  /** Absolute mount point, when it has one: what lies below it starts after it, across subsets too. */
  readonly mount?: string | undefined;
  /** Its start makes a replica writable: it comes before vg, whatever its group. */
  readonly promotes?: boolean | undefined;
  /** An address in the network namespace of this container: it starts right after it. */
  readonly netnsOf?: string | undefined;
  /** The container it lives in: it starts after it, and what is inside starts in the order of groups. */
  readonly container?: string | undefined;
  /** A companion of another resource, right before or after it. */
  readonly implied?: { readonly of: string; readonly order: 'before' | 'after' } | undefined;
}

/** A step of the walk: its resources one after the other, or all together. */
export interface Batch {
  readonly rids: readonly string[];
  readonly parallel: boolean;
  /** `app:web`; absent for resources of no subset. */
  readonly subset?: string;
}

/** A resource with its companions, in start order. */
export interface Chain {
  readonly item: OrderItem;
  readonly before: readonly Chain[];
  readonly after: readonly Chain[];
}

/** A subset of a group (or what has none), in start order. */
export interface WalkSet {
  readonly rank: number;
  readonly subset: string | undefined;
  readonly parallel: boolean;
  readonly chains: readonly Chain[];
}
