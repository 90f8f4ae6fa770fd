/** `print schedule`: what is scheduled, when it runs next, when it ran last and how that went, why it does not run now. */
import { scheduleRows, type ScheduleRow } from '../../engine/schedule-rows.ts';
import { loadForStatus } from '../../engine/services.ts';
import { statusOf } from '../../engine/service-status.ts';
import { createSemaphore } from '../../io/semaphore.ts';
import { localText, openZone, type Zone } from '../../state/schedule/zone.ts';
import { type App, formatOf, sayData } from '../app.ts';
import { renderTable } from '../render/table.ts';
import { selectedServices } from '../selected.ts';

/** Services looked at together. */
const parallelServices = 8;

const columns = [
  { title: 'service' },
  { title: 'rid' },
  { title: 'last' },
  { title: 'result' },
  { title: 'next' },
  { title: 'schedule' },
  { title: 'not now, because' },
];

export async function printScheduleCommand(app: App): Promise<number> {
  const zone = openZone(undefined);
  const gate = createSemaphore(parallelServices);
  const services = await selectedServices(app);
  const rows = (await Promise.all(services.map((service) => gate.run(() => rowsOf(app, service, zone))))).flat();
  if (formatOf(app) !== 'tree') sayData(app, { schema: 1, schedules: rows }, rows);
  else if (rows.length === 0) app.note('nothing is scheduled\n');
  else
    app.out(
      renderTable(
        columns,
        rows.map((row) => cellsOf(row, zone)),
        { colour: app.colour },
      ),
    );
  return 0;
}

async function rowsOf(app: App, service: string, zone: Zone): Promise<readonly ScheduleRow[]> {
  const { instance } = await loadForStatus(app.world, service);
  return scheduleRows(app.world, instance, await statusOf(app.world, service, app.signal), zone);
}

function cellsOf({ service, rid, last, result, next, schedule, why }: ScheduleRow, zone: Zone): readonly string[] {
  const local = (text: string): string => localText(zone, Date.parse(text));
  return [service, rid, last === null ? '-' : local(last), result ?? '-', next === null ? 'never' : local(next), schedule, why ?? ''];
}
