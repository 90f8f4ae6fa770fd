/** What the daemon does by itself, and what every action that runs in it leaves in its memory. */
import { SvcError } from '../errors.ts';
import type { ActionRequest } from './action-state.ts';
import { type ActionResult, runAction } from './action.ts';
import type { Core } from './residence-core.ts';
import type { AutomaticRequest } from './resident.ts';
import { createShared } from './run.ts';
import type { ActionListener, World } from './world.ts';

/** As a bare command line has it, but that it does not wait for another action: what is automatic tries again. */
const plainRequest: Omit<ActionRequest, 'verb'> = { allow: [], force: false, dryRun: false, rollback: true, waitMs: 0 };

export function actByItself(
  core: Core,
  onAction: ActionListener,
  service: string,
  asked: AutomaticRequest,
  reason: string,
): Promise<ActionResult> {
  const { signal } = core.stopping;
  const request: ActionRequest = { ...plainRequest, ...asked, reason };
  const world: World = { ...core.world, who: { user: 'svcmgrd' }, onAction };
  const done = core.closing
    ? Promise.reject(new SvcError('CANCELLED', 'the daemon is being stopped'))
    : core.courtesy.during(() => runAction(world, service, request, signal));
  core.working.add(done);
  const forget = (): void => void core.working.delete(done);
  done.then(forget, forget);
  return done;
}

export function listenerOf(core: Core): ActionListener {
  return {
    begun: (service, verb) => {
      core.watches.get(service)?.setAction({ verb, sinceMs: core.world.now().getTime() });
      core.events.tell({ kind: 'action', service, rid: null, text: `${verb} began`, facts: { verb } });
    },
    ended: (service, status) => {
      // What tools said before is history.
      core.shared = createShared();
      const watch = core.watches.get(service);
      watch?.setAction(undefined);
      watch?.acted(status);
      if (status === undefined) void watch?.look().catch(() => undefined);
      core.events.tell({ kind: 'action', service, rid: null, text: 'an action ended', facts: { overall: status?.overall ?? null } });
    },
  };
}
