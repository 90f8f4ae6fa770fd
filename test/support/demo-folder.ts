/** Where a demo works: one folder with a fixed name, so that a demo finds what a killed one left. */
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findLeftovers, isAlive, removeFolder, removeLeftovers } from './leftovers.ts';
import { namePrefix } from './names.ts';

export interface DemoPlace {
  readonly folder: string;
  /** A documentation address (RFC 5737), put on the loopback interface: it reaches nobody. */
  readonly address: string;
  readonly port: number;
}

/** The place of the demo, or of another one for tests; each user has one of their own. */
export function demoFolder(name = process.getuid?.() === 0 ? 'svcmgr-demo' : `svcmgr-demo-${process.getuid?.()}`): DemoPlace {
  const sum = [...name].reduce((total, character) => (total * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003, 7);
  return { folder: path.join(tmpdir(), name), address: `192.0.2.${1 + (sum % 254)}`, port: 20_000 + (sum % 10_000) };
}

/** Makes the folder ours, after removing what a demo left there that is no more. False, and said, when that cannot be. */
export function claimFolder(place: DemoPlace, say: (text: string) => void): boolean {
  const { folder } = place;
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found !== undefined) {
    if (!found.isDirectory() || found.uid !== process.getuid?.()) {
      say(`${folder} is not a folder of yours: remove it first`);
      return false;
    }
    const owner = read(ownerFile(folder));
    if (owner !== '' && owner === identityOf(Number(owner.split(' ')[0]))) {
      say(`A demo is running already: pid ${owner.split(' ')[0]}`);
      return false;
    }
    say('A former demo was cut; removing what it left.');
    const left = releaseFolder(place);
    if (left.length > 0) {
      say(`This would not go: ${left.join(', ')}`);
      return false;
    }
  }
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(ownerFile(folder), identityOf(process.pid));
  mkdirSync(path.join(folder, 'services.d'));
  return true;
}

/** Removes everything: processes, containers, mounts, loop devices, namespaces, folders, the address. Returns what would not go. */
export function releaseFolder({ folder, address }: DemoPlace): readonly string[] {
  const owner = Number(read(ownerFile(folder)).split(' ')[0]);
  // The nodes of the second part: their names carry the pid of the demo. Another process that has the pid by now keeps its own.
  const isOwned = (pid: number) => pid === owner && (pid === process.pid || !isAlive(pid));
  const left = [...removeLeftovers(findLeftovers(isOwned)), ...removeFolder(folder, false)].map(({ kind, name }) => `${kind} ${name}`);
  for (const log of containerLogs(owner)) rmSync(log);
  return hasAddress(address) && !removeAddress(address) ? [...left, `address ${address} on lo`] : left;
}

/** What lxc-start and lxc-stop wrote about the containers of a demo (drivers/lib/lxc.ts). */
export function containerLogs(pid: number): readonly string[] {
  const logs = '/var/tmp';
  const head = `svc_${namePrefix(pid)}`;
  return readdirSync(logs).flatMap((name) => (name.startsWith(head) ? [path.join(logs, name)] : []));
}

function hasAddress(address: string): boolean {
  try {
    return execFileSync('ip', ['-o', 'address', 'show', 'dev', 'lo', 'to', `${address}/32`], { encoding: 'utf8' }).trim() !== '';
  } catch {
    return false; // without the tool the demo has put none there
  }
}

function removeAddress(address: string): boolean {
  try {
    execFileSync('ip', ['address', 'del', `${address}/32`, 'dev', 'lo'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function ownerFile(folder: string): string {
  return path.join(folder, 'demo.pid');
}

/** Pid and start time: a number alone may belong to another process by now. Empty when there is none. */
function identityOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  const startTicks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return startTicks === undefined ? '' : `${pid} ${startTicks}`;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
