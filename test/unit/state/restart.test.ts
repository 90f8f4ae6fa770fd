import { expect } from 'chai';
import fc from 'fast-check';
import {
  budgetOf,
  decideRestart,
  isWatched,
  longestPauseMs,
  pauseAfter,
  type RestartDecision,
  type RestartScene,
  renewedAfterMs,
  type WatchedResource,
  type Watches,
} from '../../../agent/state/restart.ts';
import type { Status } from '../../../agent/state/status.ts';

const start = Date.parse('2026-11-25T12:00:00Z');

function resource(rid: string, status: Status, more: Partial<WatchedResource> = {}): WatchedResource {
  return {
    rid,
    group: rid.split('#')[0] ?? '',
    status,
    optional: false,
    disabled: false,
    standby: false,
    monitored: true,
    restart: 2,
    delayMs: 1000,
    wanted: 'up',
    wish: 'first',
    isWishOfBoot: true,
    ...more,
  };
}

function scene(resources: readonly WatchedResource[], more: Partial<RestartScene> = {}): RestartScene {
  return {
    nowMs: start,
    held: undefined,
    resources,
    watches: {},
    isNewLook: true,
    monitorAction: 'none',
    lastNodeActionMs: undefined,
    ...more,
  };
}

/** Decisions one after the other, each a look at the states given; `seconds` later each. */
function follow(steps: readonly { status: Status; after?: number; more?: Partial<RestartScene> }[], more: Partial<WatchedResource> = {}) {
  let watches: Watches = {};
  let nowMs = start;
  return steps.map(({ status, after = 10, more: sceneMore }) => {
    const decision = decideRestart(scene([resource('app#1', status, more)], { watches, nowMs, ...sceneMore }));
    watches = decision.watches;
    nowMs += after * 1000;
    return decision;
  });
}

const summary = ({ restart, gaveUp, action }: RestartDecision): string =>
  [...restart.map((rid) => `restart ${rid}`), ...gaveUp.map(({ rid }) => `give up ${rid}`), ...(action === undefined ? [] : [action])].join(
    ', ',
  );

describe('restart', () => {
  it('starts a resource again that went down, at the first look', () => {
    expect(follow([{ status: 'up' }, { status: 'down' }]).map(summary)).to.deep.equal(['', 'restart app#1']);
  });

  it('gives up after its budget, once, and then does the monitor_action', () => {
    const more = { monitorAction: 'freezestop' as const };
    const steps = Array.from({ length: 6 }, () => ({ status: 'down' as const, more }));
    expect(follow(steps).map(summary)).to.deep.equal(['restart app#1', 'restart app#1', 'give up app#1, freezestop', '', '', '']);
  });

  it('does no monitor_action for a resource that is restarted but not monitored', () => {
    const more = { monitorAction: 'reboot' as const };
    const steps = Array.from({ length: 4 }, () => ({ status: 'down' as const, more }));
    expect(follow(steps, { monitored: false }).map(summary)).to.deep.equal(['restart app#1', 'restart app#1', 'give up app#1', '']);
  });

  it('looks twice before a monitor_action without any restart', () => {
    const more = { monitorAction: 'crash' as const };
    const steps = Array.from({ length: 3 }, () => ({ status: 'down' as const, more }));
    expect(follow(steps, { restart: 0 }).map(summary)).to.deep.equal(['', 'give up app#1, crash', '']);
    const same = follow(
      [
        { status: 'down', more },
        { status: 'down', more: { ...more, isNewLook: false } },
      ],
      { restart: 0 },
    );
    expect(same.map(summary), 'the same look twice is one look').to.deep.equal(['', '']);
  });

  it('waits longer after each restart, and says until when', () => {
    const [first, second] = follow([{ status: 'down', after: 0.5 }, { status: 'down' }], { restart: 5 });
    expect(summary(first as RestartDecision)).to.equal('restart app#1');
    expect(second?.restart).to.deep.equal([]);
    expect(second?.held).to.deep.equal([{ rid: 'app#1', text: 'restart 2 of 5 after a pause', untilMs: start + 1000 }]);
    expect([1, 2, 3, 4].map((attempts) => pauseAfter(attempts, 500))).to.deep.equal([500, 1000, 2000, 4000]);
    expect(pauseAfter(40, 500)).to.equal(longestPauseMs);
    expect(pauseAfter(40, 3_600_000), 'restart_delay is kept where it is longer').to.equal(3_600_000);
  });

  it('renews the budget after it was up long enough, and not before', () => {
    const crash = [{ status: 'down' as const }, { status: 'down' as const }];
    const short = follow([
      ...crash,
      { status: 'up', after: renewedAfterMs / 1000 - 1 },
      { status: 'up', after: 0 },
      { status: 'down' },
      { status: 'down' },
    ]);
    expect(summary(short.at(-1) as RestartDecision)).to.equal('give up app#1');
    const long = follow([...crash, { status: 'up', after: renewedAfterMs / 1000 }, { status: 'up' }, { status: 'down' }]);
    expect(summary(long.at(-1) as RestartDecision)).to.equal('restart app#1');
  });

  it('renews the budget when the operator starts it again', () => {
    let watches: Watches = {};
    for (let look = 0; look < 4; look++)
      watches = decideRestart(scene([resource('app#1', 'down')], { watches, nowMs: start + look * 10_000 })).watches;
    expect(watches['app#1']?.gaveUp).to.equal(true);
    const again = decideRestart(scene([resource('app#1', 'down', { wish: 'second' })], { watches, nowMs: start + 60_000 }));
    expect(again.restart).to.deep.equal(['app#1']);
  });

  it('leaves alone what was stopped, what nobody started, and what cannot be told', () => {
    expect(decideRestart(scene([resource('app#1', 'down', { wanted: 'down' })])).restart).to.deep.equal([]);
    expect(decideRestart(scene([resource('app#1', 'down', { wanted: undefined })])).restart).to.deep.equal([]);
    expect(decideRestart(scene([resource('app#1', 'undef')])).restart).to.deep.equal([]);
    expect(decideRestart(scene([resource('app#1', 'warn')])).restart).to.deep.equal([]);
  });

  it('leaves alone what is down since the boot, until it was up or started in this boot', () => {
    const old = { isWishOfBoot: false };
    expect(follow([{ status: 'down' }, { status: 'down' }], old).map(summary)).to.deep.equal(['', '']);
    expect(follow([{ status: 'up' }, { status: 'down' }], old).map(summary)).to.deep.equal(['', 'restart app#1']);
  });

  it('keeps a standby resource up on a node where the service is stopped, unless that resource was stopped', () => {
    const standby = { standby: true, restart: 0, monitored: false };
    expect(decideRestart(scene([resource('fs#1', 'stdby down', { ...standby, wanted: undefined })])).restart).to.deep.equal(['fs#1']);
    expect(decideRestart(scene([resource('fs#1', 'stdby down', { ...standby, wanted: 'down' })])).restart).to.deep.equal([]);
    expect(budgetOf({ restart: 0, standby: true })).to.equal(2);
  });

  it('does nothing while it is held off, and says why', () => {
    const decision = decideRestart(scene([resource('app#1', 'down')], { held: 'frozen' }));
    expect(summary(decision)).to.equal('');
    expect(decision.held).to.deep.equal([{ rid: 'app#1', text: 'frozen' }]);
  });

  it('starts nothing on top of what is down, but together with what is started again itself', () => {
    const app = resource('app#1', 'down');
    const blind = decideRestart(scene([resource('fs#1', 'down', { monitored: false, restart: 0 }), app]));
    expect(blind.restart).to.deep.equal([]);
    expect(blind.held).to.deep.equal([{ rid: 'app#1', text: 'stands on fs#1, which is down' }]);
    expect(decideRestart(scene([resource('fs#1', 'undef', { monitored: false, restart: 0 }), app])).restart).to.deep.equal([]);
    expect(decideRestart(scene([resource('fs#1', 'down'), app])).restart).to.deep.equal(['fs#1', 'app#1']);
    const sibling = resource('app#2', 'down');
    expect(decideRestart(scene([resource('app#1', 'down', { monitored: false, restart: 0 }), sibling])).restart).to.deep.equal(['app#2']);
    const optional = resource('fs#1', 'down', { monitored: false, restart: 0, optional: true });
    expect(decideRestart(scene([optional, app])).restart).to.deep.equal(['app#1']);
  });

  it('restarts before it gives anything up', () => {
    const watches = { 'app#1': { armed: true, wish: 'first', attempts: 2, looksDown: 4, gaveUp: false } };
    const decision = decideRestart(scene([resource('app#1', 'down'), resource('app#2', 'down')], { watches, monitorAction: 'reboot' }));
    expect(summary(decision)).to.equal('restart app#2');
    expect(decision.watches['app#1']?.gaveUp).to.equal(false);
  });

  it('reboots a node once an hour at most, and says so', () => {
    const watches = { 'app#1': { armed: true, wish: 'first', attempts: 2, looksDown: 4, gaveUp: false } };
    const lastNodeActionMs = start - 600_000;
    const decision = decideRestart(scene([resource('app#1', 'down')], { watches, monitorAction: 'reboot', lastNodeActionMs }));
    expect(decision.action).to.equal(undefined);
    expect(decision.held).to.deep.equal([{ rid: 'app#1', text: 'no reboot: this node had one less than an hour ago' }]);
    const later = { watches, monitorAction: 'reboot' as const, lastNodeActionMs: start - 3_600_000 };
    expect(decideRestart(scene([resource('app#1', 'down')], later)).action).to.equal('reboot');
    expect(decideRestart(scene([resource('app#1', 'down')], { ...later, monitorAction: 'freezestop', lastNodeActionMs })).action).to.equal(
      'freezestop',
    );
  });

  it('waits no longer than one pause when the clock is set back', () => {
    const watches = {
      'app#1': { armed: true, wish: 'first', attempts: 1, lastAttemptMs: start + 86_400_000, looksDown: 1, gaveUp: false },
    };
    const first = decideRestart(scene([resource('app#1', 'down')], { watches }));
    expect(first.held[0]?.untilMs).to.equal(start + 1000);
    const second = decideRestart(scene([resource('app#1', 'down')], { watches: first.watches, nowMs: start + 1000 }));
    expect(second.restart).to.deep.equal(['app#1']);
  });

  it('watches no sync, no task, nothing disabled, nothing that asks for neither', () => {
    expect(isWatched(resource('sync#1', 'down'))).to.equal(false);
    expect(isWatched(resource('task#1', 'down'))).to.equal(false);
    expect(isWatched(resource('app#1', 'down', { disabled: true }))).to.equal(false);
    expect(isWatched(resource('app#1', 'down', { monitored: false, restart: 0 }))).to.equal(false);
    expect(isWatched(resource('app#1', 'down', { monitored: false, restart: 1 }))).to.equal(true);
  });
});

describe('restart: properties', () => {
  const steps = fc.array(
    fc.record({
      status: fc.constantFrom<Status>('up', 'down', 'down', 'warn', 'undef'),
      afterMs: fc.integer({ min: 1, max: 120_000 }),
      held: fc.constantFrom<string | undefined>(undefined, undefined, 'frozen'),
      wanted: fc.constantFrom<'up' | 'down'>('up', 'up', 'up', 'down'),
    }),
    { minLength: 1, maxLength: 60 },
  );

  it('never restarts what is held, stopped, or not down; never more than the budget in one breath; never before its pause', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 4 }), fc.integer({ min: 100, max: 60_000 }), (walk, restart, delayMs) => {
        let watches: Watches = {};
        let nowMs = start;
        let inVain: number[] = [];
        for (const { status, afterMs, held, wanted } of walk) {
          const one = resource('app#1', status, { restart, delayMs, wanted });
          const decision = decideRestart(scene([one], { watches, nowMs, held, monitorAction: 'reboot' }));
          if (wanted === 'down') inVain = [];
          if (decision.restart.length > 0 || decision.action !== undefined) {
            expect(held).to.equal(undefined);
            expect(wanted).to.equal('up');
            expect(status).to.equal('down');
          }
          if (decision.action !== undefined) expect(inVain.length, 'given up only with the budget spent').to.equal(restart);
          for (const _ of decision.restart) {
            const last = inVain.at(-1);
            if (last !== undefined) expect(nowMs - last).to.be.at.least(pauseAfter(inVain.length, delayMs));
            inVain.push(nowMs);
            expect(inVain.length).to.be.at.most(restart);
          }
          if (decision.watches['app#1']?.attempts === 0) inVain = [];
          watches = decision.watches;
          nowMs += afterMs;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('always comes to an end: what stays down is given up after its budget, and acted on once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 30_000 }), (restart, delayMs) => {
        let watches: Watches = {};
        let acts = 0;
        let restarts = 0;
        for (let look = 0; look < 400; look++) {
          const one = resource('app#1', 'down', { restart, delayMs });
          const decision = decideRestart(scene([one], { watches, nowMs: start + look * 10_000, monitorAction: 'switch' }));
          restarts += decision.restart.length;
          acts += decision.action === undefined ? 0 : 1;
          watches = decision.watches;
        }
        expect({ restarts, acts }).to.deep.equal({ restarts: restart, acts: 1 });
      }),
      { numRuns: 60 },
    );
  });
});
