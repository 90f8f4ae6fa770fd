import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { script } from '../../programs.ts';
import { type Build, type Rigs, section } from '../../rig.ts';

/** A peer that is this node under another name: the shell that rsync is given leaves out the host. */
const copy: Build = (home) => {
  const src = home.path('source', 'file').slice(0, -'file'.length);
  const dst = `${home.folder}/there/copy`;
  writeFileSync(`${src}file`, 'content\n');
  return {
    text: `[DEFAULT]\nnodes = node1 node2\n${section('sync#1', { type: 'rsync', src, dst, target: 'nodes', options: '--compress' })}`,
    peers: [{ node: 'node2', role: 'nodes', rsh: [script(home, 'rsh', 'shift; exec "$@"\n')] }],
    reach: (_target, here) => here,
    truth: () => {
      if (!existsSync(`${dst}/file`)) return 'down';
      return readFileSync(`${dst}/file`, 'utf8') === 'content\n' ? 'up' : 'another content';
    },
    takeAway: () => rmSync(`${home.folder}/there`, { recursive: true }),
    tidy: () => {
      for (const folder of ['there', 'told']) rmSync(`${home.folder}/${folder}`, { recursive: true, force: true });
    },
    // The state is told by the time of the last copy; nobody is asked.
    says: { gone: 'up' },
    indirect: { ssh: 'rsync runs it' },
  };
};

export const rigs: Rigs = {
  needs: { tools: ['rsync', 'bash'] },
  cases: { 'to one node': copy },
};
