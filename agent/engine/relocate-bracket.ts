/** What stands around a relocation: a lock of its own (each step takes that of the service), its entry in the journal. */
import { join } from 'node:path';
import { asSvcError, type SvcError } from '../errors.ts';
import { describeWho } from '../io/identity.ts';
import { acquireLock, type Lock } from '../io/lock.ts';
import { currentProcess } from '../io/process.ts';
import type { OpenAction } from '../journal/actions.ts';
import { type Journal, openJournal } from '../journal/journal.ts';
import { interruptedActions, mustBeOurs } from './recover.ts';
import type { Run } from './run.ts';

export type RelocateVerb = 'switch' | 'giveback';

/** What was asked; plain data, journaled with the target that was found, so that `resume` goes to the same place. */
export interface RelocateRequest {
  readonly verb: RelocateVerb;
  readonly to?: string;
  /** Where it was when the relocation began: journaled, never asked for. */
  readonly from?: string;
  readonly allow: readonly string[];
  readonly dryRun: boolean;
  readonly waitMs?: number;
  readonly reason?: string;
}

const relocateVerbs: readonly string[] = ['switch', 'giveback'] satisfies readonly RelocateVerb[];

export function isRelocation(verb: string): verb is RelocateVerb {
  return relocateVerbs.includes(verb);
}

export interface OpenedRelocation {
  /** Undefined in a dry-run, and until it has begun. */
  readonly lock: Lock | undefined;
  /** Relocations that were cut; one that succeeds answers for them. */
  readonly cut: readonly OpenAction[];
}

/** Beside the locks of services, where no service can be named like it. */
export function relocateLockFile(runFolder: string, service: string): string {
  return join(runFolder, 'locks', 'relocate', `${service}.lock`);
}

/** @throws SvcError BUSY while another relocation of the service runs on this node */
export async function openRelocation(run: Run, request: RelocateRequest, sid: string, signal: AbortSignal): Promise<OpenedRelocation> {
  const { world, instance } = run;
  const owner = {
    ...currentProcess(),
    who: describeWho(world.who),
    action: request.verb,
    service: instance.name,
    sid,
    since: world.now().toISOString(),
  };
  const waitMs = request.waitMs ?? instance.definition.settings.lock_timeout;
  const onWait = (): void => run.log().info('waiting for another relocation of this service');
  const file = relocateLockFile(world.paths.run, instance.name);
  const lock = request.dryRun ? undefined : await acquireLock(file, owner, { waitMs, signal, onWait });
  try {
    const all = await interruptedActions(world, instance.name);
    mustBeOurs(instance.name, all);
    return { lock, cut: all.filter(({ verb }) => isRelocation(verb)) };
  } catch (error) {
    lock?.release();
    throw error;
  }
}

/** Durable before the first step. */
export function beginRelocation({ world, instance }: Run, request: RelocateRequest, sid: string): Journal {
  const journal = openJournal({ folder: world.paths.journal, service: instance.name });
  try {
    journal.append({
      kind: 'begin',
      sid,
      service: instance.name,
      verb: request.verb,
      options: { ...request },
      node: instance.node,
      who: world.who,
      ...currentProcess(),
      ...(request.reason === undefined ? {} : { reason: request.reason }),
    });
    return journal;
  } catch (error) {
    journal.close();
    throw error;
  }
}

/** Never throws: how it ended must reach the caller. Without an end it counts as interrupted, which is the safe way to be wrong. */
export function endRelocation(
  run: Run,
  journal: Journal,
  sid: string,
  outcome: { readonly error: SvcError | undefined; readonly cut: readonly OpenAction[]; readonly durationMs: number },
): void {
  const { error, cut, durationMs } = outcome;
  try {
    if (error === undefined) for (const old of cut) journal.append({ kind: 'clear', sid: old.sid, by: sid });
    journal.append({
      kind: 'end',
      sid,
      result: error === undefined ? 'ok' : error.code === 'CANCELLED' ? 'aborted' : 'failed',
      ...(error === undefined ? {} : { code: error.code, message: error.message }),
      durationMs,
    });
  } catch (thrown) {
    run.log().error(`the end of this relocation is not journaled: ${asSvcError(thrown).message}`);
  } finally {
    journal.close();
  }
}
