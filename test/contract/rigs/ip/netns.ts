import { networkDoors } from '../../../../agent/driver/wrapped-doors.ts';
import { must, tryTo } from '../../../support/command.ts';
import type { Home } from '../../../support/home.ts';
import { makeNetns, type Netns } from '../../../support/netns.ts';
import { type Build, type Rig, type Rigs, section } from '../../rig.ts';

/** The node: a bridge `br0` and an interface `up0`, both with a neighbour. The network inside has nothing yet. */
interface Net {
  readonly node: Netns;
  readonly inside: Netns;
  readonly neighbour: Netns;
}

function makeNet(home: Home): Net {
  const label = home.folder.slice(-6);
  const [node, inside, neighbour] = [makeNetns(`${label}-a`), makeNetns(`${label}-b`), makeNetns(`${label}-c`)];
  node.run('ip', 'link', 'add', 'br0', 'type', 'bridge');
  node.cable('port0', neighbour, 'far0');
  node.cable('up0', neighbour, 'far1');
  node.run('ip', 'link', 'set', 'port0', 'master', 'br0');
  node.run('ip', 'link', 'set', 'br0', 'up');
  node.run('ip', 'addr', 'add', '10.9.0.1/24', 'dev', 'br0');
  return { node, inside, neighbour };
}

const service = '10.9.0.10/24';

function stateInside(inside: Netns): string {
  const links = inside.run('ip', '-o', '-4', 'addr', 'show');
  const isThere = / eth0\b/.test(inside.run('ip', '-o', 'link', 'show'));
  const route = / via (\S+)/.exec(inside.run('ip', 'route', 'show', 'default'))?.[1] ?? 'none';
  if (!isThere) return 'down';
  return links.includes(`${service} `) ? `up ${route}` : 'without address';
}

/** Cables on the node that lead nowhere any more. */
const left = (node: Netns): string =>
  node
    .run('ip', '-o', 'link', 'show')
    .match(/\bveth0p\w+/g)
    ?.join(' ') ?? '';

function rigOf(net: Net, keywords: Readonly<Record<string, string>>): Rig {
  const { node, inside } = net;
  const route = keywords['gateway'] ?? 'none';
  return {
    text: section('ip#1', {
      type: 'netns',
      netns: inside.name,
      ipname: '10.9.0.10',
      ipdev: 'br0',
      netmask: '24',
      announce: 'false',
      // Each question takes two seconds; a refusal below asks it.
      check_conflict: 'false',
      ...keywords,
    }),
    netns: node,
    reach: (target, doors) => {
      if (!('netns' in target)) throw new Error('it reaches for its network only');
      return networkDoors(doors, `/run/netns/${target.netns}`, target.netns);
    },
    indirect: { nsenter: 'the doors of a network run it' },
    truth: () => {
      const state = stateInside(inside);
      if (state === 'down') return left(node) === '' ? 'down' : `down, left: ${left(node)}`;
      return state === `up ${route}` ? 'up' : state;
    },
    takeAway: () => void inside.run('ip', 'link', 'del', 'dev', 'eth0'),
    undo: () => {
      for (const one of [net.node, net.inside, net.neighbour]) one.remove();
    },
  };
}

const bridged: Build = (home) => rigOf(makeNet(home), { gateway: '10.9.0.1' });
const macvlan: Build = (home) => rigOf(makeNet(home), { mode: 'macvlan', ipdev: 'up0' });

/** The interface goes back to the network of the agent, which is the machine's own here. */
const dedicated: Build = (home) => {
  const net = makeNet(home);
  const device = `svt${process.pid}a`;
  must('ip', 'link', 'add', device, 'type', 'veth', 'peer', 'name', `svt${process.pid}b`);
  must('ip', 'link', 'set', 'dev', `svt${process.pid}b`, 'up');
  const { netns: _, ...rig } = rigOf(net, { mode: 'dedicated', ipdev: device });
  const isHere = () => tryTo('ip', 'link', 'show', 'dev', device);
  return {
    ...rig,
    truth: () => {
      const state = stateInside(net.inside);
      if (state === 'down') return isHere() ? 'down' : 'gone';
      return state === 'up none' ? 'up' : state;
    },
    takeAway: () => {
      net.inside.run('ip', 'link', 'set', 'eth0', 'name', device);
      net.inside.run('ip', 'link', 'set', device, 'netns', String(process.pid));
    },
    undo: () => {
      rig.undo?.();
      tryTo('ip', 'link', 'del', 'dev', `svt${process.pid}b`);
    },
  };
};

export const rigs: Rigs = {
  needs: { root: true, tools: ['ip', 'nsenter', 'arping', 'ping'] },
  cases: { 'over a bridge, with a default route': bridged, 'an interface of its own': dedicated },
  variants: { 'over a macvlan': macvlan },
  refusals: {
    'the namespace is not there': {
      text: ({ text }) => text.replace(/^netns = .*$/m, 'netns = svt-none'),
      says: /^network namespace svt-none does not exist$/,
    },
    'the bridge is not there': {
      text: ({ text }) => text.replace('= br0', '= nope0'),
      says: /^interface nope0 not found$/,
    },
    'it is no bridge': {
      text: ({ text }) => text.replace('= br0', '= up0'),
      says: /^up0 is no bridge/,
    },
    'the interface inside is not ours': {
      prepare: ({ home }) =>
        void must('ip', '-n', `svt-${process.pid}-${home.folder.slice(-6)}-b`, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'x0'),
      says: /^eth0 is already inside, and not of this resource: set nsdev$/,
    },
    'somebody else has the address': {
      text: ({ text }) => text.replace('check_conflict = false', 'check_conflict = true'),
      prepare: ({ home }) => {
        const far = `svt-${process.pid}-${home.folder.slice(-6)}-c`;
        must('ip', '-n', far, 'addr', 'add', service, 'dev', 'far0');
      },
      says: /^10\.9\.0\.10 is alive elsewhere/,
      allow: 'address-alive',
      alsoInVerb: false,
    },
    'this node has the address': {
      prepare: ({ rig }) => void rig.netns?.run('ip', 'addr', 'add', '10.9.0.10/32', 'dev', 'lo'),
      says: /^10\.9\.0\.10 is on lo of this node$/,
      alsoInVerb: false,
    },
  },
};
