/** A paused sync: left alone by `sync all`, by schedules and by relocations until it is unpaused; said by status (spec/cli.md). */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Blocker, Note, Report } from '../driver/contract.ts';
import { describeWho } from '../io/identity.ts';
import type { ResourceStatus } from '../state/status-document.ts';
import type { Resource } from './instance.ts';
import { keepText, serviceFolder } from './memory.ts';
import type { Run } from './run.ts';
import type { World } from './world.ts';

/** The name of the fact that tells a pause in a status. */
const pausedFact = 'paused';

/** What a status says of a pause; undefined: it was none. */
export function pauseOf({ facts }: Pick<ResourceStatus, 'facts'>): string | undefined {
  const text = facts[pausedFact];
  return typeof text === 'string' ? text : undefined;
}

/** What waives a pause. */
export const pauseAllowance = 'paused';

/** A file of its own for each: a copy that runs meanwhile writes into the memory of the service. */
function pauseFile(world: World, service: string, rid: string): string {
  return join(serviceFolder(world, service), 'paused', rid);
}

/** `paused since 2026-11-25T22:00:00Z by root: why`; undefined: it is not. */
export async function pauseText(world: World, service: string, rid: string): Promise<string | undefined> {
  return (await world.doors.readText(pauseFile(world, service, rid)))?.trim();
}

export async function pause(world: World, service: string, rid: string, reason: string | undefined): Promise<void> {
  const text = `paused since ${world.now().toISOString()} by ${describeWho(world.who)}${reason === undefined ? '' : `: ${reason}`}`;
  await keepText(world, pauseFile(world, service, rid), `${text}\n`, 0o644);
}

export async function unpause(world: World, service: string, rid: string): Promise<void> {
  await rm(pauseFile(world, service, rid), { force: true });
}

/** What its status says beside what the driver found: how old the copies are is judged as ever. */
export async function withPauseNote({ world, instance }: Run, { rid, group }: Resource, report: Report): Promise<Report> {
  const text = group === 'sync' ? await pauseText(world, instance.name, rid) : undefined;
  if (text === undefined) return report;
  const note: Note = { level: 'info', text, mend: mendOf(instance.name, rid) };
  return { ...report, notes: [...(report.notes ?? []), note], facts: { ...report.facts, [pausedFact]: text } };
}

/** Why a relocation cannot count on its last copy. */
export async function pauseBlockers({ world, instance }: Run, rid: string): Promise<readonly Blocker[]> {
  const text = await pauseText(world, instance.name, rid);
  return text === undefined ? [] : [{ text: `it is ${text}`, allow: pauseAllowance, mend: mendOf(instance.name, rid) }];
}

function mendOf(service: string, rid: string): string {
  return `svcmgr -s ${service} sync unpause --rid ${rid}`;
}
