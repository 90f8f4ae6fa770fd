import { expect } from 'chai';
import { type SyncScene, whyNotSync } from '../../../agent/state/sync-gate.ts';
import { statuses } from '../../../agent/state/status.ts';

const scene = (more: Partial<SyncScene> = {}): SyncScene => ({
  promotes: false,
  named: false,
  role: 'nodes',
  service: 'up',
  serviceEnv: 'PRD',
  nodeEnv: 'PRD',
  isSecondary: false,
  allow: [],
  ...more,
});

describe('unit: state: may a sync be sent from here', () => {
  it('only while the service is up; degraded when it is allowed', () => {
    const told = Object.fromEntries(statuses.map((service) => [service, whyNotSync(scene({ service }))]));
    expect(told).to.deep.equal({
      up: undefined,
      down: "won't sync this resource for a service not up",
      warn: "won't sync this resource for a service in warn status (--allow degraded)",
      'n/a': "won't sync this resource for a service not up",
      undef: "won't sync this resource for a service in undef status (--allow degraded)",
      'stdby up': "won't sync this resource for a service not up",
      'stdby down': "won't sync this resource for a service not up",
    });
    const allowed = statuses.filter((service) => whyNotSync(scene({ service, allow: ['degraded'] })) === undefined);
    expect(allowed).to.deep.equal(['up', 'warn', 'undef']);
  });

  it('never from the recovery site, from a secondary of a flex service, or from a lesser node than the service is', () => {
    expect(whyNotSync(scene({ role: 'drpnodes' }))).to.match(/node of drpnodes/);
    expect(whyNotSync(scene({ isSecondary: true }))).to.match(/primary of a flex service/);
    expect(whyNotSync(scene({ nodeEnv: 'TST' }))).to.equal("won't sync a PRD service from a TST node");
    expect(whyNotSync(scene({ nodeEnv: 'PRD', serviceEnv: 'TST' }))).to.equal(undefined);
  });

  it('what is safe at any time goes from a service that is down when it is named, but from no wrong node', () => {
    expect(whyNotSync(scene({ named: true, service: 'down' }))).to.equal(undefined);
    expect(whyNotSync(scene({ named: true, service: 'down', role: 'drpnodes' }))).to.match(/drpnodes/);
  });

  it('what promotes knows its own side', () => {
    const worst = scene({ promotes: true, service: 'down', role: 'drpnodes', isSecondary: true, nodeEnv: 'TST' });
    expect(whyNotSync(worst)).to.equal(undefined);
  });
});
