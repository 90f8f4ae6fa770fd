/** Doors of looks in the daemon's rounds: what each of a thousand resources would read of the whole node is read once. */
import type { Doors } from '../driver/doors.ts';
import type { Standing } from './run.ts';
import type { World } from './world.ts';

/** Grows with the node; a filesystem looks into it two or three times. */
const mountsFile = '/proc/self/mountinfo';
/** What a look may be told that was true before it began, ms. */
const oldestMs = 1000;

/** Only for looks: an action must see what the command before it has done. */
export function roundDoors(world: World, standing: Standing | undefined): Doors {
  const { doors } = world;
  if (standing === undefined) return doors;
  return {
    ...doors,
    readText: (path) => {
      if (path !== mountsFile) return doors.readText(path);
      const now = Math.floor(performance.now() / oldestMs);
      return standing.roundShared().once(`mounts ${now}`, () => doors.readText(path));
    },
  };
}
