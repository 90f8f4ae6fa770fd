/** What an action does about a predecessor that was cut: no second command beside a living one, and what it had begun is known. */
import { asSvcError, SvcError } from '../errors.ts';
import { findOrphans, type JournaledCommand, waitForOrphans } from '../io/orphan.ts';
import { interrupted, type OpenAction } from '../journal/actions.ts';
import { readRecords } from '../journal/read.ts';
import type { JournalRecord } from '../journal/record.ts';
import { fallbackJournal, openRecordsOf } from './open-records.ts';
import type { Run } from './run.ts';
import type { World } from './world.ts';

/** Every record of a service, in the order written. */
export async function recordsOf(world: World, service: string): Promise<readonly JournalRecord[]> {
  const records: JournalRecord[] = [];
  for await (const record of readRecords({ folder: world.paths.journal, fallbackFolder: fallbackJournal(world), service }))
    records.push(record);
  return records;
}

/** Actions on this service that were cut and neither completed nor cleared, oldest first. */
export async function interruptedActions(world: World, service: string): Promise<readonly OpenAction[]> {
  return interrupted(await openRecordsOf(world, service));
}

/** @throws SvcError REFUSED: what a newer agent has left half done, and what of it still runs, only that one can tell */
export function mustBeOurs(service: string, cut: readonly OpenAction[]): void {
  const other = cut.find(({ newer }) => newer);
  if (other === undefined) return;
  throw new SvcError('REFUSED', `${other.verb} of ${new Date(other.at).toISOString()} was interrupted under a newer svcmgr`, {
    hint: `complete it with that version, or look at it and accept how things are: svcmgr -s ${service} clear`,
  });
}

/** Whether a command of a cut action is still at work: then nothing seen now is final. */
export function hasSurvivors(cut: readonly OpenAction[]): boolean {
  return cut.flatMap(commandsOf).some(({ command }) => findOrphans(command).length > 0);
}

function commandsOf(cut: OpenAction): readonly { readonly rid: string; readonly argv: string; readonly command: JournaledCommand }[] {
  return cut.openCommands.flatMap(({ rid, argv, pid, startTicks, boot, marker, leaves, launch }) => {
    // An effect that was no process has left none.
    if (pid === undefined || startTicks === undefined || boot === undefined || marker === undefined) return [];
    return [{ rid, argv, command: { pid, startTicks, boot, marker, leaves: leaves ?? false, launch: launch ?? false } }];
  });
}

/**
 * Waits until no command of a cut predecessor lives any more.
 * @throws SvcError BUSY when one still lives after `waitMs`: never a second one beside it
 */
export async function awaitSurvivors(run: Run, cut: readonly OpenAction[], waitMs: number, signal: AbortSignal): Promise<void> {
  for (const { rid, argv, command } of cut.flatMap(commandsOf)) {
    const pids = findOrphans(command).map((process) => process.pid);
    if (pids.length === 0) continue;
    const text = `a command of an interrupted action still runs (pid ${pids.join(' ')}): ${argv}`;
    run.log(rid).warn(`${text}; waiting for it`);
    await waitForOrphans(command, { timeoutMs: waitMs, signal }).catch((thrown: unknown) => {
      const error = asSvcError(thrown);
      if (error.code !== 'TIMEOUT') throw error;
      throw new SvcError('BUSY', text, {
        hint: 'wait for it, or look at it and end it yourself; nothing was started beside it',
        facts: { pids, command: argv },
        cause: error,
      });
    });
  }
}
