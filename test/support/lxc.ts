/** Containers of a test: LXC with a root folder that holds busybox and nothing else; need root. Their names begin with `svt-<pid>-`. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { must, tryTo } from './command.ts';
import { namePrefix } from './names.ts';
import { findTool, type Needs } from './skip.ts';

export const lxcNeeds: Needs = { root: true, tools: ['lxc-start', 'lxc-info', 'busybox', 'ip', 'nsenter'] };

/** busybox's own names in the root folder. `ip` is not among them: addresses inside must not need it. */
const applets = 'sh sleep cat pwd env true false kill mkdir mount rm id ps nc test grep echo'.split(' ');

/** Ends when it is asked to; what is left in the container ends with it. */
const quietInit = 'trap "exit 0" PWR TERM INT\nwhile :; do sleep 3600 & wait $!; done\n';

export interface TestContainer {
  readonly name: string;
  /** Its configuration file. */
  readonly cf: string;
  readonly root: string;
  /** Replaces what its first process does: a script of busybox's shell. */
  init(script: string): void;
  state(): 'RUNNING' | 'STOPPED' | string;
  /** Its first process, as this node numbers it; undefined when it does not run. */
  pid(): number | undefined;
  /** Pid of its monitor on this node. */
  monitor(): number | undefined;
  /** Runs a command inside; its stdout. */
  run(...argv: readonly [string, ...string[]]): string;
  /** Until there is such a file inside; at most 10 s. */
  waitFor(file: string): Promise<void>;
  /** Ends it at once, behind everybody's back. */
  kill(): void;
  remove(): void;
}

export interface ContainerOptions {
  /** Lines of its configuration, in place of one cable that leads nowhere, `eth0`. */
  readonly net?: readonly string[];
  readonly lines?: readonly string[];
}

/** Makes the root folder and the configuration below `folder`; `label` is unique within the run. Nothing is started. */
export function makeContainer(folder: string, label: string, options: ContainerOptions = {}): TestContainer {
  const name = `${namePrefix()}${label}`;
  const root = path.join(folder, 'root');
  makeRoot(root);
  const net = options.net ?? ['lxc.net.0.type = veth', 'lxc.net.0.flags = up', 'lxc.net.0.name = eth0'];
  const lines = [
    `lxc.uts.name = ${name}`,
    `lxc.rootfs.path = dir:${root}`,
    'lxc.init.cmd = /sbin/init',
    'lxc.apparmor.profile = unconfined',
  ];
  const cf = path.join(folder, 'config');
  writeFileSync(cf, [...lines, ...net, ...(options.lines ?? []), ''].join('\n'));
  const init = (script: string): void => writeFileSync(path.join(root, 'sbin/init'), `#!/bin/sh\n${script}`);
  init(quietInit);
  chmodSync(path.join(root, 'sbin/init'), 0o755);
  return {
    name,
    cf,
    root,
    init,
    state: () => /^State: +(\w+)$/m.exec(info(name, cf))?.[1] ?? 'unknown',
    pid: () => pidIn(info(name, cf)),
    monitor: () => monitorOf(name),
    run: (...argv) => must('lxc-attach', '-n', name, '--clear-env', '--', ...argv),
    waitFor: (file) => waitForFile(path.join(root, file)),
    kill: () => killContainer(name),
    remove: () => {
      removeContainer(name);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function waitForFile(file: string): Promise<void> {
  for (let tries = 0; tries < 1000; tries += 1) {
    if (existsSync(file)) return;
    await delay(10);
  }
  throw new Error(`${file} never came`);
}

/** A folder that a container can have as its root. */
export function makeRoot(root: string): void {
  for (const folder of ['bin', 'sbin', 'dev', 'proc', 'sys', 'tmp', 'etc', 'run', 'root'])
    mkdirSync(path.join(root, folder), { recursive: true });
  copyFileSync(findTool('busybox') ?? '/bin/busybox', path.join(root, 'bin/busybox'));
  for (const applet of applets) symlinkSync('busybox', path.join(root, 'bin', applet));
  writeFileSync(path.join(root, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\napp1:x:1234:1234::/home/app1:/bin/sh\n');
  writeFileSync(path.join(root, 'etc/group'), 'root:x:0:\napp1:x:1234:\n');
}

function info(name: string, cf: string): string {
  return must('lxc-info', '-n', name, ...(existsSync(cf) ? ['--rcfile', cf] : []), '-s', '-p');
}

function pidIn(text: string): number | undefined {
  const digits = /^PID: +(\d+)$/m.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function monitorOf(name: string): number | undefined {
  const title = `[lxc monitor] /var/lib/lxc ${name}`;
  const found = readdirSync('/proc').find((entry) => /^\d+$/.test(entry) && commandOf(entry) === title);
  return found === undefined ? undefined : Number(found);
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0.*$/s, '');
  } catch {
    return '';
  }
}

export function killContainer(name: string): void {
  const monitor = monitorOf(name);
  // A stopped monitor would never answer lxc-stop.
  if (monitor !== undefined) tryTo('kill', '-CONT', String(monitor));
  tryTo('lxc-stop', '--kill', '--name', name);
  if (monitor !== undefined) tryTo('kill', '-KILL', String(monitor));
}

/** Ends it, and removes its cgroups and logs; false when something of it stays. A killed process is in its cgroup a little longer. */
export function removeContainer(name: string): boolean {
  killContainer(name);
  for (const verb of ['start', 'stop']) rmSync(`/var/tmp/svc_${name}_lxc_${verb}.log`, { force: true });
  const isGone = () => {
    for (const folder of cgroupsOf(name)) removeCgroup(folder);
    return monitorOf(name) === undefined && cgroupsOf(name).length === 0;
  };
  const until = Date.now() + 10_000;
  while (!isGone()) {
    if (Date.now() > until) return false;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
  return true;
}

const cgroupRoot = '/sys/fs/cgroup';

function cgroupsOf(name: string): readonly string[] {
  return containerCgroups().filter((folder) => containerOf(folder) === name);
}

/** Every cgroup of a container, in every hierarchy. */
export function containerCgroups(): readonly string[] {
  const mounts = [cgroupRoot, ...list(cgroupRoot).map((entry) => path.join(cgroupRoot, entry))];
  return mounts.flatMap((mount) =>
    list(mount).flatMap((entry) => (/^lxc\.(payload|monitor)\./.test(entry) ? [path.join(mount, entry)] : [])),
  );
}

/** The name of the container a cgroup belongs to; LXC puts a number behind it when the name was taken. */
export function containerOf(cgroup: string): string {
  return path
    .basename(cgroup)
    .replace(/^lxc\.(payload|monitor)\./, '')
    .replace(/-\d+$/, '');
}

function removeCgroup(folder: string): void {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) removeCgroup(path.join(folder, entry.name));
    rmdirSync(folder);
  } catch {
    // Somebody is still in it, or it is gone already.
  }
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
