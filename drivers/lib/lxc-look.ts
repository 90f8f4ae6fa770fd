/** What is known of a container: its state, its configuration, what is left of a dead one. */
import type { Act, Observe, Reader } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { hiddenBy } from './app-processes.ts';
import { defaultLxcPath, infoArgv, type LxcConfig, type LxcInfo, type LxcPlace, parseConfig, parseInfo, parseLinks } from './lxc.ts';

/** A monitor answers in milliseconds; one that does not is stuck, and a status has its limit of 10 s. */
const answerMs = 3_000;

/** Throws when it cannot be told: to others than root LXC says nothing of a container. */
export async function readInfo(reader: Reader, place: LxcPlace): Promise<LxcInfo> {
  const hasConfig = (await reader.stat(place.cf)) !== undefined;
  const argv = infoArgv(place, ['-s', '-p'], hasConfig);
  // Without its configuration a container that does not run "doesn't exist", with the exit code of every other fault.
  const { exitCode, stdout, stderr } = await reader.read(argv, { timeoutMs: answerMs, okCodes: hasConfig ? [0] : [0, 1] });
  if (exitCode === 0) return parseInfo(stdout);
  if (await hasMonitor(reader, place)) throw new SvcError('COMMAND', `lxc-info cannot tell about ${place.name}: ${stderr.trim()}`);
  return { state: 'STOPPED', pid: undefined };
}

/** A running container's monitor listens on an abstract socket; LXC shortens a name that is too long for one to a hash. */
async function hasMonitor(reader: Reader, { name, lxcpath = defaultLxcPath }: LxcPlace): Promise<boolean> {
  const sockets = await reader.file('/proc/net/unix');
  if (sockets === undefined || !/^Num\b/.test(sockets)) throw new SvcError('COMMAND', '/proc/net/unix lists no sockets');
  const listed = sockets.split('\n').map((line) => line.slice(line.lastIndexOf(' ') + 1));
  return listed.some((socket) => socket === `@${lxcpath}/${name}/command` || /^@lxc\/[0-9a-f]{16}\/command$/.test(socket));
}

/** Undefined when there is no configuration file (now). */
export async function readConfig(reader: Reader, { cf }: LxcPlace): Promise<LxcConfig | undefined> {
  const text = await reader.file(cf);
  return text === undefined ? undefined : parseConfig(text);
}

/** The host's ends of a running container's cables. */
export async function readCables(reader: Reader, place: LxcPlace): Promise<readonly string[]> {
  const hasConfig = (await reader.stat(place.cf)) !== undefined;
  const links = parseLinks((await reader.read(infoArgv(place, ['-S'], hasConfig))).stdout);
  if (links.length === 0) return [];
  const types = links.flatMap((_, index) => ['-c', `lxc.net.${index}.type`]);
  const typeLines = (await reader.read(infoArgv(place, types, hasConfig))).stdout.split('\n').map((line) => line.trim());
  // The link of a macvlan is an interface of the node itself, and no cable of the container's.
  return links.filter((_, index) => typeLines.includes(`lxc.net.${index}.type = veth`));
}

export interface Absence {
  readonly text: string;
  /** The filesystem resource that must be mounted before it can be there. */
  readonly hiddenBy: string | undefined;
}

/** What a start needs and does not find. */
export async function findAbsent<T extends Keywords>(at: Observe<T>, place: LxcPlace): Promise<readonly Absence[]> {
  const root = place.rootfs ?? (await readConfig(at.local, place))?.rootFolder;
  const wanted = [
    { path: place.cf, what: 'configuration file' },
    ...(root === undefined ? [] : [{ path: root, what: 'root folder' }]),
    ...(place.lxcpath === undefined ? [] : [{ path: place.lxcpath, what: 'lxcpath' }]),
  ];
  const absent: Absence[] = [];
  for (const { path, what } of wanted) {
    if ((await at.local.stat(path)) !== undefined) continue;
    absent.push({ text: `${what} ${path} is not there`, hiddenBy: await hiddenBy(at, path) });
  }
  return absent;
}

/** Ends what a start that was cut has left (LXC's own processes, hooks), and monitors that do not answer; a container goes with its monitor. */
export async function killMonitors<T extends Keywords>(at: Act<T>, place: LxcPlace): Promise<void> {
  await at.local.signal('KILL');
  const monitors = await findMonitors(at.local, place);
  if (monitors.length > 0) await at.local.change(['kill', '-KILL', ...monitors.map(String)], { okCodes: [0, 1] });
}

const cgroupMounts = ['/sys/fs/cgroup/unified', '/sys/fs/cgroup', '/sys/fs/cgroup/systemd', '/sys/fs/cgroup/pids'];

/** Living monitor processes of a container, from the cgroups that LXC makes for them; a second one gets a number behind its name. */
async function findMonitors(reader: Reader, { name, lxcpath = defaultLxcPath }: LxcPlace): Promise<readonly number[]> {
  const pids = new Set<number>();
  for (const mount of cgroupMounts) {
    const folders = (await reader.list(mount)).filter((folder) => isMonitorOf(folder, name));
    for (const folder of folders) {
      const text = (await reader.file(`${mount}/${folder}/cgroup.procs`)) ?? '';
      for (const line of text.split('\n').filter((each) => /^[1-9]\d*$/.test(each))) pids.add(Number(line));
    }
  }
  const monitors: number[] = [];
  for (const pid of pids) {
    if ((await reader.file(`/proc/${pid}/cmdline`))?.replace(/\0.*$/s, '') === `[lxc monitor] ${lxcpath} ${name}`) monitors.push(pid);
  }
  return monitors;
}

function isMonitorOf(folder: string, name: string): boolean {
  return folder.startsWith(`lxc.monitor.${name}`) && /^(-\d+)?$/.test(folder.slice(`lxc.monitor.${name}`.length));
}
