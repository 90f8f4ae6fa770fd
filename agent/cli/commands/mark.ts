/** freeze and thaw: whether anything automatic may touch a service. */
import { isFrozen, setFrozen } from '../../engine/kept-state.ts';
import { noteInJournal } from '../../engine/journal-notes.ts';
import { describeWho } from '../../io/identity.ts';
import { type App, optionOf } from '../app.ts';
import { forEachService } from '../each.ts';
import { selectedServices } from '../selected.ts';

export async function markCommand(app: App): Promise<number> {
  const freeze = app.call.verb.name === 'freeze';
  const reason = optionOf(app, 'reason');
  return forEachService(app, await selectedServices(app), async (service) => {
    const changed = (await isFrozen(app.world, service)) !== freeze;
    if (changed) {
      noteInJournal(app.world, service, freeze ? 'frozen' : 'thawed', reason);
      await setFrozen(app.world, service, freeze, `${describeWho(app.world.who)}${reason === undefined ? '' : `: ${reason}`}`);
    }
    const text = freeze ? (changed ? 'frozen' : 'already frozen') : changed ? 'thawed' : 'not frozen';
    return { text, data: { frozen: freeze, changed } };
  });
}
