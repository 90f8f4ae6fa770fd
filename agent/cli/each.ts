/** A verb done to each selected service in turn: a line for each, one document for machines, and one bad service does not stop the rest. */
import { asSvcError } from '../errors.ts';
import { type App, formatOf, sayData } from './app.ts';
import { complaint } from './complain.ts';
import { errorData } from './error-data.ts';
import { isPattern } from './selected.ts';

/** What came of one service: for people, and for machines. */
export interface Said {
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
}

type Row = Readonly<Record<string, unknown>>;

/** Exit status: 0, or 1 when any of several failed. @throws the error of the only service */
export async function forEachService(app: App, services: readonly string[], work: (service: string) => Promise<Said>): Promise<number> {
  const forPeople = formatOf(app) === 'tree';
  const rows: Row[] = [];
  let failed = 0;
  for (const service of services) {
    try {
      const { text, data } = await work(service);
      if (forPeople) app.out(`${service}: ${text}\n`);
      rows.push({ schema: 1, service, ok: true, ...data });
    } catch (thrown) {
      const error = asSvcError(thrown);
      if (services.length === 1) throw error;
      app.note(complaint(error, app.call.switches.has('debug')));
      failed += 1;
      rows.push({ schema: 1, service, ok: false, error: errorData(error) });
    }
  }
  if (!forPeople) sayData(app, rows.length === 1 && !isPattern(app) ? rows[0] : { schema: 1, services: rows }, rows);
  return failed === 0 ? 0 : 1;
}
