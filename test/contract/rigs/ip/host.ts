import { tryTo } from '../../../support/command.ts';
import type { Home } from '../../../support/home.ts';
import { makeNetns, type Netns } from '../../../support/netns.ts';
import { type Build, type Refusal, type Rigs, section } from '../../rig.ts';

interface Net {
  readonly family: '-4' | '-6';
  readonly own: string;
  readonly peer: string;
  /** A router that nobody plays; the default route before. */
  readonly former: string;
  readonly service: string;
  readonly bits: string;
}

const four: Net = { family: '-4', own: '10.9.0.1', peer: '10.9.0.9', former: '10.9.0.8', service: '10.9.0.10', bits: '24' };
const six: Net = { family: '-6', own: 'fd00:9::1', peer: 'fd00:9::9', former: 'fd00:9::8', service: 'fd00:9::10', bits: '64' };

/** Two namespaces joined by a cable: the service's, and its neighbour's. */
function makeNet(home: Home, net: Net): { here: Netns; there: Netns } {
  const label = home.folder.slice(-6);
  const here = makeNetns(`${label}-a`);
  const there = makeNetns(`${label}-b`);
  here.cable('svc0', there, 'peer0');
  // Duplicate address detection takes a second or two; drivers-ip.test.ts waits for it.
  if (net.family === '-6') here.run('sysctl', '-q', '-w', 'net/ipv6/conf/svc0/accept_dad=0');
  here.run('ip', 'addr', 'add', `${net.own}/${net.bits}`, 'dev', 'svc0');
  there.run('ip', 'addr', 'add', `${net.peer}/${net.bits}`, 'dev', 'peer0', ...(net.family === '-6' ? ['nodad'] : []));
  here.run('ip', net.family, 'route', 'add', 'default', 'via', net.former, 'dev', 'svc0');
  return { here, there };
}

const addressOf = (netns: Netns, { family, service }: Net): string =>
  netns
    .run('ip', '-o', family, 'addr', 'show', 'dev', 'svc0')
    .split(/\s+/)
    .find((word) => word.startsWith(`${service}/`)) ?? 'none';

const routeOf = (netns: Netns, { family }: Net): string =>
  / via (\S+)/.exec(netns.run('ip', family, 'route', 'show', 'default'))?.[1] ?? 'none';

function onCable(net: Net, keywords: Readonly<Record<string, string>>): Build {
  return (home) => {
    const { here, there } = makeNet(home, net);
    const route = keywords['gateway'] ?? net.former;
    return {
      text: section('ip#1', { type: 'host', ipname: net.service, ipdev: 'svc0', netmask: net.bits, ...keywords }),
      netns: here,
      truth: () => {
        const found = `${addressOf(here, net)} ${routeOf(here, net)}`;
        if (found === `none ${net.former}`) return 'down';
        return found === `${net.service}/${net.bits} ${route}` ? 'up' : found;
      },
      takeAway: () => {
        here.run('ip', 'addr', 'del', `${net.service}/${net.bits}`, 'dev', 'svc0');
        here.run('ip', net.family, 'route', 'replace', 'default', 'via', net.former, 'dev', 'svc0');
      },
      undo: () => {
        here.remove();
        there.remove();
      },
      dispensable: keywords['announce'] === 'false' || net === six ? {} : { arping: 'only the neighbours are told later' },
    };
  };
}

const there = (home: Home, ...argv: string[]) => tryTo('ip', '-n', `svt-${process.pid}-${home.folder.slice(-6)}-b`, ...argv);

const refusals: Readonly<Record<string, Refusal>> = {
  'the interface is not there': {
    text: ({ text }) => text.replace('svc0', 'nope0'),
    says: /^interface nope0 not found$/,
  },
  'somebody else has the address': {
    prepare: ({ home }) => void there(home, 'addr', 'add', '10.9.0.10/24', 'dev', 'peer0'),
    says: /^10\.9\.0\.10 is alive elsewhere/,
    allow: 'address-alive',
    // On an interface that is up this was asked before the walk; asking again would take two seconds more.
    alsoInVerb: false,
  },
  'the cable is off': {
    prepare: ({ home }) => void there(home, 'link', 'set', 'peer0', 'down'),
    says: /^interface svc0 has no carrier$/,
    allow: 'no-carrier',
    alsoInVerb: false,
  },
  'another interface has the address': {
    prepare: ({ rig }) => void rig.netns?.run('ip', 'addr', 'add', '10.9.0.10/32', 'dev', 'lo'),
    says: /^10\.9\.0\.10 is on lo here, wanted on svc0/,
  },
  'the netmask is another one': {
    prepare: ({ rig }) => void rig.netns?.run('ip', 'addr', 'add', '10.9.0.10/16', 'dev', 'svc0'),
    says: /with netmask 16, wanted 24/,
    // An address that is there is not touched by a start.
    alsoInVerb: false,
  },
};

export const rigs: Rigs = {
  needs: { root: true, tools: ['ip', 'arping', 'ping', 'nsenter', 'sysctl'] },
  cases: {
    'IPv4 with a default route': onCable(four, { gateway: four.peer, announce: 'false' }),
    'IPv6 with a default route': onCable(six, { gateway: six.peer, check_conflict: 'false' }),
  },
  // arping takes a second to tell the neighbours.
  variants: { 'IPv4, announced': onCable(four, { announce: 'true', check_conflict: 'false' }) },
  refusals,
};
