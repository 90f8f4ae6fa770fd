import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { digestOf } from '../../../../drivers/lib/text-digest.ts';
import { type Build, type Rig, type Rigs, section } from '../../rig.ts';
import { unreachableDoors } from '../../unreachable.ts';

const ours = '[fs#1]\ntype = flag\n';
const older = '[fs#1]\n';

/** A peer whose service files lie in another folder of this node. */
const push: Build = (home) => {
  const src = home.path('services.d', 'svc1.conf');
  const services = `${home.folder}/there/services.d`;
  const sent = `${services}/svc1.conf`;
  writeFileSync(src, ours);
  return {
    text: `[DEFAULT]\nnodes = node1 node2\n${section('sync#i0', { type: 'config', src })}`,
    peers: [{ node: 'node2', role: 'nodes', services }],
    reach: (_target, here) => here,
    truth: () => {
      if (!existsSync(sent)) return 'down';
      return readFileSync(sent, 'utf8') === ours ? 'up' : 'another file';
    },
    takeAway: () => rmSync(`${home.folder}/there`, { recursive: true }),
    tidy: () => {
      for (const folder of ['there', 'told']) rmSync(`${home.folder}/${folder}`, { recursive: true, force: true });
    },
    // The state is told by the time of the last sending; nobody is asked.
    says: { gone: 'up' },
  };
};

const oldDigest = await digestOf(older);

/** A copy is there; `sent`: what it was when it was sent last. */
function found(theirs: string, sent: string | undefined, more: Partial<Rig> = {}): Build {
  return (home) => {
    const rig = push(home);
    const file = `${home.folder}/there/services.d/svc1.conf`;
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, theirs);
    if (sent !== undefined) writeFileSync(home.path('told', 'node2', 'common'), sent);
    return { ...rig, ...more };
  };
}

const tellsCommon = /^write .*\/told\/node2\/common \(64 bytes\) \(on node2\)$/;
const tellsStamp = /^write .*\/told\/node2\/last_sync_node2 \(24 bytes\) \(on node2\)$/;

export const rigs: Rigs = {
  needs: { tools: ['mkdir'] },
  cases: { 'to one node': push },
  scenarios: {
    split: {
      build: found(older, oldDigest, { instance: { state: 'up', text: 'up' } }),
      fails: 'REFUSED',
      changes: [],
      truth: 'another file',
    },
    // Only the copy there was edited: it is the newer one.
    reversed: { build: found(`${older}# theirs\n`, await digestOf(ours)), fails: 'REFUSED', changes: [], truth: 'another file' },
    // The file had arrived, its digest was not told any more.
    unfinished: {
      build: found(ours, undefined),
      changes: [/^mkdir -p .*\/told\/node2 \(on node2\)$/, tellsCommon, tellsStamp],
      truth: 'up',
    },
    unreachable: {
      build: found(older, oldDigest, { reach: (_target, here) => unreachableDoors(here) }),
      fails: 'UNREACHABLE',
      changes: [],
      truth: 'another file',
    },
    // Both were edited since.
    'both writable': { build: found(`${older}# theirs\n`, oldDigest), fails: 'REFUSED', changes: [], truth: 'another file' },
  },
};
