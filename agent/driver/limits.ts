/** Default time limits, in milliseconds, of what drivers do (driver-contract.md rule 10): one table. */
export const defaultLimits = {
  /** A command that only looks. */
  readMs: 10_000,
  /** A command that changes something. */
  changeMs: 120_000,
  /** Silence after which a data move or fsck counts as stuck. */
  idleMs: 600_000,
  /** A resource's status. */
  statusMs: 10_000,
  /** A resource's start, stop, provision … as a whole. */
  actionMs: 600_000,
  /** A sync verb between its commands, which have limits of their own: previews of huge trees. */
  syncMs: 86_400_000,
  /** A trigger. */
  triggerMs: 300_000,
} as const;
