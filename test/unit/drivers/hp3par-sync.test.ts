/** What the sync verbs of a remote copy group do, by its roles: every verb for every pair of roles, and what each refuses. */
import { expect } from 'chai';
import { decideSync, type GroupVerb } from '../../../drivers/lib/hp3par/decide-sync.ts';
import type { Role } from '../../../drivers/lib/hp3par/rows.ts';
import type { Scene } from '../../../drivers/lib/hp3par/scene.ts';
import { farGroup, farNode, group, scene, silent } from './hp3par-scenes.ts';

/** `steps`, `skip: …` or `refused: names`. */
function outcome(verb: GroupVerb, given: Partial<Scene>, isServiceUp = false): string {
  const { steps, refusals, skipped } = decideSync(verb, scene(given), isServiceUp);
  if (refusals.length > 0) return `refused: ${refusals.map(({ allow }) => allow ?? 'never').join(' ')}`;
  return skipped === undefined ? steps.join(' ') : 'skip';
}

const pairs = [
  ['Primary', 'Secondary'],
  ['Secondary', 'Primary'],
  ['Primary-Rev', 'Secondary-Rev'],
  ['Secondary-Rev', 'Primary-Rev'],
  ['Primary-Rev', 'Primary'],
  ['Primary', 'Primary-Rev'],
] as const satisfies readonly (readonly [Role, Role])[];

// biome-ignore format: a table: the pairs of roles from left to right, Started and Stopped
const table: Readonly<Record<GroupVerb, { readonly Started: readonly string[]; readonly Stopped: readonly string[] }>> = {
  update: {
    Started: ['sync', 'refused: never', 'sync', 'refused: never', 'refused: never', 'refused: never'],
    Stopped: ['refused: never', 'refused: never', 'refused: never', 'refused: never', 'refused: never', 'refused: never'],
  },
  break: {
    Started: ['stop', 'stop', 'stop', 'stop', 'stop', 'stop'],
    Stopped: ['skip', 'skip', 'skip', 'skip', 'skip', 'skip'],
  },
  resume: {
    Started: ['skip', 'refused: never', 'skip', 'refused: never', 'skip', 'skip'],
    Stopped: ['start', 'refused: never', 'start', 'refused: never', 'refused: never', 'refused: never'],
  },
  swap: {
    Started: ['refused: never', 'reverse start', 'refused: never', 'reverse-current start', 'refused: never', 'refused: never'],
    Stopped: ['refused: never', 'refused: stale-data', 'refused: never', 'refused: stale-data', 'refused: never', 'refused: never'],
  },
  resync: {
    Started: ['sync', 'refused: never', 'sync', 'refused: never', 'recover', 'refused: never'],
    Stopped: ['start sync', 'refused: never', 'start sync', 'refused: never', 'recover', 'refused: never'],
  },
  revert: {
    Started: ['refused: never', 'refused: never', 'refused: never', 'refused: never', 'refused: discard-writes', 'refused: never'],
    Stopped: ['refused: never', 'refused: never', 'refused: never', 'refused: never', 'refused: discard-writes', 'refused: never'],
  },
};

describe('hp3par: sync verbs', () => {
  for (const [verb, states] of Object.entries(table) as [GroupVerb, (typeof table)[GroupVerb]][]) {
    for (const status of ['Started', 'Stopped'] as const) {
      for (const [at, [near, far]] of pairs.entries()) {
        it(`${verb}, ${status}, ${near} here and ${far} there: ${states[status][at]}`, () => {
          expect(outcome(verb, { near: group({ role: near, status }), far: farGroup({ role: far, status }) })).to.equal(states[status][at]);
        });
      }
    }
  }

  it('use the words of the document', () => {
    const say = (verb: GroupVerb, given: Partial<Scene>) => {
      const { refusals, skipped } = decideSync(verb, scene(given), false);
      return skipped ?? refusals.map(({ text }) => text).join('; ');
    };
    const [primary, secondary] = [group({ role: 'Primary' }), group({ role: 'Secondary' })];
    expect(say('update', { near: secondary })).to.equal('rcopy group MYRCG.r12345 role is not Primary. refuse to sync');
    expect(say('resume', { near: secondary })).to.equal('rcopy group MYRCG.r12345 role is not Primary. refuse to start rcopy');
    expect(say('resume', { near: primary })).to.equal('rcopy group MYRCG.r12345 is already started. skip startrcopygroup');
    expect(say('swap', { near: primary })).to.equal('rcopy group MYRCG.r12345 role is Primary. refuse to swap');
    expect(say('revert', { near: primary })).to.equal('rcopy group MYRCG.r12345 role is not Primary-Rev. refuse to revert');
    expect(say('break', { near: group({ role: 'Primary', status: 'Stopped' }) })).to.equal(
      'rcopy group MYRCG.r12345 is already stopped. skip stoprcopygroup',
    );
  });

  it('swap goes on where it was cut: the roles turned, or already started again', () => {
    const turned = { far: farGroup({ role: 'Secondary', status: 'Stopped' }), handedOver: true };
    expect(outcome('swap', { ...turned, near: group({ role: 'Primary', status: 'Stopped' }) })).to.equal('start');
    expect(outcome('swap', { ...turned, near: group({ role: 'Primary' }) })).to.equal('skip');
    expect(outcome('swap', { ...turned, near: group({ role: 'Primary' }), handedOver: false })).to.equal('refused: never');
  });

  it('send nothing of a synchronous group', () => {
    expect(outcome('update', { near: group({ role: 'Primary', mode: 'Sync' }), far: farGroup({ role: 'Secondary' }) })).to.equal('skip');
    expect(outcome('resync', { near: group({ role: 'Primary', mode: 'Sync' }), far: farGroup({ role: 'Secondary' }) })).to.equal('');
  });

  it('stop on the side that is written only when its array answers', () => {
    expect(outcome('break', { far: silent })).to.equal('refused: never');
    expect(outcome('break', { near: group({ role: 'Primary' }), far: silent })).to.equal('stop');
    expect(outcome('break', { farRcg: undefined })).to.equal('refused: never');
  });

  it('resume nothing over dead links, nor towards an array that may be writable', () => {
    const near = group({ role: 'Primary', status: 'Stopped' });
    expect(outcome('resume', { near, far: farGroup({ role: 'Secondary' }), link: 'split' })).to.equal('refused: never');
    expect(outcome('resume', { near, far: silent })).to.equal('refused: peer-unreachable');
  });

  it('never overwrite a side whose instance runs, or may run, or ran later than here', () => {
    const failedOver = {
      near: group({ role: 'Primary-Rev', status: 'Stopped' }),
      far: farGroup({ role: 'Primary', status: 'Stopped' }),
    } as const;
    expect(outcome('resync', { ...failedOver, nodes: [farNode({ state: 'up' })] })).to.equal('refused: peer-up');
    expect(outcome('resync', { ...failedOver, nodes: [farNode({ state: 'unknown' })] })).to.equal('refused: peer-unreachable');
    expect(outcome('resync', { ...failedOver, nodes: [farNode()] })).to.equal('recover');
    expect(outcome('resync', { ...failedOver, lastStart: 'there' })).to.equal('refused: stale-data');
    expect(outcome('resync', { ...failedOver, lastStart: 'unknown' })).to.equal('refused: stale-data');
    expect(outcome('resync', { ...failedOver, link: 'split' })).to.equal('refused: never');
    expect(outcome('resync', { ...failedOver, far: silent })).to.equal('refused: never');
    expect(outcome('swap', { nodes: [farNode({ state: 'up' })] })).to.equal('refused: peer-up');
    expect(outcome('swap', { nodes: [farNode({ state: 'unknown', alive: false })] })).to.equal('refused: peer-unreachable');
    expect(outcome('swap', { link: 'split' })).to.equal('refused: never');
  });

  it('give no failover up below a service that is up, nor by default where nobody knows of the other side', () => {
    expect(outcome('revert', { near: group({ role: 'Primary-Rev' }), far: silent })).to.equal('refused: discard-writes peer-unreachable');
    expect(outcome('revert', { near: group({ role: 'Primary-Rev' }) }, true)).to.equal('refused: never');
  });
});
