/** May a side of a remote copy group be made writable: a case for every cell of the table, and for everything that speaks against it. */
import { expect } from 'chai';
import { decideStart, guardOf } from '../../../drivers/lib/hp3par/decide-start.ts';
import { groupStates, type Role, roles, syncStates } from '../../../drivers/lib/hp3par/rows.ts';
import type { Far } from '../../../drivers/lib/hp3par/scene.ts';
import { type FarRole, isWritable, type Link, startTable } from '../../../drivers/lib/hp3par/start-table.ts';
import { farGroup, farNode, group, scene, silent } from './hp3par-scenes.ts';

const farRoles = [...roles, 'unknown'] as const satisfies readonly FarRole[];

// biome-ignore format: the table, once more and written by hand: this side, then Primary, Secondary, Primary-Rev, Secondary-Rev, unknown over there
const expected: Readonly<Record<Link, Readonly<Record<Role, readonly string[]>>>> = {
  joined: {
    Primary:         ['both',    'none',         'older',           'none',          'none'],
    Secondary:       ['reverse', 'no-primary',   'mixed',           'no-primary',    'unstoppable'],
    'Primary-Rev':   ['none',    'none',         'both',            'none',          'none'],
    'Secondary-Rev': ['mixed',   'no-primary',   'reverse-current', 'no-primary',    'unstoppable'],
  },
  split: {
    Primary:         ['both',     'none',          'older',         'none',          'none'],
    Secondary:       ['failover', 'failover',      'mixed',         'failover',      'failover'],
    'Primary-Rev':   ['none',     'none',          'both',          'none',          'none'],
    'Secondary-Rev': ['mixed',    'reverse-local', 'reverse-local', 'reverse-local', 'reverse-local'],
  },
};

const cells = (['joined', 'split'] as const).flatMap((link) =>
  roles.flatMap((near) => farRoles.map((far, at) => ({ link, near, far, is: expected[link][near][at] }))),
);

function farOf(role: FarRole): Far {
  return role === 'unknown' ? silent : farGroup({ role });
}

const allowsOf = (one: Parameters<typeof scene>[0]) => decideStart(scene(one)).refusals.map(({ allow }) => allow ?? 'cannot be waived');

describe('hp3par: the table of starts', () => {
  for (const { link, near, far, is } of cells) {
    it(`${link}: ${near} here, ${far} there: ${is}`, () => {
      const cell = startTable[link][near][far];
      expect('move' in cell ? cell.move : cell.obstacle).to.equal(is);
      const decision = decideStart(scene({ link, near: group({ role: near }), far: farOf(far) }));
      expect(decision.move).to.equal('move' in cell ? cell.move : undefined);
      if ('obstacle' in cell) {
        expect(decision.refusals).to.have.lengthOf(1);
        expect(decision.refusals[0]).to.not.have.property('allow');
        expect(decision.refusals[0]?.mend).to.be.a('string');
      }
    });
  }

  it('never makes a side writable beside one that is, while the links are up', () => {
    for (const near of roles) {
      for (const far of roles.filter(isWritable)) {
        const cell = startTable.joined[near][far];
        const move = 'move' in cell ? cell.move : undefined;
        // Both reverse commands stop the other side first and make it read-only.
        expect([undefined, 'none', 'reverse', 'reverse-current'], `${near} ${far}`).to.include(move);
        if (move === 'none') expect(near).to.equal('Primary-Rev');
      }
    }
  });

  it('takes over only where nobody answers, and never with the links up', () => {
    for (const { link, near, far, is } of cells) {
      if (is !== 'failover' && is !== 'reverse-local') continue;
      expect(link).to.equal('split');
      if (far === 'unknown') continue;
      const signs = decideStart(scene({ link, near: group({ role: near, status: 'Stopped' }), far: farOf(far) })).refusals;
      expect(
        signs.map(({ allow }) => allow),
        `${near} ${far}`,
      ).to.deep.equal(['split']);
    }
  });
});

describe('hp3par: a planned start', () => {
  const joined = { link: 'joined', near: group({ role: 'Secondary' }), far: farGroup({ role: 'Primary' }) } as const;

  it('has nothing against a group that is in sync', () => {
    expect(allowsOf(joined)).to.deep.equal([]);
  });

  it('says what is lost of an asynchronous group, not of a synchronous one', () => {
    expect(decideStart(scene({ ...joined, ageMs: 42_000 })).remarks).to.deep.equal([
      'what was written on hp3par1 after the last sync (42 s ago) is lost',
    ]);
    expect(decideStart(scene({ ...joined, near: group({ role: 'Secondary', mode: 'Sync' }) })).remarks).to.deep.equal([]);
  });

  it('refuses when the last sync is too old, unless it syncs first or the age cannot be known', () => {
    expect(allowsOf({ ...joined, ageMs: 301_000 })).to.deep.equal(['stale-data']);
    expect(allowsOf({ ...joined, ageMs: 300_000 })).to.deep.equal([]);
    expect(allowsOf({ ...joined, ageMs: undefined })).to.deep.equal([]);
    expect(allowsOf({ ...joined, ageMs: 301_000, wishes: { autoTakeover: true, forceSync: true, maxDelayMs: 300_000 } })).to.deep.equal([]);
  });

  it('refuses a group that was stopped before: what was written since is only there', () => {
    const stopped = {
      ...joined,
      far: farGroup({ role: 'Primary', status: 'Stopped' }),
      near: group({ role: 'Secondary', status: 'Stopped' }),
    };
    expect(allowsOf(stopped)).to.deep.equal(['stale-data']);
    expect(allowsOf({ ...stopped, handedOver: true }), 'stopped by the start that was cut').to.deep.equal([]);
  });

  it('refuses what was never complete, and that cannot be waived; what is stale can', () => {
    for (const syncStatus of syncStates) {
      const near = group({ role: 'Secondary' }, [syncStatus]);
      const wanted = { New: ['cannot be waived'], NotSynced: ['cannot be waived'], Stale: ['stale-data'] }[syncStatus as string] ?? [];
      expect(allowsOf({ ...joined, near }), syncStatus).to.deep.equal(wanted);
    }
  });

  it('refuses a group whose other name no node says', () => {
    const [refusal] = decideStart(scene({ ...joined, farRcg: undefined, rcgs: ['MYRCG.r12345'] })).refusals;
    expect(refusal).to.deep.equal({ text: 'target hp3par1 not found in rcg names (MYRCG.r12345)' });
  });

  it('takes no group that refuses writes', () => {
    for (const status of groupStates) {
      const near = group({ role: 'Primary', status });
      const wanted = status === 'Failsafe' || status === 'Backup' ? ['cannot be waived'] : [];
      expect(allowsOf({ link: 'joined', near, far: farGroup({ role: 'Secondary' }) }), status).to.deep.equal(wanted);
    }
  });
});

describe('hp3par: a disaster', () => {
  const dead = {
    link: 'split',
    near: group({ role: 'Secondary', status: 'Stopped' }, ['Stopped']),
    far: silent,
    nodes: [farNode({ alive: false, state: 'unknown' })],
  } as const;

  it('takes over when nothing gives a sign of life, and says what was asked', () => {
    const { move, refusals, evidence } = decideStart(scene(dead));
    expect(move).to.equal('failover');
    expect(refusals).to.deep.equal([]);
    expect(evidence).to.deep.equal(['array hp3par1: no answer', 'node1: down']);
  });

  it('does not by itself when it may not', () => {
    expect(allowsOf({ ...dead, wishes: { autoTakeover: false, forceSync: false, maxDelayMs: 300_000 } })).to.deep.equal([
      'peer-unreachable',
    ]);
  });

  it('refuses at any sign of life: the array, one that answers nonsense, one without the group, a node', () => {
    const signs: readonly Parameters<typeof scene>[0][] = [
      { ...dead, far: farGroup({ role: 'Primary' }) },
      { ...dead, far: { kind: 'absent' } },
      { ...dead, far: { kind: 'troubled', text: 'login refused' } },
      { ...dead, nodes: [farNode({ state: 'down' })] },
      { ...dead, nodes: [farNode({ state: 'up' })] },
      { ...dead, nodes: [farNode({ alive: false, state: 'unknown' }), farNode({ alive: true, state: 'unknown' })] },
    ];
    for (const sign of signs) expect(allowsOf(sign), JSON.stringify(sign)).to.deep.equal(['split']);
  });

  it('refuses a copy whose sync was cut, is stale, or was never complete', () => {
    const wanted = { Syncing: ['stale-data'], Stale: ['stale-data'], New: ['cannot be waived'], NotSynced: ['cannot be waived'] };
    for (const syncStatus of syncStates) {
      const near = group({ role: 'Secondary', status: 'Stopped' }, [syncStatus]);
      expect(allowsOf({ ...dead, near }), syncStatus).to.deep.equal(wanted[syncStatus as keyof typeof wanted] ?? []);
    }
  });

  it('starts on the writable side although the other one is silent, unless it was started over there later', () => {
    const kept = { ...dead, near: group({ role: 'Primary', status: 'Stopped' }), nodes: [farNode({ state: 'down' })] } as const;
    expect(allowsOf({ ...kept, lastStart: 'here' })).to.deep.equal([]);
    const overtaken = { near: group({ role: 'Primary-Rev', status: 'Stopped' }), far: farGroup({ role: 'Primary' }) } as const;
    expect(allowsOf({ ...overtaken, lastStart: 'there' }), 'overtaken').to.deep.equal(['stale-data']);
    expect(allowsOf({ ...overtaken, lastStart: 'unknown' }), 'as far as anybody knows it is the newer one').to.deep.equal([]);
    expect(allowsOf({ ...kept, lastStart: 'there' })).to.deep.equal(['stale-data']);
    expect(allowsOf({ ...kept, lastStart: 'unknown' })).to.deep.equal(['stale-data']);
    expect(allowsOf({ ...kept, lastStart: 'there', near: group({ role: 'Primary', status: 'Started' }) }), 'it replicates').to.deep.equal(
      [],
    );
  });
});

describe('hp3par: the guard of the data', () => {
  it('is the role, while the other array says that it is not writable or can be stopped', () => {
    const role = 'the role of rcopy group MYRCG.r12345';
    expect(guardOf(scene({ link: 'joined', near: group({ role: 'Secondary' }), far: farGroup({ role: 'Primary' }) }))).to.equal(role);
    expect(guardOf(scene({ link: 'joined', near: group({ role: 'Primary' }), far: farGroup({ role: 'Secondary' }) }))).to.equal(role);
    expect(guardOf(scene({ link: 'split', near: group({ role: 'Primary' }), far: farGroup({ role: 'Secondary' }) }))).to.equal(role);
  });

  it('is none when the other side is writable too, or lives behind dead links, or nothing may be taken over', () => {
    const dark = farNode({ alive: false, state: 'unknown' });
    expect(guardOf(scene({ link: 'joined', near: group({ role: 'Primary-Rev' }), far: farGroup({ role: 'Primary' }) }))).to.equal(
      undefined,
    );
    expect(guardOf(scene({ link: 'split', near: group({ role: 'Secondary' }), far: farGroup({ role: 'Primary' }) }))).to.equal(undefined);
    expect(
      guardOf(scene({ link: 'split', near: group({ role: 'Secondary' }), far: silent, nodes: [farNode({ state: 'down' })] })),
    ).to.equal(undefined);
    const wishes = { autoTakeover: false, forceSync: false, maxDelayMs: 300_000 };
    expect(guardOf(scene({ link: 'split', near: group({ role: 'Secondary' }), far: silent, nodes: [dark], wishes }))).to.equal(undefined);
    expect(guardOf(scene({ link: 'joined', near: group({ role: 'Primary' }), far: silent, nodes: [dark] }))).to.equal(undefined);
  });

  it('is that nobody lives there', () => {
    const dark = farNode({ alive: false, state: 'unknown' });
    for (const role of roles)
      expect(guardOf(scene({ link: 'split', near: group({ role }), far: silent, nodes: [dark] })), role).to.match(
        /nothing over there answers/,
      );
  });
});
