/** One node of the lab, over its boots: commands, files, cables, the plug. */
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Channel, type Command, openChannel, type RunOptions, type RunResult } from './channel.ts';
import { type Entry, packCpio, withFolders } from './cpio.ts';
import { channelSocket, lastWords, type Machine, monitorSocket, type Port, type Qemu, startQemu } from './qemu.ts';
import { connectUnix, type Monitor, openMonitor } from './qmp.ts';

export type Network = 'service' | 'storage';

export interface Cable extends Port {
  readonly network: Network;
  /** Its name in the guest, `eth0`, `eth1` … in the order of the cables. */
  readonly device: string;
  /** Addresses of the guest there, with their prefix length. */
  readonly addresses: readonly string[];
}

export interface NodePlan extends Omit<Machine, 'initrd' | 'ports'> {
  /** What is the same for all nodes. */
  readonly initramfs: Buffer;
  readonly cables: readonly Cable[];
  /** Written to /run/lab/node.env, for guest/rc.sh. */
  readonly settings: Readonly<Record<string, string>>;
  /** Put into the guest's root at each boot. */
  readonly files: readonly Entry[];
  /** Done after each boot, before it counts as booted. */
  readonly afterBoot: (node: LabNode) => Promise<void>;
}

export interface LabNode {
  readonly name: string;
  /** Its addresses on a network, without the prefix length. */
  addresses(network: Network): readonly string[];
  isOn(): boolean;
  /** Switches it on with the disks it had. */
  boot(): Promise<void>;
  /** The power is gone, now: what had not reached its disks is lost. */
  pullPlug(): Promise<void>;
  /** Ends its processes, unmounts, powers off. */
  shutdown(): Promise<void>;
  /** To its end; throws when it could not be started or took too long, never for its exit status. */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Its stdout without the last line break; throws with its stderr when it fails. */
  must(argv: readonly string[], options?: RunOptions): Promise<string>;
  /** The same for a script of bash, `-euo pipefail`; `args` are `$1` … */
  sh(script: string, args?: readonly string[], options?: RunOptions): Promise<string>;
  /** Starts it and returns at once. */
  start(argv: readonly string[], options?: RunOptions): Command;
  write(path: string, content: string | Buffer, mode?: number): Promise<void>;
  read(path: string): Promise<Buffer>;
  /** `unplugged`: it sees that the link is down. `silent`: nothing passes, and nobody is told. */
  cut(network: Network, how?: 'unplugged' | 'silent'): Promise<void>;
  restore(network: Network): Promise<void>;
  /** All its processors stop, as for a machine that hangs; `thaw` lets it go on as if nothing had been. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** What it said on its console, all boots, and what QEMU said. */
  lastWords(): string;
}

interface Power {
  readonly qemu: Qemu;
  readonly monitor: Monitor;
  readonly channel: Channel;
}

/** From switching on to the agent's first word; a busy machine takes many times the usual 7 s. */
const bootLimitMs = 240_000;

export function makeNode(plan: NodePlan): LabNode {
  const machine: Machine = { ...plan, ports: plan.cables, initrd: path.join(plan.folder, `${plan.name}.initrd`) };
  const state: { power: Power | undefined } = { power: undefined };
  const power = (): Power => {
    if (state.power === undefined) throw new Error(`${plan.name} is off`);
    return state.power;
  };
  const cables = (network: Network) => plan.cables.filter((cable) => cable.network === network);
  const setLinks = async (network: Network, up: boolean) => {
    for (const { id } of cables(network)) await power().monitor.execute('set_link', { name: `nic-${id}`, up });
  };
  const node: LabNode = {
    name: plan.name,
    addresses: (network) => cables(network).flatMap((cable) => cable.addresses.map((address) => address.replace(/\/.*/, ''))),
    isOn: () => state.power !== undefined,
    boot: async () => {
      if (state.power !== undefined) throw new Error(`${plan.name} is on already`);
      state.power = await switchOn(machine, plan, () => {
        state.power = undefined;
      });
      await plan.afterBoot(node);
    },
    pullPlug: () => power().qemu.kill(),
    shutdown: () => shutDown(power()),
    start: (argv, options) => power().channel.start(argv, options),
    run: async (argv, options) => await power().channel.start(argv, options).done,
    must: async (argv, options) => succeed(plan.name, argv, await node.run(argv, options)),
    sh: (script, args = [], options = {}) => node.must(['bash', '-euo', 'pipefail', '-c', script, 'bash', ...args], options),
    write: (file, content, mode) => power().channel.write(file, content, mode),
    read: (file) => power().channel.read(file),
    cut: (network, how = 'unplugged') => (how === 'silent' ? Promise.resolve(silence(cables(network))) : setLinks(network, false)),
    restore: async (network) => {
      unsilence(cables(network));
      await setLinks(network, true);
    },
    freeze: async () => void (await power().monitor.execute('stop')),
    thaw: async () => void (await power().monitor.execute('cont')),
    lastWords: () => lastWords(machine),
  };
  return node;
}

async function switchOn(machine: Machine, plan: NodePlan, onEnd: () => void): Promise<Power> {
  writeFileSync(machine.initrd, Buffer.concat([plan.initramfs, nodeArchive(plan)]));
  for (const { socket } of machine.ports) rmSync(socket, { force: true });
  for (const file of [monitorSocket(machine), channelSocket(machine)]) rmSync(file, { force: true });
  const qemu = startQemu(machine);
  let channel: Channel | undefined;
  let ended = false;
  void qemu.ended.then(() => {
    ended = true;
    channel?.fail(new Error(`${plan.name} went off\n${lastWords(machine)}`));
    onEnd();
  });
  try {
    const monitor = await openMonitor(monitorSocket(machine), qemu.isGone);
    channel = openChannel(await connectUnix(channelSocket(machine), qemu.isGone));
    if (ended) channel.fail(new Error(`${plan.name} went off`));
    await within(bootLimitMs, channel.ready);
    return { qemu, monitor, channel };
  } catch (error) {
    await qemu.kill();
    throw new Error(`${plan.name} did not boot: ${error instanceof Error ? error.message : String(error)}\n${lastWords(machine)}`, {
      cause: error,
    });
  }
}

async function within(limitMs: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not ready in ${limitMs} ms`)), limitMs);
  });
  await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** What differs between nodes, as a second archive behind the common one. */
function nodeArchive(plan: NodePlan): Buffer {
  const net = plan.cables.flatMap(({ device, addresses }) => addresses.map((address) => `${device}=${address}`)).join(' ');
  const settings = { ...plan.settings, NODE_NAME: plan.name, NODE_NET: net };
  const env = Object.entries(settings).map(([key, value]) => `${key}='${value}'\n`);
  const files = plan.files.map((file) => ({ ...file, path: `lab/files/${file.path}` }));
  return packCpio(withFolders([{ path: 'lab/node.env', content: env.join('') }, ...files]));
}

/** Moves both ends' sockets away: datagrams find nobody. */
function silence(cables: readonly Cable[]): void {
  for (const { socket } of cables) moveSocket(socket, `${socket}.cut`);
  for (const { partner } of cables) moveSocket(partner, `${partner}.cut`);
}

function unsilence(cables: readonly Cable[]): void {
  for (const { socket } of cables) moveSocket(`${socket}.cut`, socket);
  for (const { partner } of cables) moveSocket(`${partner}.cut`, partner);
}

function succeed(name: string, argv: readonly string[], result: RunResult): string {
  if (result.code === 0) return result.stdout.replace(/\n$/, '');
  const end = result.signal ?? `exit ${result.code}`;
  throw new Error(`${name}: ${argv.join(' ')}: ${end}\n${result.stdout}${result.stderr}`);
}

async function shutDown({ channel, qemu }: Power): Promise<void> {
  const script = 'sync; kill -TERM -1; sleep 0.5; umount -a -r; sync; exec /run/lab/busybox poweroff -f';
  // In a session that the first signal does not end, and whose answer nobody can give.
  channel.start(['setsid', '--fork', 'bash', '-c', `trap "" TERM; ${script}`]).done.catch(() => undefined);
  const timer = setTimeout(() => void qemu.kill(), 60_000);
  await qemu.ended;
  clearTimeout(timer);
}

function moveSocket(from: string, to: string): void {
  if (existsSync(from)) renameSync(from, to);
}
