/** The command that would mend what the status of a group complains of, and what its role means. */
import type { Note, Report } from '../../../agent/driver/contract.ts';
import type { At } from './keywords.ts';
import type { Group } from './rcopy.ts';
import { isWritable } from './start-table.ts';

export function withMends(report: Report, group: Group, at: Pick<At, 'service' | 'rid'>): Report {
  const notes = (report.notes ?? []).map((note) => {
    const mend = mendOf(note, group, at);
    return mend === undefined ? note : { ...note, mend };
  });
  return { ...report, notes: [...notes, ...roleNotes(group, at)] };
}

function roleNotes({ role, target }: Group, at: Pick<At, 'service' | 'rid'>): readonly Note[] {
  if (role === 'Primary-Rev')
    return [{ level: 'info', text: `failed over: writable here, ${target} was the source`, mend: verbOf(at, 'resync') }];
  return role === 'Secondary-Rev' ? [{ level: 'info', text: `failed over to ${target}: read-only here` }] : [];
}

/** What a side does that is no source is done on the other one. */
function mendOf({ text }: Note, { role, status, target }: Group, at: Pick<At, 'service' | 'rid'>): string | undefined {
  const elsewhere = isWritable(role) ? '' : `, on a node of ${target}`;
  if (text.startsWith('rcopy group status is not Started'))
    return `${verbOf(at, role === 'Primary-Rev' ? 'resync' : 'resume')}${elsewhere}`;
  if (text.includes(' last sync too old ') && status === 'Started') return `${verbOf(at, 'update')}${elsewhere}`;
  return undefined;
}

function verbOf({ service, rid }: Pick<At, 'service' | 'rid'>, verb: string): string {
  return `svcmgr -s ${service} sync ${verb} --rid ${rid}`;
}
