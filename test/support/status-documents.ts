/** Builds status documents for tests of renderers. */
import type { ResourceStatus, StatusDocument } from '../../agent/state/status-document.ts';

export function resource(group: string, fields: Partial<ResourceStatus> = {}): ResourceStatus {
  return {
    group,
    type: `${group}.double`,
    label: '',
    status: 'up',
    since: null,
    flags: { monitor: false, disable: false, optional: false, encap: false, standby: false },
    provisioned: null,
    notes: [],
    facts: {},
    subset: null,
    tags: [],
    container: null,
    ...fields,
  };
}

export function documentOf(service: string, fields: Partial<StatusDocument> = {}): StatusDocument {
  return {
    schema: 1,
    service,
    node: 'node1.opensvc.com',
    updated: '2026-11-21T12:29:15.123Z',
    stale: false,
    overall: 'up',
    avail: 'up',
    optional: 'n/a',
    sync: 'n/a',
    hb: 'n/a',
    frozen: false,
    provisioned: null,
    nodes: ['node1.opensvc.com'],
    drpnodes: [],
    configSha256: null,
    invalid: null,
    monitor: { state: 'idle', since: null, action: null, interrupted: null },
    resources: {},
    instances: {},
    unanswered: {},
    split: [],
    ...fields,
  };
}

const encap = { monitor: false, disable: false, optional: false, encap: true, standby: false } as const;

/** The service of the HP 3PAR document, with the figures of spec/status.md "The tree". */
export function hp3parDocument(): StatusDocument {
  const service = 'svc1.opensvc.com';
  return documentOf(service, {
    overall: 'warn',
    sync: 'warn',
    resources: {
      'fs#1': resource('fs', { type: 'fs.ext4', label: '/dev/mapper/vg_svc1-rootdisk@/opt/svc1.opensvc.com' }),
      'vg#1': resource('vg', { type: 'vg.lvm', label: 'vg_svc1' }),
      'vg#1pr': resource('vg', { type: 'vg.scsireserv', label: '/dev/sdgq, /dev/sdax, /dev/sden, /dev/sdgi' }),
      'sync#1': resource('sync', {
        type: 'sync.hp3par',
        label: 'hp3par async MYRCG',
        status: 'warn',
        notes: [
          { level: 'warn', text: 'rcopy group status is not Started (Stopped)', mend: `svcmgr -s ${service} sync resume --rid sync#1` },
        ],
      }),
      'sync#i0': resource('sync', { type: 'sync.rsync', label: 'rsync svc config to drpnodes, nodes' }),
      'ip#1': resource('ip', { type: 'ip.host', label: 'svc1.opensvc.com@eth0', flags: encap, container: 'container#0' }),
      'container#0': resource('container', { type: 'container.lxc', label: 'svc1.opensvc.com' }),
    },
  });
}
