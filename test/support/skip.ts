/** How a suite that cannot run here says why; test/support/reporter.mjs lists the reasons at the end of the run. */
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** The reporter finds the reason under this symbol on a suite or a test. */
const reasonKey = Symbol.for('svcmgr.skipReason');

function record(holder: object | undefined, reason: string): void {
  if (holder) Object.assign(holder, { [reasonKey]: reason });
}

/** Skips what is left of the suite from inside `before(function () { … })`, or one test from inside `it`; pass `this`. */
export function skipSuite(context: Mocha.Context, reason: string): never {
  const runnable = context.runnable();
  const inHook = 'type' in runnable && runnable.type === 'hook';
  record(inHook ? runnable.parent : runnable, reason);
  return context.skip();
}

/** `describe`, or when `reason` is given a skipped suite that shows it; the body is then not run at all. */
export function describeUnless(reason: string | undefined, title: string, body: (this: Mocha.Suite) => void): void {
  if (reason === undefined) {
    describe(title, body);
    return;
  }
  const suite = describe.skip(title, () => {
    it('could not run here');
  });
  record(suite ?? undefined, reason);
}

/** The path of a program on PATH (and the sbin folders), or undefined. */
export function findTool(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'];
  return folders.map((folder) => path.join(folder, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface Needs {
  /** The test mounts, makes loop devices or namespaces. */
  readonly root?: boolean;
  readonly tools?: readonly string[];
  /** Devices or files that must exist: /dev/loop-control. */
  readonly files?: readonly string[];
}

/** Why a suite with these needs cannot run here, in one line; undefined when it can. */
export function missing(needs: Needs): string | undefined {
  const reasons: string[] = [];
  if (needs.root && process.getuid?.() !== 0) reasons.push('needs root');
  for (const tool of needs.tools ?? []) if (!findTool(tool)) reasons.push(`needs ${tool}, not installed (test/setup installs it as root)`);
  for (const file of needs.files ?? []) if (!isReadable(file)) reasons.push(`needs ${file}`);
  return reasons.length > 0 ? reasons.join('; ') : undefined;
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
