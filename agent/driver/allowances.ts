/** What `--allow NAME` may waive: every refusal that can be waived says one of these names. */

export const allowances = {
  'address-alive': 'an address that answers, or may answer, elsewhere is taken',
  'below-mount': 'a sync writes below a mount point of the service on which nothing is mounted',
  confirmation: 'a task that asks for a confirmation runs',
  degraded: 'what is incomplete is used: a volume group without all its disks, a sync of a service in warn or undef',
  'delete-many': 'a sync deletes more on the target than its limit',
  'discard-writes': 'what was written here since a failover is given up',
  env: 'a service of another environment starts on a PRD node',
  'foreign-node': 'a service starts on a node that it does not name',
  'foreign-reservation': 'disks that another node has reserved are taken over: its writes fail from then on',
  'foreign-tag': 'volume groups that carry the tag of another node are taken over',
  'mounted-elsewhere': 'a device that is mounted at another place is mounted here as well, without a check by fsck',
  'no-carrier': 'an address is put on an interface without a link',
  'overwrite-data': 'a device or folder that holds something is provisioned: what it holds is lost',
  'overwrite-peer-config': 'a service file that somebody edited on another node is replaced',
  paused: 'a sync that somebody paused runs once',
  'peer-config': 'another node has another definition of the service',
  'peer-unreachable': 'nodes, or the other array, that do not answer may still run the service',
  'peer-up': 'the service starts here while another node has it up',
  quiesced: 'a sync is sent from a service whose applications are stopped and whose data is up (a switch does so)',
  split: 'an array takes over while the other site shows signs of life',
  'stale-data': 'older data is good enough: what was written elsewhere since is not in it',
} as const;

/** A name with a dot belongs to a driver from outside (`acme.no-quorum`). */
export type Allowance = keyof typeof allowances | `${string}.${string}`;

export function isAllowance(name: string): name is Allowance {
  return Object.hasOwn(allowances, name) || name.includes('.');
}
