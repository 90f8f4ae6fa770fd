/**
 * What the lab needs and the checkout does not hold: a Debian kernel with its modules, never installed, kept in `$SVCMGR_LAB_CACHE`, else
 * `$XDG_CACHE_HOME/svcmgr-lab`, else `~/.cache/svcmgr-lab`; and an initramfs, packed anew by each run, which takes less than to keep it right.
 *
 * The kernel is made in a folder of its own and appears by one rename: two runs may prepare at once (the second throws its work away),
 * and what a killed run left half done is never used, and removed by the next one.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { findTool } from '../support/skip.ts';
import { projectRoot } from '../support/imports.ts';
import { isAlive } from '../support/leftovers.ts';
import { namePrefix, pidInName } from '../support/names.ts';
import { packCpio, withFolders } from './cpio.ts';
import { attempt, runHost } from './host.ts';

/** Written into the name of the cached kernel: another number makes every machine prepare it anew. */
const recipe = 1;

/** Modules that the first root needs before it sees any other file, by the name that modprobe knows. */
const firstModules = ['virtio_pci', 'virtio_blk', 'virtio_net', 'virtio_console', '9p', '9pnet_virtio', 'overlay', 'ext4'];

/** Drivers that no guest has hardware for: two thirds of the package. */
const unneeded = ['sound', 'drivers/gpu', 'drivers/media', 'drivers/net/wireless', 'drivers/net/ethernet', 'drivers/infiniband'];

export interface Kernel {
  readonly image: string;
  /** `…/lib/modules/VERSION`. */
  readonly modules: string;
  readonly version: string;
}

export interface Prepared {
  readonly kernel: Kernel;
  readonly initramfs: Buffer;
}

export function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache');
  return process.env['SVCMGR_LAB_CACHE'] || path.join(base, 'svcmgr-lab');
}

/** Makes what is absent, and says what it does; with everything there it takes a few milliseconds. */
export async function prepare(say: (line: string) => void): Promise<Prepared> {
  const cache = cacheFolder();
  mkdirSync(cache, { recursive: true });
  refuseHidden(cache, 'set SVCMGR_LAB_CACHE to another folder');
  refuseHidden(projectRoot, 'check the project out elsewhere');
  removeHalfDone(cache);
  await installPackages(say);
  const folder = path.join(cache, `kernel-${recipe}`);
  if (!existsSync(folder)) await make(cache, folder, (into) => unpackKernel(into, say));
  const kernel = findKernel(folder);
  return { kernel, initramfs: await packInitramfs(kernel) };
}

/** A node sees the files of the machine, but has these folders for itself (guest/init.sh). */
const ownFolders = ['/tmp', '/run', '/dev', '/proc', '/sys'];

/** Throws for a folder that no node would see. */
export function refuseHidden(folder: string, mend: string): void {
  const real = realpathSync(folder);
  const hider = ownFolders.find((own) => real === own || real.startsWith(`${own}/`));
  if (hider === undefined) return;
  throw new Error(`the lab cannot use ${folder}: a node has a ${hider} of its own and would not see it; ${mend}`);
}

/** A name without the pid of a living run is nobody's any more. */
function removeHalfDone(cache: string): void {
  for (const name of readdirSync(cache)) {
    const pid = pidInName(name);
    if (pid !== undefined && !isAlive(pid)) rmSync(path.join(cache, name), { recursive: true, force: true });
  }
}

async function make(cache: string, place: string, fill: (into: string) => Promise<void>): Promise<void> {
  const temporary = path.join(cache, `${namePrefix()}${path.basename(place)}`);
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary);
  try {
    await fill(temporary);
    renameSync(temporary, place);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    // Another run was faster: what it made is as good.
    if (!existsSync(place)) throw error;
  }
}

const tools = [
  'qemu-system-x86_64',
  'modprobe',
  'busybox',
  'lvm',
  'sg_persist',
  'iscsid',
  'iscsiadm',
  'kpartx',
  'lxc-start',
  'sshd',
  'mkfs.ext4',
];
const packages = [
  'qemu-system-x86',
  'kmod',
  'busybox-static',
  'lvm2',
  'sg3-utils',
  'open-iscsi',
  'kpartx',
  'lxc',
  'openssh-server',
  'e2fsprogs',
];

/** By test/setup, which keeps the daemons of the packages from starting. */
async function installPackages(say: (line: string) => void): Promise<void> {
  const absent = () => tools.filter((tool) => findTool(tool) === undefined);
  if (absent().length === 0) return;
  say(`lab: installing what is absent: ${absent().join(', ')}`);
  await runHost(['bash', path.join(import.meta.dirname, '../setup'), ...packages], { timeoutMs: 600_000 });
  if (absent().length > 0) throw new Error(`the lab needs ${absent().join(', ')}: test/setup could not install them`);
}

async function unpackKernel(into: string, say: (line: string) => void): Promise<void> {
  if ((await attempt(['apt-cache', 'show', 'linux-image-amd64'])) === undefined)
    await runHost(['apt-get', '-q', 'update'], { timeoutMs: 120_000 });
  const depends = await runHost(['apt-cache', 'depends', 'linux-image-amd64']);
  const name = /Depends: (linux-image-\d\S*)/.exec(depends)?.[1];
  if (name === undefined) throw new Error(`linux-image-amd64 depends on no kernel:\n${depends}`);
  say(`lab: downloading and unpacking ${name} (once; about 70 MB)`);
  const download = ['apt-get', '-q', 'download', '-o', 'Acquire::Retries=2', '-o', 'APT::Sandbox::User=root', name];
  const cwd = into;
  // The package lists of this machine may be older than the archive.
  if ((await attempt(download, { cwd, timeoutMs: 300_000 })) === undefined) {
    await runHost(['apt-get', '-q', 'update'], { timeoutMs: 120_000 });
    await runHost(download, { cwd, timeoutMs: 300_000 });
  }
  const archive = readdirSync(into).find((file) => file.endsWith('.deb'));
  if (archive === undefined) throw new Error(`apt-get download ${name} left nothing`);
  const excludes = unneeded.map((folder) => `--exclude=./lib/modules/*/kernel/${folder}`);
  await runHost(['bash', '-c', 'set -o pipefail; dpkg-deb --fsys-tarfile "$1" | tar -x "${@:2}"', 'unpack', archive, ...excludes], {
    cwd,
    timeoutMs: 120_000,
  });
  rmSync(path.join(into, archive));
  await runHost(['depmod', '-b', into, findKernel(into).version], { timeoutMs: 60_000 });
}

function findKernel(folder: string): Kernel {
  const version = readdirSync(path.join(folder, 'lib/modules'))[0];
  if (version === undefined) throw new Error(`no kernel in ${folder}: remove it`);
  return { version, image: path.join(folder, 'boot', `vmlinuz-${version}`), modules: path.join(folder, 'lib/modules', version) };
}

/** Not compressed: emulated, that would cost more than it saves. */
async function packInitramfs(kernel: Kernel): Promise<Buffer> {
  const modules = await modulesInOrder(kernel);
  return packCpio([
    ...['proc', 'sys', 'dev', 'host', 'disk', 'new'].map((folder) => ({ path: folder })),
    ...withFolders([
      { path: 'bin/busybox', content: readFileSync(findTool('busybox') ?? '/bin/busybox'), mode: 0o755 },
      { path: 'init', content: guestFile('init.sh'), mode: 0o755 },
      { path: 'lab/agent.mjs', content: bundleAgent() },
      ...['rc.sh', 'san.sh', 'initiator.sh'].map((name) => ({ path: `lab/${name}`, content: guestFile(name), mode: 0o755 })),
      { path: 'modules/order', content: modules.map((file) => `${path.basename(file)}\n`).join('') },
      ...modules.map((file) => ({ path: `modules/${path.basename(file)}`, content: readFileSync(file) })),
    ]),
  ]);
}

function guestFile(name: string): Buffer {
  return readFileSync(path.join(import.meta.dirname, 'guest', name));
}

function bundleAgent(): Buffer {
  const built = buildSync({
    entryPoints: [path.join(import.meta.dirname, 'guest/agent.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    minify: true,
    write: false,
  });
  return Buffer.from(built.outputFiles[0]?.contents ?? '');
}

async function modulesInOrder(kernel: Kernel): Promise<readonly string[]> {
  const base = path.resolve(kernel.modules, '../../..');
  const lines: string[] = [];
  for (const name of firstModules) {
    const shown = await runHost(['modprobe', '-d', base, '-S', kernel.version, '--show-depends', name]);
    lines.push(...shown.split('\n').flatMap((line) => /^insmod (\S+)/.exec(line)?.[1] ?? []));
  }
  // Its hardware is not emulated; the generic one does its work.
  return [...new Set(lines)].filter((file) => !file.endsWith('crc32c-intel.ko'));
}
