/**
 * The minute beat of the schedules. The only importer of node-cron, which gives the beat and nothing else: what is due is for our own
 * language to say.
 */
import { schedule, type ScheduledTask, setLogger } from 'node-cron';

export interface Beat {
  stop(): void;
}

export interface BeatOptions {
  /** Something went wrong with a beat; it comes again. */
  readonly onTrouble: (text: string) => void;
  /** Ms since 1970, and ms of a clock that does not jump; injected by tests. */
  readonly wallMs?: () => number;
  readonly steadyMs?: () => number;
}

/** The clock is compared with one that does not jump this often. */
const guardMs = 250;
/** More than a timer may be late. */
const jumpMs = 2000;

/**
 * Calls `onBeat` at the begin of every minute, and at once when the clock was set. node-cron alone would sleep until a clock that was
 * set back comes to the minute it waits for, and count every minute that one that was set forward has passed.
 */
export function startBeat(onBeat: () => void, options: BeatOptions): Beat {
  const { onTrouble, wallMs = Date.now, steadyMs = () => performance.now() } = options;
  const beat = (): void => {
    try {
      onBeat();
    } catch (error) {
      onTrouble(String(error));
    }
  };
  // Before anything is scheduled: it would write its warnings to the terminal, in colours.
  setLogger({
    info: () => undefined,
    debug: () => undefined,
    warn: (message) => onTrouble(message),
    error: (message) => onTrouble(String(message)),
  });
  const begin = (): ScheduledTask =>
    schedule('* * * * *', beat, { name: 'svcmgr', noOverlap: true, unref: true, suppressMissedWarning: true });
  let task = begin();
  let offsetMs = wallMs() - steadyMs();
  const guard = setInterval(() => {
    const now = wallMs() - steadyMs();
    if (Math.abs(now - offsetMs) > jumpMs) {
      void task.destroy();
      task = begin();
      beat();
    }
    // A clock that is slewed drifts slowly.
    offsetMs = now;
  }, guardMs);
  guard.unref();
  return {
    stop: () => {
      clearInterval(guard);
      void task.destroy();
    },
  };
}
