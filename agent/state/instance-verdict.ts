/** What an instance means for the other nodes: is it out of the way, does it hold the service, is it coming up? Pure. */
import { placeOf } from './groups.ts';
import { isUp } from './status.ts';
import type { InstanceStatus, MonitorStatus, ResourceStatus } from './status-document.ts';

export type VerdictState = 'down' | 'up' | 'starting' | 'unknown';

export interface InstanceVerdict {
  readonly state: VerdictState;
  /** Why, for a person: "up", "warn (fs#1 up)", "start is running there since …". */
  readonly text: string;
}

/** Actions that bring nothing up; any other one that runs, a word we do not know included, may. */
const harmless = /^(idle|stopping|unprovisioning|shutdown|running|relocating|sync.*)$/;

/**
 * Standby resources are up wherever the service is down: they never hold it. Anything else that is up, or might be, does.
 * `unknown` is never taken for down.
 */
export function judgeInstance(status: InstanceStatus): InstanceVerdict {
  const { monitor, stale } = status;
  if (!harmless.test(monitor.state)) return { state: 'starting', text: runningText(monitor) };
  if (monitor.interrupted?.alive === true) {
    return { state: 'up', text: `a command of an interrupted ${monitor.interrupted.verb} still runs there` };
  }
  const entries = Object.entries(status.resources).filter(([, { group }]) => placeOf(group).available);
  const active = entries.filter(([, { flags }]) => !flags.standby && !flags.disable);
  const holding = active.filter(([, one]) => isUp(one.status) || one.status === 'warn');
  if (holding.length > 0) return { state: 'up', text: holdingText(status, holding) };
  // What says up as a whole is believed, whatever it says in detail.
  if (status.avail === 'up') return { state: 'up', text: 'up' };
  const dark = active.filter(([, one]) => one.status === 'undef');
  if (dark.length > 0) return { state: 'unknown', text: `${dark.map(([rid]) => rid).join(', ')} undef there${noteOf(dark[0]?.[1])}` };
  if (status.avail === 'undef') return { state: 'unknown', text: 'undef there' };
  if (active.length === 0 && entries.some(([, { flags }]) => flags.disable)) {
    return { state: 'unknown', text: 'disabled there, so it does not look' };
  }
  if (stale) return { state: 'unknown', text: `its answer is old (${status.updated})` };
  return { state: 'down', text: status.avail };
}

function runningText({ state, action, since }: MonitorStatus): string {
  return `${action ?? state} is running there${since === null ? '' : ` since ${since}`}`;
}

function holdingText(status: InstanceStatus, holding: readonly (readonly [string, ResourceStatus])[]): string {
  if (status.avail === 'up') return 'up';
  return `${status.avail} (${holding.map(([rid, one]) => `${rid} ${one.status}`).join(', ')})`;
}

function noteOf(resource: ResourceStatus | undefined): string {
  const text = resource?.notes[0]?.text;
  return text === undefined ? '' : `: ${text}`;
}
