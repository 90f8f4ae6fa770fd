/** What the common keywords of a resource mean for status and actions (spec/opensvc-core.md §2.2). */

/** The common keywords that decide; a `ResourceDefinition.common` fits. */
export interface TraitKeywords {
  readonly optional?: boolean | undefined;
  readonly disable?: boolean | undefined;
  readonly standby?: boolean | undefined;
  readonly monitor?: boolean | undefined;
  readonly encap?: boolean | undefined;
  readonly tags?: readonly string[] | undefined;
}

export interface Traits {
  /** Its failure does not fail the action; it counts in `optional`, not in `avail`. */
  readonly optional: boolean;
  readonly disabled: boolean;
  readonly standby: boolean;
  readonly monitored: boolean;
  /** Lives inside a container of the service. */
  readonly encap: boolean;
  /** Tag `noaction`: no action touches it, and it is optional. */
  readonly noaction: boolean;
  /** Tag `nostatus`: its status is always n/a. */
  readonly nostatus: boolean;
}

/** The traits of a resource: sync and task are optional unless the file says otherwise, `noaction` makes optional. */
export function traitsOf(group: string, keywords: TraitKeywords): Traits {
  const tags = keywords.tags ?? [];
  const noaction = tags.includes('noaction');
  return {
    optional: noaction || (keywords.optional ?? (group === 'sync' || group === 'task')),
    disabled: keywords.disable ?? false,
    standby: keywords.standby ?? false,
    monitored: keywords.monitor ?? false,
    encap: (keywords.encap ?? false) || tags.includes('encap'),
    noaction,
    nostatus: tags.includes('nostatus'),
  };
}
