/** Why the last copy of a relocation would be refused, asked while the service is still up where it would be sent from. */
import { createObserve } from '../driver/context.ts';
import type { Blocker } from '../driver/contract.ts';
import { isSameNode } from '../config/scope.ts';
import { asSvcError } from '../errors.ts';
import type { SyncFacts } from '../state/readiness.ts';
import { resourceOf } from './action-state.ts';
import { withDeadline } from './deadline.ts';
import type { Asker } from './peer-questions.ts';
import { contextInput } from './run.ts';
import { pauseBlockers } from './sync-pause.ts';

/** Counting what would be deleted reads the whole tree: a big one is only warned of. */
const lookLimitMs = 20_000;

interface Found {
  readonly syncs: readonly SyncFacts[];
  readonly warnings: readonly string[];
}

/** Asks the driver of each sync about each of its targets; one that cannot be asked is in the way of a copy, too. */
export async function withObstacles(asker: Asker, syncs: readonly SyncFacts[]): Promise<Found> {
  const warnings: string[] = [];
  const asked = await Promise.all(
    syncs.map(async (sync): Promise<SyncFacts> => {
      const others = sync.targets.filter((node) => !isSameNode(node, asker.run.instance.node));
      const entries = await Promise.all(others.map(async (node) => [node, await ask(asker, sync.rid, node, warnings)] as const));
      return { ...sync, obstacles: Object.fromEntries(entries.filter(([, blockers]) => blockers.length > 0)) };
    }),
  );
  return { syncs: asked, warnings };
}

async function ask({ run, signal }: Asker, rid: string, node: string, warnings: string[]): Promise<readonly Blocker[]> {
  const resource = resourceOf(run, rid);
  const paused = await pauseBlockers(run, rid);
  const blockersTo = resource.driver.blockersTo;
  if (blockersTo === undefined || paused.length > 0) return paused;
  try {
    return await withDeadline(signal, lookLimitMs, `${rid} to ${node}`, (inner) =>
      blockersTo(createObserve(contextInput(run, resource, inner)), node),
    );
  } catch (thrown) {
    const error = asSvcError(thrown);
    if (signal.aborted || error.code === 'BUG') throw error;
    if (error.code === 'TIMEOUT') warnings.push(`whether ${rid} could be copied to ${node} is not known: ${error.message}`);
    else
      return [{ text: `it could not be copied to ${node}: ${error.message}`, ...(error.hint === undefined ? {} : { mend: error.hint }) }];
    return [];
  }
}
