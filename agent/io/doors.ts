/** The doors of one agent home in one record: what agent/driver/context.ts hands to drivers. */
import type { Space } from '../driver/contract.ts';
import { containedProcesses, signalContained } from './contained-processes.ts';
import { childEnv, findProgram } from './environment.ts';
import { type Argv, type ExecOptions, type ExecResult, run } from './exec.ts';
import { type FileStat, listFolder, readText, resolvePath, spaceAt, statFile, writeAtomic } from './files.ts';
import { type LaunchOptions, launch } from './launch.ts';
import type { ProcessInfo } from './process.ts';
import {
  type MarkedProcesses,
  markedProcesses,
  type Scopes,
  type ScopeSignal,
  removeScope,
  scopeEnv,
  scopeProcesses,
  signalScope,
} from './scope.ts';

export interface LocalDoors {
  run(argv: Argv, options: ExecOptions): Promise<ExecResult>;
  launch(argv: Argv, options: Omit<LaunchOptions, 'scopes'>): Promise<ProcessInfo>;
  readText(path: string): Promise<string | undefined>;
  statFile(path: string): Promise<FileStat | undefined>;
  listFolder(path: string): Promise<readonly string[]>;
  space(path: string): Promise<Space>;
  resolvePath(path: string): Promise<string | undefined>;
  writeAtomic(path: string, text: string, mode?: number): Promise<void>;
  /** Is a program of this name on the PATH that children get? */
  hasTool(name: string): Promise<boolean>;
  /** `within`: pid of the first process of a container; only what runs in there. */
  scopeProcesses(scope: string, within?: number, marked?: MarkedProcesses): Promise<readonly ProcessInfo[]>;
  /** The marks of all processes of this node, for many scopes at once. */
  markedProcesses(): Promise<MarkedProcesses>;
  signalScope(scope: string, name: ScopeSignal, within?: number): Promise<number>;
  /** The variables that mark the processes of a scope. */
  scopeMark(scope: string): Promise<Readonly<Record<string, string>>>;
  /** Removes the scope's folder when nothing is in it any more. */
  removeScope(scope: string): Promise<boolean>;
}

/** Binds the doors to the scopes of this home. */
export function createDoors(scopes: Scopes): LocalDoors {
  return {
    run: (argv, options) => run(argv, { ...options, scopes }),
    launch: (argv, options) => launch(argv, { ...options, scopes }),
    readText: (path) => readText(path),
    statFile,
    listFolder,
    space: spaceAt,
    resolvePath,
    writeAtomic,
    hasTool: async (name) => findProgram(name, childEnv()['PATH'] ?? '') !== undefined,
    scopeProcesses: async (scope, within, marked) =>
      within === undefined ? scopeProcesses(scopes, scope, marked) : containedProcesses(scopes, scope, within),
    markedProcesses,
    signalScope: async (scope, name, within) =>
      within === undefined ? signalScope(scopes, scope, name) : signalContained(scopes, scope, within, name),
    scopeMark: async (scope) => scopeEnv(scopes, scope),
    removeScope: async (scope) => removeScope(scopes, scope),
  };
}
