/** `print schedule`: what is scheduled, when it runs next, when it ran last. */
import { openMemory } from '../../engine/memory.ts';
import { loadForStatus } from '../../engine/services.ts';
import type { Resource } from '../../engine/instance.ts';
import { nextRun } from '../../state/schedule/next-run.ts';
import { parseSchedule } from '../../state/schedule/parse.ts';
import { localText, openZone } from '../../state/schedule/zone.ts';
import { type App, formatOf, sayData } from '../app.ts';
import { renderTable } from '../render/table.ts';
import { selectedServices } from '../selected.ts';

interface Row {
  readonly service: string;
  readonly rid: string;
  readonly schedule: string;
  readonly last: string | null;
  readonly next: string | null;
}

const columns = [{ title: 'service' }, { title: 'rid' }, { title: 'last' }, { title: 'next' }, { title: 'schedule' }];

export async function printScheduleCommand(app: App): Promise<number> {
  const rows: Row[] = [];
  for (const service of await selectedServices(app)) {
    const { instance } = await loadForStatus(app.world, service);
    for (const resource of instance.resources) {
      const row = await rowOf(app, service, resource, instance.definition.settings.run_schedule);
      if (row !== undefined) rows.push(row);
    }
  }
  if (formatOf(app) !== 'tree') sayData(app, { schema: 1, schedules: rows }, rows);
  else if (rows.length === 0) app.note('nothing is scheduled\n');
  else
    app.out(
      renderTable(
        columns,
        rows.map((row) => [row.service, row.rid, row.last ?? '-', row.next ?? 'never', row.schedule]),
        { colour: app.colour },
      ),
    );
  return 0;
}

async function rowOf(app: App, service: string, resource: Resource, fallback: string | undefined): Promise<Row | undefined> {
  const own = resource.config['schedule'];
  const text = typeof own === 'string' ? own : resource.group === 'task' ? fallback : undefined;
  if (text === undefined) return undefined;
  const zone = openZone(undefined);
  const last = await openMemory(app.world, service).recall(resource.rid, 'last_run_at');
  const lastMs = last === undefined ? Number.NaN : Date.parse(last);
  const parsed = parseSchedule(text);
  const when = { nowMs: app.world.now().getTime(), zone, ...(Number.isNaN(lastMs) ? {} : { lastMs }) };
  const next = parsed.ok ? nextRun(parsed.schedule, when) : undefined;
  return {
    service,
    rid: resource.rid,
    schedule: text,
    last: Number.isNaN(lastMs) ? null : localText(zone, lastMs),
    next: next === undefined ? null : localText(zone, next.atMs),
  };
}
