/** One service `svc1` in a home of its own, driven through the built command line; what the fault tests share. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type CliOptions, type CliProcess, type CliResult, runCli, spawnCli } from '../support/cli.ts';
import { must } from '../support/command.ts';
import { type Home, useHome } from '../support/home.ts';
import { loopsOver } from '../support/loop.ts';
import type { Netns } from '../support/netns.ts';

export interface ResourceStatus {
  readonly status: string;
  readonly notes: readonly { readonly level: string; readonly text: string; readonly mend?: string }[];
}

export interface Status {
  readonly overall: string;
  readonly invalid: string | null;
  readonly monitor: { readonly state: string; readonly interrupted: { readonly verb: string; readonly rid: string } | null };
  readonly resources: Readonly<Record<string, ResourceStatus>>;
}

export interface Service {
  home(): Home;
  /** Writes its file; HOME stands for the folder of the home. */
  write(text: string, name?: string): string;
  /** `svcmgr -s svc1 …` */
  cli(argv: readonly string[], options?: CliOptions): Promise<CliResult>;
  spawn(argv: readonly string[], options?: CliOptions): CliProcess;
  /** Fails with the words of the command line unless it exits with this status; returns what it said on stderr. */
  must(exit: number, argv: readonly string[], options?: CliOptions): Promise<string>;
  status(options?: CliOptions): Promise<Status>;
  /** Statuses by rid. */
  states(options?: CliOptions): Promise<Readonly<Record<string, string>>>;
  /** A path below the home. */
  file(...parts: string[]): string;
  /** An executable shell script below the home; returns its path. */
  script(name: string, text: string): string;
}

/** Inside `describe`: a fresh home and service for each test. `netns` is entered by every call. */
export function useService(netns?: () => Netns): Service {
  const home = useHome();
  const optionsOf = (options: CliOptions = {}): CliOptions => ({
    home: home(),
    ...(netns === undefined ? {} : { netns: netns() }),
    ...options,
  });
  const cli: Service['cli'] = (argv, options) => runCli(['-s', 'svc1', ...argv], optionsOf(options));
  const status: Service['status'] = async (options) => {
    const { code, stdout, stderr } = await cli(['print', 'status', '--format', 'json'], options);
    if (code !== 0) throw new Error(`print status ended with ${code}: ${stderr}`);
    return JSON.parse(stdout) as Status;
  };
  const file = (...parts: string[]) => path.join(home().folder, ...parts);
  return {
    home,
    write: (text, name = 'svc1') => home().service(name, text.replaceAll('HOME', home().folder)),
    cli,
    spawn: (argv, options) => spawnCli(['-s', 'svc1', ...argv], optionsOf(options)),
    must: async (exit, argv, options) => {
      const { code, signal, stdout, stderr } = await cli(argv, options);
      if (code !== exit) throw new Error(`svcmgr ${argv.join(' ')} ended with ${code ?? signal}, wanted ${exit}:\n${stdout}${stderr}`);
      return stderr;
    },
    status,
    states: async (options) => Object.fromEntries(Object.entries((await status(options)).resources).map(([rid, one]) => [rid, one.status])),
    file,
    script: (name, text) => {
      const script = home().path('bin', name);
      writeFileSync(script, `#!/bin/sh\n${text}\n`);
      chmodSync(script, 0o755);
      return script;
    },
  };
}

/** An ext4 image below the home of the service. */
export function makeExt4(service: Service, name = 'image', megabytes = 8): string {
  const image = service.file(name);
  must('truncate', '-s', `${megabytes}m`, image);
  must('mkfs.ext4', '-q', '-F', image);
  return image;
}

/** The section of a loop device and an ext4 filesystem on it. */
export const loopAndExt4 = `[vg#1]
type = loop
file = HOME/image
[fs#1]
type = ext4
dev = HOME/image
mnt = HOME/data
`;

/** Mount points below the home, oldest first, relative to it. */
export function mountsIn(service: Service): readonly string[] {
  const prefix = `${service.home().folder}/`;
  const points = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  return points.filter((point) => point.startsWith(prefix)).map((point) => point.slice(prefix.length));
}

export function isAttached(service: Service, name = 'image'): boolean {
  return loopsOver(service.file(name)).length > 0;
}

/** Does it run? One that has ended and that nobody has asked about yet does not. */
export function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Mounts a tmpfs of this size below the home, to fill it up; the home removes it. */
export function smallDisk(service: Service, size: string, ...parts: string[]): string {
  const folder = service.file(...parts);
  mkdirSync(folder, { recursive: true });
  must('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder);
  return folder;
}

/** Every file below a folder with its size and time, and every folder. */
export function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => {
      const { size, mtimeMs, mode } = statSync(path.join(folder, name));
      return `${name} ${mode.toString(8)} ${size} ${mtimeMs}`;
    })
    .sort();
}
