/** A machine for tests: Debian's smallest system with systemd as its first process, in a container of LXC without a network. */
import { execFile } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../support/eventually.ts';
import { removeContainer } from '../support/lxc.ts';
import { removeFolder } from '../support/leftovers.ts';
import { makeFolder, namePrefix } from '../support/names.ts';
import { findTool, type Needs } from '../support/skip.ts';

export const machineNeeds = { root: true, tools: ['debootstrap', 'lxc-start', 'lxc-attach', 'git', 'npm'] } as const satisfies Needs;

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Machine {
  /** Its root folder. */
  readonly root: string;
  /** Runs a line of bash before the machine is booted, with the network of this one. */
  build(line: string, folder?: string): Promise<Ran>;
  boot(): Promise<void>;
  /** As its power button: systemd stops every unit. */
  shutdown(): Promise<void>;
  /** Runs a line of bash in the machine that runs. */
  run(line: string, folder?: string): Promise<Ran>;
  /** The same, which must end with 0; its stdout. */
  must(line: string, folder?: string): Promise<string>;
  remove(): void;
}

const env = ['env', '-i', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/home', 'LANG=C.UTF-8', 'TERM=dumb'];
const certificates = '/etc/svt-ca.pem';
const packages = 'systemd,systemd-sysv,iproute2';

/** Takes a minute: the packages come from the archive that apt of this machine knows. */
export async function makeMachine(): Promise<Machine> {
  const folder = makeFolder();
  const name = `${namePrefix()}machine`;
  const root = path.join(folder, 'root');
  const done = await exec('debootstrap', ['--variant=minbase', `--include=${packages}`, 'bookworm', root], 480_000);
  if (done.code !== 0) throw new Error(`debootstrap: ${done.stdout.slice(-2000)}${done.stderr}`);
  installNode(root);
  const cf = path.join(folder, 'config');
  writeFileSync(cf, configOf(name, root));
  const run: Machine['run'] = (line, at = '/') =>
    exec('lxc-attach', ['-n', name, '--', ...env, 'bash', '-c', `cd ${at} && ${line}`], 150_000);
  const must: Machine['must'] = async (line, at) => {
    const { code, stdout, stderr } = await run(line, at);
    if (code !== 0) throw new Error(`${line}: exit ${code}\n${stdout}${stderr}`);
    return stdout;
  };
  return {
    root,
    build: (line, at = '/') => {
      const inside = [...env, `NODE_EXTRA_CA_CERTS=${certificates}`, 'bash', '-c', `cd ${at} && ${line}`];
      const enter = `mount --rbind /dev ${root}/dev && mount -t proc proc ${root}/proc && exec chroot ${root} "$@"`;
      return exec('unshare', ['--mount', 'sh', '-c', enter, 'enter', ...inside], 300_000);
    },
    boot: async () => {
      const started = await exec('lxc-start', ['-d', '-n', name, '-f', cf, '-o', path.join(folder, 'log')], 60_000);
      if (started.code !== 0) throw new Error(`lxc-start: ${started.stderr}`);
      const state = async () => (await run('systemctl is-system-running')).stdout.trim();
      await eventually(async () => ['running', 'degraded'].includes(await state()), 120_000);
      if ((await state()) !== 'running') throw new Error(`not all units came up: ${(await run('systemctl --failed')).stdout}`);
    },
    shutdown: async () => {
      const stopped = await exec('lxc-stop', ['-n', name, '-t', '120', '--nokill'], 150_000);
      if (stopped.code !== 0) throw new Error(`lxc-stop: ${stopped.stderr}`);
    },
    run,
    must,
    remove: () => {
      removeContainer(name);
      removeFolder(folder);
    },
  };
}

/** Node and npm of this machine, as somebody would have installed them. */
function installNode(root: string): void {
  copyFileSync(process.execPath, path.join(root, 'usr/local/bin/node'));
  const npm = path.resolve(realpathSync(findTool('npm') ?? 'npm'), '../..');
  mkdirSync(path.join(root, 'usr/local/lib/node_modules'), { recursive: true });
  cpSync(npm, path.join(root, 'usr/local/lib/node_modules/npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', path.join(root, 'usr/local/bin/npm'));
  const trusted = process.env['NODE_EXTRA_CA_CERTS'];
  if (trusted !== undefined) copyFileSync(trusted, path.join(root, certificates));
}

function configOf(name: string, root: string): string {
  return `lxc.uts.name = machine
lxc.rootfs.path = dir:${root}
lxc.init.cmd = /sbin/init
lxc.apparmor.profile = unconfined
lxc.net.0.type = empty
lxc.mount.auto = cgroup:rw proc:mixed sys:mixed
lxc.tty.max = 1
lxc.pty.max = 64
# ${name}
`;
}

async function exec(file: string, argv: readonly string[], timeoutMs: number): Promise<Ran> {
  try {
    const { stdout, stderr } = await promisify(execFile)(file, argv, { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 });
    return { code: 0, stdout, stderr };
  } catch (thrown) {
    const { code, stdout, stderr } = thrown as { code?: unknown; stdout?: string; stderr?: string };
    if (typeof code !== 'number') throw thrown;
    return { code, stdout: stdout ?? '', stderr: stderr ?? '' };
  }
}
