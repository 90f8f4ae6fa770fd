import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Home } from '../../../support/home.ts';
import { script } from '../../programs.ts';
import { type Build, type Rig, type Rigs, section } from '../../rig.ts';
import { unreachableDoors } from '../../unreachable.ts';

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
      if (readdirSync(dst).length > 1) return 'another folder';
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

/** The same, with what a run finds over there. */
function found(files: Readonly<Record<string, string>>, more: (home: Home) => Partial<Rig> = () => ({})): Build {
  return (home) => {
    const rig = copy(home);
    mkdirSync(`${home.folder}/there/copy`, { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(`${home.folder}/there/copy/${name}`, text);
    return { ...rig, ...more(home) };
  };
}

/** The copy lies on a filesystem that the service mounts, and that is mounted over there. */
const mounted = (home: Home): Partial<Rig> => {
  const mnt = `${home.folder}/there`;
  return {
    text: `${copy(home).text}${section('fs#1', { type: 'tmpfs', mnt })}`,
    reach: (_target, here) => ({
      ...here,
      readText: async (path) =>
        path === '/proc/self/mountinfo'
          ? `1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:9 / ${mnt} rw - tmpfs tmpfs rw\n`
          : here.readText(path),
    }),
  };
};

const runs = /^rsync -HAXpogDtrlx --delete --force --compress .*\/source\/ node2:\/.*\/there\/copy\/$/;
const tells = [/^mkdir -p .*\/told\/node2 \(on node2\)$/, /^write .*\/told\/node2\/last_sync_node2 \(24 bytes\) \(on node2\)$/];

export const rigs: Rigs = {
  needs: { tools: ['rsync', 'bash'] },
  cases: { 'to one node': copy },
  scenarios: {
    // The instance over there is up too.
    split: {
      build: found({ file: 'theirs\n' }, () => ({ instance: { state: 'up', text: 'up' } })),
      fails: 'REFUSED',
      changes: [],
      truth: 'another content',
    },
    // The service runs on the recovery site: what is there is newer.
    reversed: {
      build: found({ file: 'theirs\n' }, () => ({ role: 'drpnodes' })),
      fails: 'Error: the sync had no target',
      changes: [],
      truth: 'another content',
    },
    unfinished: { build: found({ file: 'cont', '.other.Xa12bC': 'half', gone: '' }), changes: [runs, ...tells], truth: 'up' },
    unreachable: {
      build: found({ file: 'older\n' }, () => ({ reach: (_target, here) => unreachableDoors(here) })),
      fails: 'UNREACHABLE',
      changes: [],
      truth: 'another content',
    },
    'both writable': { build: found({ file: 'theirs\n' }, mounted), fails: 'REFUSED', changes: [], truth: 'another content' },
  },
};
