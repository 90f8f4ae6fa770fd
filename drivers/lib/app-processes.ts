/** The processes of an application: waiting for their end, ending them, and programs on a filesystem that is not mounted. */
import type { Act, Observe, ProcessInfo, Reader } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { mountsOn, readMounts, tidyPath } from './mountinfo.ts';
import { codeOf } from './error-code.ts';

const killTimeoutMs = 10_000;
const intervalMs = 100;

/** True when no process is left; false when the time is over. A dry-run takes it for granted. */
export async function waitUntilGone<T extends Keywords>(at: Act<T>, timeoutMs: number): Promise<boolean> {
  const probe = async (): Promise<true | undefined> => ((await at.local.processes()).length === 0 ? true : undefined);
  try {
    return await at.poll(probe, { timeoutMs, intervalMs, what: 'the processes to end', assume: true });
  } catch (error) {
    if (codeOf(error) === 'TIMEOUT') return false;
    throw error;
  }
}

/** TERM, a wait, KILL, a wait. COMMAND when processes survive even that. */
export async function endProcesses<T extends Keywords>(at: Act<T>, termTimeoutMs: number): Promise<void> {
  if ((await at.local.signal('TERM')) === 0 || (await waitUntilGone(at, termTimeoutMs))) return;
  at.log.warn(`still running ${termTimeoutMs / 1000} s after TERM: ${describeProcesses(await at.local.processes())}`);
  await at.local.signal('KILL');
  if (await waitUntilGone(at, killTimeoutMs)) return;
  const left = await at.local.processes();
  throw new SvcError('COMMAND', `processes survive KILL: ${describeProcesses(left)}`, {
    hint: 'they wait for the kernel, most often for a disk or a network filesystem',
    facts: { pids: left.map((process) => process.pid) },
  });
}

/** Names only: arguments may hold a secret. */
export function describeProcesses(processes: readonly ProcessInfo[]): string {
  const shown = processes.slice(0, 5).map(({ pid, command }) => `${pid} ${command.split(/\s/, 1)[0] ?? ''}`);
  return `${shown.join(', ')}${processes.length > 5 ? ` and ${processes.length - 5} more` : ''}`;
}

export function isSameProcess(process: ProcessInfo, known: { readonly pid: number; readonly startTicks: number }): boolean {
  return process.pid === known.pid && process.startTicks === known.startTicks;
}

/** The resource whose filesystem must be mounted before this program exists; undefined when the program is there. */
export async function hiddenBy<T extends Keywords>(at: Observe<T>, program: string): Promise<string | undefined> {
  if (!program.startsWith('/') || (await isThere(at.local, program))) return undefined;
  const mounts = await readMounts(at.local);
  const holders = at.resources.filter((view) => typeof view.config['mnt'] === 'string' && isBelow(program, view.config['mnt']));
  const absent = holders.filter((view) => mountsOn(mounts, tidyPath(String(view.config['mnt']))).length === 0);
  return absent[0]?.rid;
}

async function isThere(reader: Reader, path: string): Promise<boolean> {
  return (await reader.stat(path)) !== undefined;
}

function isBelow(path: string, folder: unknown): boolean {
  return typeof folder === 'string' && tidyPath(path).startsWith(`${tidyPath(folder)}/`);
}
