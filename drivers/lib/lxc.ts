/** LXC's tools (storage-drivers.md §4): their commands, what they print, and what a container's configuration says. Tried with lxc 5.0.2. */
import type { Argv, Visit } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';

/** What a resource says of its container. */
export interface LxcPlace {
  readonly name: string;
  /** Where LXC keeps containers; its own default when not set. */
  readonly lxcpath: string | undefined;
  /** The configuration file. */
  readonly cf: string;
  /** Stands in for the root folder of the configuration. */
  readonly rootfs: string | undefined;
}

export const defaultLxcPath = '/var/lib/lxc';

/** A name is a part of paths, of cgroup names and of socket names. */
export function lxcPlace(config: {
  name: string;
  cf?: string | undefined;
  rootfs?: string | undefined;
  lxcpath?: string | undefined;
}): LxcPlace {
  const { name, cf, rootfs, lxcpath } = config;
  if (!/^[A-Za-z0-9][\w.-]*$/.test(name))
    throw new SvcError('CONFIG', `name = ${name}: letters, digits, dot, - and _ make the name of a container`);
  return { name, lxcpath, cf: cf ?? `${lxcpath ?? defaultLxcPath}/${name}/config`, rootfs };
}

export function logFile({ name }: LxcPlace, verb: 'start' | 'stop'): string {
  return `/var/tmp/svc_${name}_lxc_${verb}.log`;
}

const inPath = ({ lxcpath }: LxcPlace): readonly string[] => (lxcpath === undefined ? [] : ['-P', lxcpath]);

/** The words of the HP 3PAR document first; what it leaves to LXC's defaults behind them. */
export function startArgv(place: LxcPlace): Argv {
  const root = place.rootfs === undefined ? [] : ['-s', `lxc.rootfs.path=${place.rootfs}`];
  return ['lxc-start', '-d', '-n', place.name, '-o', logFile(place, 'start'), '-f', place.cf, ...inPath(place), ...root];
}

/** Asks the container to shut down; it is never LXC that kills after its own 60 s. */
export function stopArgv(place: LxcPlace, timeoutMs: number): Argv {
  const seconds = String(Math.max(1, Math.ceil(timeoutMs / 1000)));
  return ['lxc-stop', '-n', place.name, '-o', logFile(place, 'stop'), ...inPath(place), '-t', seconds, '--nokill'];
}

export function killArgv(place: LxcPlace): Argv {
  return ['lxc-stop', '--kill', '--name', place.name, ...inPath(place)];
}

export function unfreezeArgv(place: LxcPlace): Argv {
  return ['lxc-unfreeze', '-n', place.name, ...inPath(place)];
}

/** `withConfig`: without the configuration LXC knows only containers of its own path, and no links. */
export function infoArgv(place: LxcPlace, what: readonly string[], withConfig: boolean): Argv {
  return ['lxc-info', '-n', place.name, ...inPath(place), ...(withConfig ? ['--rcfile', place.cf] : []), ...what];
}

/** Values of kept variables stay out of the words: they are in the environment of lxc-attach. */
export function attachArgv(place: LxcPlace, argv: Argv, { keep, set, uid, gid }: Visit = { keep: [], set: {} }): Argv {
  return [
    ...attachHead(place),
    ...keep.flatMap((variable) => ['--keep-var', variable]),
    ...Object.entries(set).flatMap(([variable, value]) => ['--set-var', `${variable}=${value}`]),
    ...(uid === undefined ? [] : ['--uid', String(uid)]),
    ...(gid === undefined ? [] : ['--gid', String(gid)]),
    '--',
    ...argv,
  ];
}

export function attachHead(place: LxcPlace): Argv {
  return ['lxc-attach', '-n', place.name, ...inPath(place), '--clear-env'];
}

const states = ['STOPPED', 'STARTING', 'RUNNING', 'STOPPING', 'ABORTING', 'FREEZING', 'FROZEN', 'THAWED'] as const;
export type LxcState = (typeof states)[number];

export interface LxcInfo {
  readonly state: LxcState;
  /** The container's first process, as this node numbers it. */
  readonly pid: number | undefined;
}

const needsPid: readonly LxcState[] = ['RUNNING', 'FROZEN'];

/** `lxc-info -s -p`: `State:          RUNNING` and, when there is one, `PID:            22661`. */
export function parseInfo(text: string): LxcInfo {
  const fields = parseFields(text);
  const word = fields.get('State')?.[0];
  const state = states.find((known) => known === word);
  const pid = fields.get('PID')?.[0];
  if (state === undefined || [...fields.keys()].some((key) => key !== 'State' && key !== 'PID')) throw notUnderstood(text);
  if (pid === undefined ? needsPid.includes(state) : !/^[1-9][0-9]*$/.test(pid)) throw notUnderstood(text);
  return { state, pid: pid === undefined ? undefined : Number(pid) };
}

/** `lxc-info -S`: the host's ends of its cables, from lines `Link:           vethJ2ih2V`. */
export function parseLinks(text: string): readonly string[] {
  const links = parseFields(text).get('Link') ?? [];
  for (const link of links) if (!/^[^\s/]{1,15}$/.test(link)) throw notUnderstood(link);
  return links;
}

function parseFields(text: string): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, string[]>();
  for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
    const [, key, value] = /^\s?([A-Z][A-Za-z ]*):\s+(\S.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) throw notUnderstood(line);
    fields.set(key, [...(fields.get(key) ?? []), value.trim()]);
  }
  return fields;
}

function notUnderstood(line: string): SvcError {
  return new SvcError('COMMAND', `lxc-info printed something that is not understood: ${line.trim().slice(0, 200)}`, { facts: { line } });
}

export interface LxcConfig {
  /** The folder that will be the root, when it is a plain folder. */
  readonly rootFolder: string | undefined;
  readonly autoBoot: boolean;
  /** Names that it gives to the host's ends of its cables. */
  readonly cables: readonly string[];
}

/** A container's configuration, `key = value` lines; the last one wins. Included files are LXC's business. */
export function parseConfig(text: string): LxcConfig {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, key, value] = /^\s*([a-z][\w.]*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) values.set(key, value.replace(/^(["'])(.*)\1$/, '$2'));
  }
  const cables = [...values].filter(([key, value]) => /^lxc\.net\.\d+\.veth\.pair$/.test(key) && value !== '');
  return {
    rootFolder: folderOf(values.get('lxc.rootfs.path') ?? ''),
    autoBoot: values.get('lxc.start.auto') === '1',
    cables: cables.map(([, value]) => value),
  };
}

/** `/srv/root` or `dir:/srv/root`; a loop image, a volume or an overlay is not a folder. */
export function folderOf(path: string): string | undefined {
  return /^(?:dir:)?(\/.*)$/.exec(path)?.[1];
}

/** What LXC's log holds as errors, each once: `lxc-start ct1 20261121100315.336 ERROR    start - ../src/lxc/start.c:__lxc_start:2107 - Failed to …`. */
export function errorsIn(log: string): readonly string[] {
  const texts = log.split('\n').flatMap((line) => /^\S+ \S+ [\d.]+ ERROR +\S+ - \S+ - (.+)$/.exec(line)?.[1] ?? []);
  return [...new Set(texts)];
}

/** `0:00:00.686984`, as the HP 3PAR document shows how long a tool took. */
export function clockText(durationMs: number): string {
  const micros = Math.round(durationMs * 1000);
  const part = (value: number, width: number): string => String(Math.floor(value)).padStart(width, '0');
  const seconds = micros / 1_000_000;
  return `${part(seconds / 3600, 1)}:${part((seconds / 60) % 60, 2)}:${part(seconds % 60, 2)}.${part(micros % 1_000_000, 6)}`;
}
