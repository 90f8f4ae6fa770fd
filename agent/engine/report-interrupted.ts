/** What a daemon says when it begins: actions that were cut, by its own death or that of another agent. It completes none by itself. */
import { asSvcError } from '../errors.ts';
import { interruptedActions } from './recover.ts';
import type { Residence } from './resident.ts';

export async function reportInterrupted(residence: Residence): Promise<void> {
  const world = residence.world();
  for (const { name } of residence.all()) {
    const say = (level: 'warn' | 'error', text: string): void => world.sink({ at: world.now(), level, text, service: name });
    try {
      for (const { verb, at, sid } of await interruptedActions(world, name)) {
        const text = `${verb} of ${new Date(at).toISOString()} was interrupted: svcmgr -s ${name} resume completes it`;
        say('warn', text);
        residence.tell({ kind: 'action', service: name, rid: null, text, facts: { verb, sid, interrupted: true } });
      }
    } catch (error) {
      say('error', `whether an action was interrupted is not known: ${asSvcError(error).message}`);
    }
  }
}
