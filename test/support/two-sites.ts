/**
 * The two sites of the HP 3PAR document on one machine: an agent each, with a home of its own, the command line as a child, ssh between
 * them; and two simulated arrays in a process of their own, whose volumes are loop devices. services.d/svc1.opensvc.com.conf runs on them.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { documentPair, type SimConfig } from '../sim/hp3par/config.ts';
import { makeUser, type SpawnedHp3par, spawnHp3par } from '../sim/hp3par/use.ts';
import type { StatusDocument } from '../../agent/state/status-document.ts';
import { type CliOptions, type CliProcess, type CliResult, runCli, spawnCli, svcmgr } from './cli.ts';
import { must } from './command.ts';
import { type Home, makeHome } from './home.ts';
import { projectRoot } from './imports.ts';
import type { Needs } from './skip.ts';
import { makeKey, type Sshd, sshdNeeds, startSshd } from './sshd.ts';

export const exampleName = 'svc1.opensvc.com';
export const [array1, array2] = ['hp3par1.opensvc.com', 'hp3par2.opensvc.com'] as const;

export const sitesNeeds = {
  root: true,
  tools: [...sshdNeeds.tools, 'losetup', 'mkfs.ext4', 'e2fsck'],
  files: ['/dev/loop-control'],
} as const satisfies Needs;

export type SiteName = 'node1' | 'node2';

export interface TwoSites {
  readonly sim: SpawnedHp3par;
  readonly homes: Readonly<Record<SiteName, Home>>;
  /** What `mnt` of the example is on a node. */
  mount(node: SiteName): string;
  /** Words behind `svcmgr -s svc1.opensvc.com`. */
  run(node: SiteName, ...words: readonly string[]): Promise<CliResult>;
  /** The same; throws with its output when it fails. */
  must(node: SiteName, ...words: readonly string[]): Promise<CliResult>;
  spawn(node: SiteName, ...words: readonly string[]): CliProcess;
  /** Words behind `svcmgr`. */
  plain(node: SiteName, ...words: readonly string[]): Promise<CliResult>;
  status(node: SiteName): Promise<StatusDocument>;
  /** The agents of a node do not answer any more, or do again. */
  silence(node: SiteName, silent: boolean): Promise<void>;
  /** What a node file says of the environment of a call: for a demo that shows its command lines. */
  env(node: SiteName): NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

const names = ['node1', 'node2'] as const;

/** @param folder of this run; everything is in it */
export async function makeTwoSites(folder: string, config: (one: SimConfig) => SimConfig = (one) => one): Promise<TwoSites> {
  const user = makeUser(folder, { name: 'opensvc' });
  const timing = { taskMs: 300, syncMs: 200, failingMs: 500 };
  const sim = await spawnHp3par(config({ ...documentPair(user, 16), devices: true, timing, clock: 'real' }), path.join(folder, 'sim'));
  const homes = { node1: makeHome(), node2: makeHome() };
  const sshds = { node1: await siteSshd(folder, 'node1'), node2: await siteSshd(folder, 'node2') };
  const key = makeKey(path.join(folder, 'agent-key'), 'ed25519');
  for (const name of names) sshds[name].authorize(`${key}.pub`);
  const place: Place = { folder, sim, sshds, homes, key, arrayKey: user.key };
  for (const name of names) writeHome(place, name);
  const withNode = (node: SiteName): CliOptions => ({ home: homes[node], env: { SVCMGR_NODENAME: node }, timeoutMs: 60_000 });
  const run: TwoSites['run'] = (node, ...words) => runCli(['-s', exampleName, ...words], withNode(node));
  const mustRun: TwoSites['must'] = async (node, ...words) => {
    const done = await run(node, ...words);
    if (done.code !== 0) throw new Error(`${node}: svcmgr ${words.join(' ')} ended with ${done.code}\n${done.stdout}${done.stderr}`);
    return done;
  };
  return {
    sim,
    homes,
    mount: (node) => path.join(folder, 'mnt', node, exampleName),
    run,
    must: mustRun,
    spawn: (node, ...words) => spawnCli(['-s', exampleName, ...words], withNode(node)),
    plain: (node, ...words) => runCli(words, withNode(node)),
    status: async (node) => JSON.parse((await mustRun(node, 'print', 'status', '--format', 'json')).stdout) as StatusDocument,
    silence: async (node, silent) => (silent ? sshds[node].stop() : sshds[node].start()),
    env: (node) => ({ ...process.env, SVCMGR_HOME: homes[node].folder, SVCMGR_NODENAME: node }),
    stop: async () => {
      for (const name of names) await run(name, 'stop', '--rid', 'fs#1').catch(() => undefined);
      for (const name of names) sshds[name].stop();
      for (const name of names) homes[name].remove();
      await sim.stop();
    },
  };
}

interface Place {
  readonly folder: string;
  readonly sim: SpawnedHp3par;
  readonly sshds: Readonly<Record<SiteName, Sshd>>;
  readonly homes: Readonly<Record<SiteName, Home>>;
  /** Of the agents, and of the user of the arrays. */
  readonly key: string;
  readonly arrayKey: string;
}

function siteSshd(folder: string, name: SiteName): Promise<Sshd> {
  return startSshd({ folder: path.join(folder, 'sshd', name) });
}

/** The example as it stands, its places changed as a reader would with `set`. */
export function exampleText(folder: string, simFolder: string): string {
  const text = readFileSync(path.join(projectRoot, 'services.d', `${exampleName}.conf`), 'utf8');
  return text
    .replace(/^disks = .*$/m, `disks = ${path.join(simFolder, 'dev')}`)
    .replace(/^base = .*$/m, `base = ${path.join(folder, 'mnt')}`);
}

function writeHome(place: Place, name: SiteName): void {
  const { folder, sim, sshds, homes, key, arrayKey } = place;
  const known = path.join(folder, 'known_hosts');
  const hosts = [
    ...names.map((node) => ({ ...sshds[node], key: sshds[node].publicHostKey('ed25519') })),
    ...[array1, array2].map((array) => ({ ...sim.ssh(array), key: sim.ssh(array).publicHostKey })),
  ];
  writeFileSync(known, hosts.map(({ address, port, key: public_ }) => `[${address}]:${port} ${public_}\n`).join(''));
  const arrays = [array1, array2].map((array) => {
    const { address, port } = sim.ssh(array);
    return section(`array#${array}`, { type: 'hp3par', username: 'opensvc', manager: address, port, key: arrayKey, known_hosts: known });
  });
  const peers = names.map((node) =>
    section(`host#${node}`, { address: '127.0.0.1', port: sshds[node].port, key, known_hosts: known, home: homes[node].folder, svcmgr }),
  );
  homes[name].node(`${section('node', { name })}${[...arrays, ...peers].join('')}`);
  homes[name].service(exampleName, exampleText(folder, sim.folder));
  mkdirSync(path.join(folder, 'mnt', name), { recursive: true });
}

function section(title: string, values: Readonly<Record<string, string | number>>): string {
  return `[${title}]\n${Object.entries(values)
    .map(([word, value]) => `${word} = ${value}\n`)
    .join('')}\n`;
}

/** A filesystem on the volume of node1, as an operator makes it once. */
export function makeFilesystem(sites: TwoSites): void {
  must('mkfs.ext4', '-q', path.join(sites.sim.folder, 'dev', array1, 'VV_SVC1_ROOT'));
}
