/**
 * Two simulated HP 3PAR arrays in the san: node1 has the volume of the first as its LUN, node2 that of the second, each by two paths, and both
 * nodes reach the managers of both by ssh. A LUN is write protected while its volume is secondary.
 */
import path from 'node:path';
import { projectRoot } from '../support/imports.ts';
import { documentPair, type SimConfig } from '../sim/hp3par/config.ts';
import { controlsOver, type Remote } from '../sim/hp3par/control-socket.ts';
import { makeLines } from '../sim/hp3par/doors/lines.ts';
import { logIn, type NodeName, numberOf, portalsOf, type Storage } from './lab.ts';
import type { LabNode } from './node.ts';
import { initiatorOf } from './node-files.ts';

export interface Place {
  readonly array: string;
  /** Of its manager. */
  readonly address: string;
  readonly rcg: string;
}

export const places = {
  node1: { array: 'hp3par1.opensvc.com', address: '10.78.1.1', rcg: 'MYRCG' },
  node2: { array: 'hp3par2.opensvc.com', address: '10.78.2.1', rcg: 'MYRCG.r12345' },
} as const satisfies Partial<Record<NodeName, Place>>;

/** Big enough for a volume group with the root folder of a container. */
const sizeMb = 64;
const folder = '/srv/arrays';
/** As long as a lab may last. */
const limitMs = 7_200_000;

export interface LabArrays {
  /** For `useLab`. */
  readonly storage: Storage;
  controls(): Remote;
  /** No power at the array of this node: no volumes, no links, and nothing at its addresses answers a packet. */
  kill(node: keyof typeof places): Promise<void>;
  revive(node: keyof typeof places): Promise<void>;
  /** A line for known_hosts. */
  hostKey(node: keyof typeof places): string;
}

interface Running {
  readonly san: LabNode;
  readonly controls: Remote;
  readonly keys: ReadonlyMap<string, string>;
}

export function makeLabArrays(): LabArrays {
  let current: Running | undefined;
  const running = () => {
    if (current === undefined) throw new Error('the arrays are there once the san is booted');
    return current;
  };
  // One cable of the san, with both its addresses, is the way to one array.
  const reaches = (node: keyof typeof places, verb: 'add' | 'del') =>
    running().san.sh('device=$1; for address in "${@:3}"; do ip address "$2" "$address/24" dev "$device"; done', [
      node === 'node1' ? 'eth0' : 'eth1',
      verb,
      // The first goes last: the others go with it.
      ...(verb === 'add' ? portalsOf(numberOf(node)) : portalsOf(numberOf(node)).toReversed()),
    ]);
  return {
    storage: {
      open: async (san, keys) => {
        current = await startArrays(san, keys);
      },
      attach: async (node, number, portals) => {
        // The san has the addresses of both managers, whichever cable they come by.
        await node.must(['ip', 'route', 'replace', '10.78.0.0/16', 'via', portals[0] ?? '']);
        await logIn(node, targetOf(number), portals);
      },
    },
    controls: () => running().controls,
    kill: async (node) => {
      await reaches(node, 'del');
      await running().controls.kill(places[node].array, 'hang');
    },
    revive: async (node) => {
      await reaches(node, 'add');
      await running().controls.revive(places[node].array);
    },
    hostKey: (node) => `${places[node].address} ${running().keys.get(places[node].array)}\n`,
  };
}

function targetOf(number: number): string {
  return `iqn.2026-11.svcmgr.lab:hp3par${number}`;
}

function description(keys: readonly string[]): SimConfig {
  const pair = documentPair({ name: 'opensvc', role: 'Super', keys: keys.map((key) => key.trim()) }, sizeMb);
  const arrays = Object.entries(places).map(([node, { address }], index) => ({
    ...pair.arrays[index === 0 ? 0 : 1],
    ...{ address, port: 22 },
    iscsi: { target: targetOf(index + 1), portals: portalsOf(index + 1), initiators: [initiatorOf(node)] },
  }));
  return {
    ...pair,
    arrays: arrays as SimConfig['arrays'],
    clock: 'real',
    devices: 'iscsi',
    timing: { taskMs: 300, syncMs: 200, failingMs: 1000 },
  };
}

interface Ready {
  readonly control: string;
  readonly arrays: readonly { readonly name: string; readonly publicHostKey: string }[];
}

async function startArrays(san: LabNode, keys: readonly string[]): Promise<Running> {
  await san.must(['/run/lab/san.sh']);
  await san.must(['mkdir', '-p', folder]);
  await san.write(`${folder}/config.json`, JSON.stringify(description(keys)));
  const program = path.join(projectRoot, 'test/sim/hp3par/standalone.ts');
  const argv = ['node', '--import', 'tsx', program, '--config', `${folder}/config.json`, '--folder', folder];
  const { control, arrays } = await new Promise<Ready>((resolve, reject) => {
    const simulator = san.start(argv, {
      cwd: projectRoot,
      timeoutMs: limitMs,
      onOutput: () => {
        const { stdout } = simulator.output();
        if (stdout.trimEnd().endsWith('\n}')) resolve(JSON.parse(stdout) as Ready);
      },
    });
    simulator.done.then(({ stdout, stderr }) => reject(new Error(`the simulator ended: ${stdout}${stderr}`)), reject);
  });
  return { san, controls: reach(san, control), keys: new Map(arrays.map(({ name, publicHostKey }) => [name, publicHostKey])) };
}

/** Its control socket is in the guest: a program there carries it over. */
function reach(san: LabNode, socket: string): Remote {
  const lines = makeLines();
  const relay = 'const s = require("net").connect(process.argv[1]); process.stdin.pipe(s); s.pipe(process.stdout)';
  const command = san.start(['node', '-e', relay, socket], {
    input: { open: true },
    timeoutMs: limitMs,
    onOutput: (data) => lines.push(data.toString()),
  });
  command.done.then(
    () => lines.end(),
    () => lines.end(),
  );
  return controlsOver(
    lines,
    (text) => command.write(text),
    () => command.end(),
  );
}
