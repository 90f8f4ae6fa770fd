/** Every row of the decision whether a start may go on (spec/cli.md "Safety before a start" 1). */
import { expect } from 'chai';
import { judgeInstance } from '../../../agent/state/instance-verdict.ts';
import { decideStart, type OwnConfig, type PeerFaultKind, type PeerWord } from '../../../agent/state/peer-safety.ts';
import { type Status, statuses } from '../../../agent/state/status.ts';
import type { InstanceStatus, ResourceStatus, StatusDocument } from '../../../agent/state/status-document.ts';
import { documentOf, resource } from '../../support/status-documents.ts';

const own: OwnConfig = { service: 'svc1', node: 'node1', sha256: 'aa', nodes: ['node1', 'node2'], drpnodes: ['node3'] };

const base: Partial<StatusDocument> = { node: 'node2', nodes: own.nodes, drpnodes: own.drpnodes, configSha256: 'aa', avail: 'down' };
const instance = (fields: Partial<StatusDocument> = {}): InstanceStatus => documentOf('svc1', { ...base, ...fields });
const fs = (status: Status, fields: Partial<ResourceStatus> = {}) => ({ 'fs#1': resource('fs', { status, ...fields }) });
const standby = { monitor: false, disable: false, optional: false, encap: false, standby: true };
const disable = { ...standby, standby: false, disable: true };
const monitor = (state: string, action: string | null = state) => ({ state, action, since: null, interrupted: null });
const word = (status: InstanceStatus | undefined, fields: Partial<PeerWord> = {}): PeerWord => ({
  node: 'node2',
  status,
  fault: undefined,
  skewMs: 0,
  ...fields,
});
const decide = (one: PeerWord, options: { guard?: string; patient?: boolean; own?: Partial<OwnConfig> } = {}) =>
  decideStart(
    { ...own, ...options.own },
    [one],
    options.guard === undefined ? undefined : { name: options.guard },
    options.patient ?? false,
  );
const allows = (one: PeerWord, options = {}) => decide(one, options).blockers.map(({ allow }) => allow);

describe('peer safety: what an instance means for the others', () => {
  const expected = {
    up: 'up',
    down: 'down',
    warn: 'up',
    'n/a': 'down',
    undef: 'unknown',
    'stdby up': 'up',
    'stdby down': 'down',
  } as const satisfies Record<Status, string>;

  for (const status of statuses) {
    it(`${status} of a filesystem: ${expected[status]}`, () => {
      expect(judgeInstance(instance({ avail: 'down', resources: fs(status) })).state).to.equal(expected[status]);
    });
    it(`${status} of a standby filesystem: down, wherever the service is down it may be up`, () => {
      const avail = status === 'up' || status === 'undef' ? 'n/a' : status;
      expect(judgeInstance(instance({ avail, resources: fs(status, { flags: standby }) })).state).to.equal('down');
    });
    it(`${status} of a task or sync: down, they hold nothing`, () => {
      const resources = { 'task#1': resource('task', { status }), 'sync#1': resource('sync', { status }) };
      expect(judgeInstance(instance({ avail: 'n/a', resources })).state).to.equal('down');
    });
  }

  it('is up when anything is up beside what is down, also when it is optional', () => {
    const optional = { ...disable, disable: false, optional: true };
    const resources = { ...fs('down'), 'app#1': resource('app', { status: 'up', flags: optional }) };
    expect(judgeInstance(instance({ avail: 'down', resources }))).to.deep.equal({ state: 'up', text: 'down (app#1 up)' });
  });

  it('is up when only the whole says so', () => {
    expect(judgeInstance(instance({ avail: 'up', resources: {} })).state).to.equal('up');
  });

  it('is not known when a resource is undef beside others that are down, with the reason', () => {
    const dark = fs('undef', { notes: [{ level: 'error', text: 'no answer in 10 s' }] });
    const verdict = judgeInstance(instance({ avail: 'warn', resources: { ...dark, 'app#1': resource('app', { status: 'down' }) } }));
    expect(verdict).to.deep.equal({ state: 'unknown', text: 'fs#1 undef there: no answer in 10 s' });
    expect(judgeInstance(instance({ avail: 'undef' })).state).to.equal('unknown');
  });

  it('is not known when all of it is disabled there: nobody looks', () => {
    expect(judgeInstance(instance({ avail: 'n/a', resources: fs('n/a', { flags: disable }) })).state).to.equal('unknown');
    const one = { ...fs('n/a', { flags: disable }), 'fs#2': resource('fs', { status: 'down' }) };
    expect(judgeInstance(instance({ resources: one })).state).to.equal('down');
  });

  it('is not known when the answer is old', () => {
    expect(judgeInstance(instance({ resources: fs('down'), stale: true })).state).to.equal('unknown');
  });

  it('is starting while an action runs that brings it up, or may', () => {
    for (const state of ['starting', 'restarting', 'provisioning', 'boot', 'a word of tomorrow'])
      expect(judgeInstance(instance({ monitor: monitor(state), resources: fs('down') })).state, state).to.equal('starting');
    for (const state of ['idle', 'stopping', 'unprovisioning', 'shutdown', 'running', 'relocating', 'sync update'])
      expect(judgeInstance(instance({ monitor: monitor(state), resources: fs('down') })).state, state).to.equal('down');
  });

  it('is up while a command of a dead action still runs, and judged by its looks once it does not', () => {
    const cut = (alive: boolean) => ({
      ...monitor('idle', null),
      interrupted: { verb: 'start', since: '2026-11-21T12:00:00Z', rid: 'fs#1', command: 'mount /a', alive },
    });
    expect(judgeInstance(instance({ monitor: cut(true), resources: fs('down') })).state).to.equal('up');
    expect(judgeInstance(instance({ monitor: cut(false), resources: fs('down') })).state).to.equal('down');
  });
});

describe('peer safety: may a start go on', () => {
  it('goes on when everybody is down', () => {
    const words = ['node2', 'node3'].map((node) => word(instance({ node, resources: fs('down') }), { node }));
    expect(decideStart(own, words, undefined, true)).to.deep.equal({ blockers: [], warnings: [], askAgain: [] });
    expect(decideStart(own, [], undefined, true)).to.deep.equal({ blockers: [], warnings: [], askAgain: [] });
  });

  it('refuses by peer-up when a node is up or warn', () => {
    for (const status of ['up', 'warn'] as const) expect(allows(word(instance({ resources: fs(status) })))).to.deep.equal(['peer-up']);
    expect(decide(word(instance({ avail: 'up' }))).blockers).to.deep.equal([
      { text: 'node2: up', allow: 'peer-up', mend: 'svcmgr -s svc1 switch --to node1' },
    ]);
  });

  it('refuses by peer-unreachable for every fault but a missing service', () => {
    const kinds: readonly PeerFaultKind[] = ['unreachable', 'no answer', 'no agent', 'failed', 'garbage', 'other version', 'wrong node'];
    for (const kind of kinds) expect(allows(word(undefined, { fault: { kind, text: 'x' } })), kind).to.deep.equal(['peer-unreachable']);
    expect(allows(word(undefined))).to.deep.equal(['peer-unreachable']);
    expect(allows(word(instance({ resources: fs('undef') })))).to.deep.equal(['peer-unreachable']);
    expect(allows(word(undefined, { fault: { kind: 'no service', text: 'x' } }))).to.deep.equal(['peer-config']);
  });

  it('goes on without an answer when a storage guard decides, and says so', () => {
    const guard = 'the SCSI reservation of vg#1pr';
    const silent = decide(word(undefined, { fault: { kind: 'unreachable', text: 'no route' } }), { guard });
    expect(silent).to.deep.equal({ blockers: [], warnings: [`node2: no route; ${guard} decides`], askAgain: [] });
    expect(allows(word(instance({ resources: fs('undef') })), { guard })).to.deep.equal([]);
    // What answers that it is up is believed, whatever guards the data.
    expect(allows(word(instance({ resources: fs('up') })), { guard })).to.deep.equal(['peer-up']);
    expect(allows(word(undefined, { fault: { kind: 'no service', text: 'x' } }), { guard })).to.deep.equal(['peer-config']);
  });

  describe('both told to start at once', () => {
    const starting = (node: string) => word(instance({ node, monitor: monitor('starting') }), { node });
    it('asks the later node again while it is patient, then refuses', () => {
      expect(decide(starting('node2'), { patient: true })).to.deep.include({ blockers: [], askAgain: ['node2'] });
      expect(allows(starting('node2'))).to.deep.equal(['peer-up']);
    });
    it('gives up at once when the earlier node starts', () => {
      expect(decide(starting('node1'), { patient: true, own: { node: 'node2' } })).to.deep.include({ askAgain: [] });
      expect(allows(starting('node1'), { patient: true, own: { node: 'node2' } })).to.deep.equal(['peer-up']);
    });
    it('takes nodes before drpnodes, and a node named nowhere last', () => {
      expect(decide(starting('node3'), { patient: true, own: { node: 'node2' } }).askAgain).to.deep.equal(['node3']);
      expect(decide(starting('node2'), { patient: true, own: { node: 'node3' } }).askAgain).to.deep.equal([]);
      expect(decide(starting('node3'), { patient: true, own: { node: 'node9' } }).askAgain).to.deep.equal([]);
    });
    it('lets exactly one of any two go on', () => {
      const nodes = [...own.nodes, ...own.drpnodes];
      for (const a of nodes)
        for (const b of nodes.filter((node) => node !== a)) {
          const patient = [
            decide(starting(b), { patient: true, own: { node: a } }),
            decide(starting(a), { patient: true, own: { node: b } }),
          ];
          expect(patient.filter((one) => one.askAgain.length === 1)).to.have.length(1);
          expect(patient.filter((one) => one.blockers.length === 1)).to.have.length(1);
        }
    });
  });

  it('refuses by peer-config when the files name other nodes, and only warns when they differ elsewhere', () => {
    expect(allows(word(instance({ configSha256: 'bb', drpnodes: [] })))).to.deep.equal(['peer-config']);
    expect(allows(word(instance({ configSha256: 'bb', nodes: ['node1', 'node4'] })))).to.deep.equal(['peer-config']);
    const other = decide(word(instance({ configSha256: 'bb', nodes: ['NODE2', 'node1'] })));
    expect(other.blockers).to.deep.equal([]);
    expect(other.warnings[0]).to.match(/^node2: its file of svc1 differs from ours/);
    // Both unreadable is no agreement.
    expect(decide(word(instance({ configSha256: null })), { own: { sha256: null } }).warnings).to.have.length(1);
  });

  it('tells all reasons of one node together', () => {
    const bad = instance({ configSha256: 'bb', drpnodes: [], resources: fs('up'), invalid: 'line 3: x' });
    expect(allows(word(bad))).to.deep.equal(['peer-up', 'peer-config']);
    expect(decide(word(bad)).warnings).to.have.length(1);
    expect(allows(word(instance({ configSha256: 'bb', drpnodes: [], resources: fs('undef') })))).to.deep.equal([
      'peer-unreachable',
      'peer-config',
    ]);
  });

  it('warns of a clock more than 5 s away', () => {
    expect(decide(word(instance(), { skewMs: 5000 })).warnings).to.deep.equal([]);
    expect(decide(word(instance(), { skewMs: 5600 })).warnings).to.deep.equal(['node2: its clock is 6 s ahead of ours']);
    expect(decide(word(instance(), { skewMs: -90_000 })).warnings).to.deep.equal(['node2: its clock is 90 s behind ours']);
    expect(decide(word(instance(), { skewMs: undefined })).warnings).to.deep.equal([]);
  });
});
