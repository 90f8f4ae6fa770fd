/** A service of six resources on a real loop device, ext4, tmpfs, an address and two programs, in a home and a namespace of its own. */
import { chmodSync, copyFileSync, constants, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { type CliOptions, type CliProcess, type CliResult, runCli, spawnCli } from '../support/cli.ts';
import { must } from '../support/command.ts';
import { type Home, makeHome } from '../support/home.ts';
import { removeFolder } from '../support/leftovers.ts';
import { loopsOver } from '../support/loop.ts';
import { makeFolder } from '../support/names.ts';
import { makeNetns, type Netns } from '../support/netns.ts';
import { address, ctlText, daemonText, serveText, serviceText } from './crash-programs.ts';
import { makeShims, type Shims } from './crash-shims.ts';

/** What the machine itself says about the service: never what svcmgr says. */
export interface Truth {
  readonly loops: number;
  readonly mounts: readonly string[];
  readonly addresses: number;
  readonly serve: number;
  readonly daemon: number;
}

export const up: Truth = { loops: 1, mounts: ['data', 'data/sub'], addresses: 1, serve: 1, daemon: 1 };
export const down: Truth = { loops: 0, mounts: [], addresses: 0, serve: 0, daemon: 0 };

export interface Lab {
  readonly home: Home;
  readonly netns: Netns;
  readonly shims: Shims;
  run(argv: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** Starts it; its pid is known to the programs of the service, which kill it when the plan says so. */
  spawn(argv: readonly string[], options?: CliOptions): CliProcess;
  /** Brings the service up, or fails with the words of the command line. */
  start(): Promise<void>;
  status(): Promise<LabStatus>;
  truth(): Truth;
  /** Lines of the journal that do not carry their own checksum. */
  brokenJournalLines(): readonly string[];
  /** What `serve` does when it is told to end: see serveText. */
  onTerm(what: 'during' | 'after' | undefined): void;
  remove(): void;
}

export interface LabStatus {
  readonly overall: string;
  readonly monitor: {
    readonly state: string;
    readonly interrupted: { readonly verb: string; readonly rid: string; readonly command: string | null } | null;
  };
  readonly resources: Readonly<Record<string, { readonly status: string }>>;
}

export const service = 'six';

/** `image`: a file with an ext4 filesystem, copied for this lab. `label` is unique within the run. */
export function makeLab(label: string, image: string): Lab {
  const home = makeHome();
  const netns = makeNetns(label);
  netns.device('svc0');
  const image1 = home.path('image');
  copyFileSync(image, image1, constants.COPYFILE_FICLONE);
  const box = path.dirname(home.path('box', 'x'));
  script(home.path('box', 'serve'), serveText(box));
  script(home.path('box', 'ctl'), ctlText(box));
  script(home.path('box', 'daemon'), daemonText);
  const shims = makeShims(box, { serve: { file: path.join(box, 'serve'), lasting: true }, ctl: { file: path.join(box, 'ctl') } });
  home.service(service, serviceText(home.folder, shims.path));
  const optionsOf = (options: CliOptions = {}): CliOptions => ({
    home,
    netns,
    ...options,
    env: { PATH: `${shims.path}:${process.env['PATH']}`, ...options.env },
  });
  const run: Lab['run'] = (argv, options) => runCli(['-s', service, ...argv], optionsOf({ timeoutMs: 60_000, ...options }));
  return {
    home,
    netns,
    shims,
    run,
    spawn: (argv, options) => {
      const cli = spawnCli(['-s', service, ...argv], optionsOf(options));
      writeFileSync(path.join(box, 'cli'), `${cli.pid}\n`);
      return cli;
    },
    start: async () => {
      const { code, stderr } = await run(['start']);
      if (code !== 0) throw new Error(`start ended with ${code}: ${stderr}`);
    },
    status: async () => {
      const { stdout, stderr, code } = await run(['print', 'status', '--format', 'json']);
      if (code !== 0) throw new Error(`print status ended with ${code}: ${stderr}`);
      return JSON.parse(stdout) as LabStatus;
    },
    truth: () => truthOf(home.folder, netns),
    brokenJournalLines: () => journalLines(home.folder).filter((line) => !isSound(line)),
    onTerm: (what) => writeFileSync(path.join(box, 'on-term'), `${what ?? 'nothing'}\n`),
    remove: () => {
      shims.release();
      home.remove();
      netns.remove();
    },
  };
}

export const labNeeds = { root: true, tools: ['losetup', 'mkfs.ext4', 'e2fsck', 'ip', 'arping', 'nsenter'], files: ['/dev/loop-control'] };

/** Inside `describe`: the image that labs are copied from. */
export function useTemplate(): () => string {
  let folder: string | undefined;
  before('make a filesystem', () => {
    folder = makeFolder();
    must('truncate', '-s', '8m', path.join(folder, 'image'));
    must('mkfs.ext4', '-q', '-F', path.join(folder, 'image'));
  });
  after('remove the filesystem', () => {
    if (folder !== undefined) removeFolder(folder);
  });
  return () => {
    if (folder === undefined) throw new Error('the image exists only inside a test');
    return path.join(folder, 'image');
  };
}

/** Inside `describe`: a lab for each test, removed after it whatever happened. */
export function useLab(label: string): () => Lab {
  const template = useTemplate();
  let current: Lab | undefined;
  beforeEach('make a service', () => {
    current = makeLab(label, template());
  });
  afterEach('remove the service', () => {
    current?.remove();
    current = undefined;
  });
  return () => {
    if (current === undefined) throw new Error('the service exists only inside a test');
    return current;
  };
}

/** Waits for something that another process is about to do. */
export async function until(isTrue: () => boolean, what: string): Promise<void> {
  const endsAt = performance.now() + 20_000;
  while (!isTrue()) {
    if (performance.now() > endsAt) throw new Error(`waited in vain for ${what}`);
    await delay(10);
  }
}

function script(file: string, text: string): void {
  writeFileSync(file, text);
  chmodSync(file, 0o755);
}

function truthOf(folder: string, netns: Netns): Truth {
  const points = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  const links = JSON.parse(must('ip', '-n', netns.name, '-j', 'address', 'show')) as { addr_info?: { local?: string }[] }[];
  return {
    loops: loopsOver(path.join(folder, 'image')).length,
    mounts: points.filter((point) => point.startsWith(`${folder}/`)).map((point) => point.slice(folder.length + 1)),
    addresses: links.flatMap((link) => link.addr_info ?? []).filter((one) => one.local === address).length,
    serve: countProcesses(path.join(folder, 'box/serve')),
    daemon: countProcesses('./daemon', path.join(folder, 'box')),
  };
}

/** Processes that run this script, by their own command line; with `cwd` only those in that folder. */
function countProcesses(file: string, cwd?: string): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return words[1] === file && (cwd === undefined || readlinkSync(`/proc/${pid}/cwd`) === cwd);
    } catch {
      return false;
    }
  }).length;
}

function journalLines(folder: string): readonly string[] {
  const journal = path.join(folder, 'var/journal', service);
  const files = readdirSync(journal).filter((name) => name.endsWith('.log'));
  return files.flatMap((name) =>
    readFileSync(path.join(journal, name), 'utf8')
      .split('\n')
      .filter((line) => line !== ''),
  );
}

function isSound(line: string): boolean {
  return crc32(line.slice(9)).toString(16).padStart(8, '0') === line.slice(0, 8);
}
