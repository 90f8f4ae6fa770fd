/** freeze and thaw: whether anything automatic may touch a service. */
import { isFrozen, setFrozen } from '../../engine/kept-state.ts';
import { noteInJournal } from '../../engine/journal-notes.ts';
import { describeWho } from '../../io/identity.ts';
import { type App, valueOf } from '../app.ts';
import { selectedServices } from '../selected.ts';

export async function markCommand(app: App): Promise<number> {
  const freeze = app.call.verb.name === 'freeze';
  const reason = valueOf(app, 'reason');
  for (const service of await selectedServices(app)) {
    if ((await isFrozen(app.world, service)) === freeze) {
      app.out(`${service}: ${freeze ? 'already frozen' : 'not frozen'}\n`);
      continue;
    }
    await setFrozen(app.world, service, freeze, `${describeWho(app.world.who)}${reason === undefined ? '' : `: ${reason}`}`);
    noteInJournal(app.world, service, freeze ? 'frozen' : 'thawed', reason);
    app.out(`${service}: ${freeze ? 'frozen' : 'thawed'}\n`);
  }
  return 0;
}
