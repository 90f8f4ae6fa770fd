/** Keywords of resources whose devices may be reserved and made writable: volume groups and filesystems. */
import type { ImpliedResource } from '../../agent/driver/contract.ts';
import type { Config, Keywords } from '../../agent/driver/keywords.ts';

export const reservationKeywords = {
  scsireserv: {
    kind: 'boolean',
    default: 'false',
    text: 'Whether its disks are reserved for this node (SCSI-3 persistent reservation) before it starts.',
  },
  prkey: {
    kind: 'string',
    text: 'Key of the reservation, up to 16 hexadecimal digits; that of the node when not set.',
    example: '0x90520a45138e85',
  },
  no_preempt_abort: {
    kind: 'boolean',
    default: 'false',
    text: 'Whether a takeover of the reservation leaves the running commands of the other node alone (preempt).',
  },
  promote_rw: {
    kind: 'boolean',
    default: 'false',
    text: 'Whether start makes read-only disks writable first (blockdev --setrw), as after a change of roles in the array.',
  },
} as const satisfies Keywords;

/** `scsireserv = true` brings `<rid>pr` along, which starts right before and stops right after. */
export function impliedReservation(rid: string, config: Config<typeof reservationKeywords>): readonly ImpliedResource[] {
  if (!config.scsireserv) return [];
  const { prkey, no_preempt_abort, promote_rw } = config;
  return [{ rid: `${rid}pr`, type: 'vg.scsireserv', values: { of: rid, devs: [], prkey, no_preempt_abort, promote_rw }, order: 'before' }];
}
