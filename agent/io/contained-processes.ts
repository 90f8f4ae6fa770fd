/** Processes of a scope inside a container: their cgroup is the container's, so they are told by the marker they inherited. */
import { readlinkSync } from 'node:fs';
import { listPids, type ProcessInfo, readMarker, readProcess } from './process.ts';
import { killRounds, scopeEnv, scopeMarker, type Scopes, type ScopeSignal, sendSignal } from './scope.ts';

/** Living processes of the scope in the pid namespace of `init`, the container's first process as this node numbers it; by pid. */
export function containedProcesses(scopes: Scopes, name: string, init: number): readonly ProcessInfo[] {
  const namespace = pidNamespaceOf(init);
  if (namespace === undefined) return [];
  const wanted = scopeEnv(scopes, name)[scopeMarker];
  const members = listPids().filter((pid) => pidNamespaceOf(pid) === namespace && readMarker(pid, scopeMarker) === wanted);
  return members.sort((a, b) => a - b).flatMap((pid) => readProcess(pid) ?? []);
}

/** Sends a signal to each; returns how many got it. KILL also reaches those that fork meanwhile. */
export function signalContained(scopes: Scopes, name: string, init: number, signal: ScopeSignal): number {
  const members = () => containedProcesses(scopes, name, init);
  const sent = members().filter((member) => sendSignal(member, signal)).length;
  if (signal === 'KILL') killRounds(members);
  return sent;
}

/** `pid:[4026532190]`; undefined when the process is gone or not ours to look at. */
function pidNamespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}
