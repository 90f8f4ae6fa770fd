/**
 * An ssh server of a test: Debian's sshd with its own port or network namespace, host keys, authorized keys and log, all in one folder.
 * Needs root: it logs in as root. SetEnv SHLVL=1 keeps bash from reading ~/.bashrc for every command (60 ms with pyenv in it).
 */
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { must } from './command.ts';
import type { Netns } from './netns.ts';
import { findTool, type Needs } from './skip.ts';

export type KeyType = 'ed25519' | 'ecdsa' | 'rsa';

export const sshdNeeds = { root: true, tools: ['sshd', 'ssh-keygen'] } as const satisfies Needs;

export interface SshdOptions {
  /** Where its files are; a folder of this run, so that what is left of it is found. */
  readonly folder: string;
  /** Default 127.0.0.1. */
  readonly address?: string;
  /** Default: a free one. */
  readonly port?: number;
  readonly netns?: Netns;
  /** Types of its host keys; default ed25519. */
  readonly hostKeys?: readonly KeyType[];
  /** Lines of sshd_config that win over the usual ones. */
  readonly settings?: readonly string[];
}

export interface Sshd {
  readonly address: string;
  readonly port: number;
  readonly logFile: string;
  /** Path of its private host key of a type; `.pub` beside it. */
  hostKey(type: KeyType): string;
  /** `TYPE BASE64` of its public host key, to go behind a host in known_hosts. */
  publicHostKey(type: KeyType): string;
  /** Lets the owner of a public key file log in. */
  authorize(publicKeyFile: string): void;
  /** Pids of the server and of its sessions now, the server first. */
  pids(): readonly number[];
  /** SIGKILL to the sessions alone: every connection ends, the server lives. */
  killSessions(): void;
  /** SIGKILL to the server and its sessions. */
  stop(): void;
  /** After a stop: again on the same port. */
  start(): Promise<void>;
}

export async function startSshd(options: SshdOptions): Promise<Sshd> {
  const { folder, address = '127.0.0.1', hostKeys = ['ed25519'] } = options;
  mkdirSync(folder, { recursive: true });
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 }); // its package leaves that to the system's start
  const port = options.port ?? (await freePort());
  const place = (name: string) => path.join(folder, name);
  const hostKey = (type: KeyType) => place(`host_${type}`);
  for (const type of hostKeys) makeKey(hostKey(type), type);
  writeFileSync(place('authorized_keys'), '', { mode: 0o600 });
  writeFileSync(place('sshd_config'), configText(options, address, port));
  const server = { pid: 0 };
  const pids = () => (server.pid === 0 ? [] : [server.pid, ...sessionsOf(server.pid)]);
  const sshd: Sshd = {
    address,
    port,
    logFile: place('sshd.log'),
    hostKey,
    publicHostKey: (type) =>
      readFileSync(`${hostKey(type)}.pub`, 'utf8')
        .split(' ')
        .slice(0, 2)
        .join(' ')
        .trim(),
    authorize: (publicKeyFile) => appendFileSync(place('authorized_keys'), readFileSync(publicKeyFile)),
    pids,
    killSessions: () => kill(pids().slice(1)),
    stop: () => {
      kill(pids());
      server.pid = 0;
    },
    start: async () => {
      server.pid = await spawnServer(options.netns, folder);
    },
  };
  await sshd.start();
  return sshd;
}

/** Makes a private key without passphrase and its `.pub`. */
export function makeKey(file: string, type: KeyType | 'dsa', passphrase = ''): string {
  const bits = type === 'rsa' ? ['-b', '2048'] : [];
  must('ssh-keygen', '-q', '-t', type, ...bits, '-N', passphrase, '-C', 'svcmgr test', '-f', file);
  return file;
}

function configText({ folder, hostKeys = ['ed25519'], settings = [] }: SshdOptions, address: string, port: number): string {
  const programs = [path.dirname(process.execPath), '/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  return [
    ...settings,
    `ListenAddress ${address}`,
    `Port ${port}`,
    ...hostKeys.map((type) => `HostKey ${path.join(folder, `host_${type}`)}`),
    `AuthorizedKeysFile ${path.join(folder, 'authorized_keys')}`,
    'PidFile none',
    'StrictModes no', // the folder lies in /tmp, which everybody may write
    'UsePAM no',
    'UseDNS no',
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PrintMotd no',
    'PrintLastLog no',
    'MaxStartups 100',
    // A cut cable ends what runs over it after some seconds.
    'ClientAliveInterval 1',
    'ClientAliveCountMax 2',
    'LogLevel VERBOSE',
    `SetEnv SHLVL=1 SVCMGR_TEST_HOME=${folder} PATH=${programs.join(':')}`,
    '',
  ].join('\n');
}

/** Resolves to its pid when it listens. */
async function spawnServer(netns: Netns | undefined, folder: string): Promise<number> {
  const program = findTool('sshd') ?? 'sshd';
  const logFile = path.join(folder, 'sshd.log');
  writeFileSync(logFile, '');
  const [first = program, ...rest] = [...(netns?.enter ?? []), program, '-D', '-f', path.join(folder, 'sshd_config'), '-E', logFile];
  const child = spawn(first, rest, { stdio: 'ignore', detached: true, env: { PATH: process.env['PATH'], SVCMGR_TEST_HOME: folder } });
  child.unref();
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  for (let waitedMs = 0; waitedMs < 10_000 && !ended; waitedMs += 10) {
    if (child.pid !== undefined && /Server listening on/.test(readFileSync(logFile, 'utf8'))) return child.pid;
    await delay(10);
  }
  throw new Error(`sshd did not start: ${readFileSync(logFile, 'utf8')}`);
}

/** Processes named sshd below the server: one or two for each connection. */
function sessionsOf(server: number): readonly number[] {
  const rows = must('ps', '-e', '-o', 'pid=,ppid=,comm=')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .map(([pid, parent, name]) => ({ pid: Number(pid), parent: Number(parent), name }));
  const below = (pid: number): readonly number[] =>
    rows.filter((row) => row.parent === pid && row.name === 'sshd').flatMap((row) => [row.pid, ...below(row.pid)]);
  return below(server);
}

function kill(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
}

/** A port of loopback that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
}
