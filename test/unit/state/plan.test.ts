import { expect } from 'chai';
import { decide, type PlanItem, type WalkVerb } from '../../../agent/state/plan.ts';
import { describeMissing, missingRequirements } from '../../../agent/state/requirements.ts';
import { type Status, statuses } from '../../../agent/state/status.ts';
import { type TraitKeywords, traitsOf } from '../../../agent/state/traits.ts';

const verbs = ['start', 'boot', 'stop', 'shutdown', 'provision', 'unprovision', 'run'] as const satisfies readonly WalkVerb[];

function item(keywords: TraitKeywords = {}, fields: Partial<PlanItem> = {}): PlanItem {
  return { rid: 'fs#1', traits: traitsOf('fs', keywords), able: true, ...fields };
}

function reason(verb: WalkVerb, one: PlanItem): string {
  const decision = decide(verb, one);
  return decision.act ? 'act' : decision.reason;
}

describe('plan', () => {
  it('leaves alone, with every verb, what is disabled, tagged noaction or has no such method', () => {
    for (const verb of verbs) {
      expect(reason(verb, item({ disable: true }))).to.equal('disabled');
      expect(reason(verb, item({ tags: ['noaction'] }))).to.equal('tag noaction');
      expect(reason(verb, item({}, { able: false }))).to.match(/^its driver has no (start|stop|provision|unprovision|run)$/);
      expect(decide(verb, item({ disable: true }, { status: 'up' }))).to.include({ act: false, reached: false });
    }
    expect(reason('start', item({ encap: true })), 'the engine of the host drives what is inside a container too').to.equal('act');
  });

  it('skips what is where it should be, and acts on what cannot be told', () => {
    const acts = (verb: WalkVerb) => statuses.filter((status: Status) => decide(verb, item({ standby: true }, { status })).act);
    expect(acts('start')).to.deep.equal(['down', 'warn', 'n/a', 'undef', 'stdby down']);
    expect(acts('shutdown')).to.deep.equal(['up', 'warn', 'n/a', 'undef', 'stdby up']);
    expect(acts('run')).to.deep.equal(statuses);
    expect(decide('start', item({}, { status: 'up' }))).to.deep.equal({ act: false, reached: true, reason: 'already up' });
    expect(decide('stop', item({}, { status: undefined })).act, 'not looked at').to.equal(true);
  });

  it('starts standby resources too, boots only them, and stops them only when told to', () => {
    const [standby, plain] = [item({ standby: true }), item()];
    const acts = (verb: WalkVerb) => [decide(verb, standby).act, decide(verb, plain).act];
    expect(acts('start')).to.deep.equal([true, true]);
    expect(acts('boot')).to.deep.equal([true, false]);
    expect(acts('stop')).to.deep.equal([false, true]);
    expect(acts('shutdown')).to.deep.equal([true, true]);
    expect(decide('stop', { ...standby, named: true }).act).to.equal(true);
    expect(reason('stop', standby)).to.equal('standby stays up: shutdown, or stop --rid fs#1, stops it');
  });

  it('provisions what is not, unprovisions what is', () => {
    const acts = (verb: WalkVerb) => [true, false, null].map((provisioned) => decide(verb, item({}, { provisioned, status: 'up' })).act);
    expect(acts('provision')).to.deep.equal([false, true, true]);
    expect(acts('unprovision')).to.deep.equal([true, false, true]);
  });

  it('tells whose failure may be ignored', () => {
    expect(decide('start', item({ optional: true }))).to.deep.equal({ act: true, mayFail: true });
    expect(decide('start', item())).to.deep.equal({ act: true, mayFail: false });
  });
});

describe('traits', () => {
  it('makes sync and task optional unless the file says otherwise, and noaction always', () => {
    const optional = (group: string, keywords: TraitKeywords = {}) => traitsOf(group, keywords).optional;
    expect(['sync', 'task', 'fs'].map((group) => optional(group))).to.deep.equal([true, true, false]);
    expect(optional('sync', { optional: false })).to.equal(false);
    expect(optional('fs', { tags: ['noaction'], optional: false })).to.equal(true);
  });

  it('reads the special tags', () => {
    expect(traitsOf('fs', { tags: ['nostatus', 'encap', 'other'] })).to.include({ nostatus: true, encap: true, noaction: false });
  });
});

describe('requirements', () => {
  const status: Readonly<Record<string, Status>> = { 'fs#1': 'up', 'fs#2': 'stdby up', 'fs#3': 'warn', 'fs#4': 'down' };
  const missing = (...requirements: readonly { rid: string; states: readonly string[] }[]) =>
    missingRequirements(requirements, (rid) => status[rid]).map(describeMissing);

  it('means up or stdby up when no state is named', () => {
    expect(missing({ rid: 'fs#1', states: [] }, { rid: 'fs#2', states: [] })).to.deep.equal([]);
    expect(missing({ rid: 'fs#3', states: [] })).to.deep.equal(['fs#3 is warn, must be up or stdby up']);
  });

  it('takes the named states only', () => {
    expect(missing({ rid: 'fs#4', states: ['down', 'warn'] })).to.deep.equal([]);
    expect(missing({ rid: 'fs#1', states: ['down'] }, { rid: 'fs#4', states: ['up'] })).to.deep.equal([
      'fs#1 is up, must be down',
      'fs#4 is down, must be up',
    ]);
  });

  it('never holds for what does not exist', () => {
    expect(missing({ rid: 'impossible', states: [] })).to.deep.equal(['impossible is not known here, must be up or stdby up']);
  });
});
