import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type Build, type Rigs, section } from '../../rig.ts';

/** A peer whose service files lie in another folder of this node. */
const push: Build = (home) => {
  const src = home.path('services.d', 'svc1.conf');
  const services = `${home.folder}/there/services.d`;
  const sent = `${services}/svc1.conf`;
  writeFileSync(src, '[fs#1]\ntype = flag\n');
  return {
    text: `[DEFAULT]\nnodes = node1 node2\n${section('sync#i0', { type: 'config', src })}`,
    peers: [{ node: 'node2', role: 'nodes', services }],
    reach: (_target, here) => here,
    truth: () => {
      if (!existsSync(sent)) return 'down';
      return readFileSync(sent, 'utf8') === readFileSync(src, 'utf8') ? 'up' : 'another file';
    },
    takeAway: () => rmSync(`${home.folder}/there`, { recursive: true }),
    tidy: () => {
      for (const folder of ['there', 'told']) rmSync(`${home.folder}/${folder}`, { recursive: true, force: true });
    },
    // The state is told by the time of the last sending; nobody is asked.
    says: { gone: 'up' },
  };
};

export const rigs: Rigs = {
  needs: { tools: ['mkdir'] },
  cases: { 'to one node': push },
};
