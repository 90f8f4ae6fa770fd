/** Is a remote copy group as its service wants it: the rules of the HP 3PAR document and the words of its agent (spec/hp3par.md §5). */
import type { Note, Report } from '../../../agent/driver/contract.ts';
import { momentOf, parseArrayTime, type TimeFacts } from './array-time.ts';
import type { Group, NamedGroup } from './rcopy.ts';
import type { VolumeRow } from './rows.ts';

export interface Wanted {
  readonly mode: 'async' | 'sync';
  readonly maxDelayMs: number;
}

/** `up` without a word, else `warn` with every reason. The role is no part of it: on both sides a healthy group is up. */
export function groupStatus(group: Group, { mode, maxDelayMs }: Wanted, times: TimeFacts): Report {
  const texts = [
    ...(group.status === 'Started' ? [] : [`rcopy group status is not Started (${group.status})`]),
    ...modeTexts(group, mode),
    ...(group.policies.includes('auto_recover') ? [] : ['rcopy group auto_recover option is not set']),
    ...group.volumes.flatMap((volume) => [...syncTexts(volume), ...ageTexts(volume, maxDelayMs, times)]),
  ];
  return { state: texts.length === 0 ? 'up' : 'warn', notes: texts.map((text): Note => ({ level: 'warn', text })) };
}

/** The same of every target of a group; of several it is said which one it is about. */
export function namedGroupStatus(group: NamedGroup, wanted: Wanted, times: TimeFacts): Report {
  if (group.others.length === 0) return groupStatus(group, wanted, times);
  const notes = [group, ...group.others].flatMap((one) =>
    (groupStatus(one, wanted, times).notes ?? []).map((note) => ({ ...note, text: `${note.text} (to ${one.target})` })),
  );
  return { state: notes.length === 0 ? 'up' : 'warn', notes };
}

function modeTexts(group: Group, mode: Wanted['mode']): readonly string[] {
  const expected = mode === 'async' ? 'Periodic' : 'Sync';
  return [
    ...(group.mode === expected ? [] : [`rcopy group mode is not ${expected} (${group.mode})`]),
    ...(mode === 'async' && group.periodSeconds === undefined ? ['rcopy group period option is not set'] : []),
  ];
}

function syncTexts({ localVV, syncStatus, syncPercent }: VolumeRow): readonly string[] {
  const shown = syncPercent === undefined ? syncStatus : `${syncStatus} (${syncPercent}%)`;
  return syncStatus === 'Synced' ? [] : [`vv ${localVV} SyncStatus is not Synced (${shown})`];
}

/** An age that cannot be known is neither good nor too old: it is said to be unknown. */
function ageTexts({ localVV, lastSyncTime }: VolumeRow, maxDelayMs: number, times: TimeFacts): readonly string[] {
  if (lastSyncTime === undefined) return [];
  const atMs = momentOf(parseArrayTime(lastSyncTime), times);
  if (atMs === undefined) {
    return [`vv ${localVV} age of the last sync is unknown (${lastSyncTime}: which zone that is cannot be told; set timezone)`];
  }
  if (atMs - times.nowMs > maxDelayMs)
    return [`vv ${localVV} last sync is in the future (${minuteOf(atMs)}): a clock or the timezone is wrong`];
  return times.nowMs - atMs > maxDelayMs ? [`vv ${localVV} last sync too old (${minuteOf(atMs)})`] : [];
}

function minuteOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
}

/**
 * When the other side of a group was complete last, ms since 1970, by what one side of it says: the oldest of its volumes. `now` of a
 * synchronous group that is in sync; undefined: never, or it cannot be known.
 */
export function completeMs(group: Group, times: TimeFacts): number | undefined {
  const moments = group.volumes.map(({ lastSyncTime, syncStatus }) => {
    if (lastSyncTime !== undefined) return momentOf(parseArrayTime(lastSyncTime), times);
    return group.mode === 'Sync' && group.status === 'Started' && syncStatus === 'Synced' ? times.nowMs : undefined;
  });
  const known = moments.filter((moment) => moment !== undefined);
  return known.length === moments.length && known.length > 0 ? Math.min(...known) : undefined;
}
