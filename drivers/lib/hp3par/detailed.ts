/** `showrcopy -d groups`, aligned: ids, CPGs and resync snapshots (spec/hp3par.md §2.3). */
import { modes, roles, groupStates, syncStates, unreadable } from './rows.ts';

export interface DetailedVolume {
  readonly localVV: string;
  readonly localId: number;
  readonly remoteVV: string;
  readonly remoteId: number;
  readonly syncStatus: string;
  /** Taken when the group stopped: by it only the difference is sent. */
  readonly resyncSnapshot: string | undefined;
  readonly lastSyncTime: string | undefined;
  readonly localSet: string | undefined;
}

export interface DetailedGroup {
  readonly name: string;
  readonly id: number;
  readonly target: string;
  readonly status: string;
  readonly role: string;
  readonly mode: string;
  readonly localUserCpg: string | undefined;
  readonly remoteUserCpg: string | undefined;
  readonly options: readonly string[];
  readonly volumes: DetailedVolume[];
}

const groupRow = new RegExp(
  `^(\\S+) +(\\d+) +(\\S+) +(${groupStates.join('|')}) +(${roles.join('|')}) +(${modes.join('|')})(?: +(.*?))?\\s*$`,
);
const volumeRow = new RegExp(
  `^ +(\\S+) +(\\d+) +(\\S+) +(\\d+) +(${syncStates.join('|')}) +(\\S+) +(\\S+) +(\\S+) +(\\S+) +(\\S+) +(NA|\\d{4}-\\S+ \\S+ \\S+) +(\\S+) +(\\S+)\\s*$`,
);
const heading = /^(\s*(Name|LocalVV) +ID |Remote Copy System Information|Status: |Group Information)/;

/** @throws SvcError COMMAND with the line that does not fit */
export function parseDetailedGroups(text: string): readonly DetailedGroup[] {
  const groups: DetailedGroup[] = [];
  for (const line of text.split('\n').filter((one) => one.trim() !== '' && !heading.test(one))) {
    const group = groupRow.exec(line);
    const volume = volumeRow.exec(line);
    if (group !== null) groups.push(groupOf(group));
    else if (volume !== null && groups.length > 0) groups.at(-1)?.volumes.push(volumeOf(volume));
    else throw unreadable(line);
  }
  return groups;
}

/** The two CPGs may be blank, both or none; what is behind them are options. */
function groupOf([, name = '', id = '', target = '', status = '', role = '', mode = '', rest = '']: RegExpExecArray): DetailedGroup {
  const words = rest.split(/\s+/).filter((word) => word !== '');
  const cpgs = words.length >= 2 ? words.slice(0, 2) : [];
  const options = words
    .slice(cpgs.length)
    .join(' ')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '' && word !== '-');
  return { name, id: Number(id), target, status, role, mode, localUserCpg: cpgs[0], remoteUserCpg: cpgs[1], options, volumes: [] };
}

function volumeOf(found: RegExpExecArray): DetailedVolume {
  const [, localVV = '', localId = '', remoteVV = '', remoteId = '', syncStatus = '', resync, , , , , last, localSet] = found;
  return {
    localVV,
    localId: Number(localId),
    remoteVV,
    remoteId: Number(remoteId),
    syncStatus,
    resyncSnapshot: known(resync),
    lastSyncTime: known(last),
    localSet: known(localSet),
  };
}

function known(text: string | undefined): string | undefined {
  return text === undefined || text === 'NA' || text === 'none' ? undefined : text;
}
