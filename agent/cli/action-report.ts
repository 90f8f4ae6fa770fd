/** What an action says at its end: a closing line, or a table of several services, on stdout; errors and what to do on stderr. */
import type { ActionResult } from '../engine/action.ts';
import { errorKinds, type SvcError } from '../errors.ts';
import type { Status } from '../state/status.ts';
import { type App, formatOf, sayData } from './app.ts';
import { complaint } from './complain.ts';
import { errorData } from './error-data.ts';
import { renderDuration } from '../state/duration-text.ts';
import { renderTable } from './render/table.ts';
import { isPattern } from './selected.ts';

/** What one service's action came to: it ran; an error came before it began; there was nothing to run. */
export type Done =
  | { readonly service: string; readonly result: ActionResult }
  | { readonly service: string; readonly error: SvcError }
  | { readonly service: string; readonly nothing: string };

export function exitOfDone(done: Done): number {
  if ('nothing' in done) return 0;
  return 'result' in done ? done.result.exit : errorKinds[done.error.code].exit;
}

export function reportActions(app: App, done: readonly Done[]): void {
  for (const one of done) complain(app, one, done.length > 1);
  if (formatOf(app) !== 'tree') {
    const rows = done.map(dataOf);
    sayData(app, rows.length === 1 && !isPattern(app) ? rows[0] : { schema: 1, services: rows }, rows);
  } else if (done.length > 1)
    app.out(
      renderTable(
        summaryColumns,
        done.map((one) => rowOf(app, one)),
        { colour: app.colour },
      ),
    );
  else for (const one of done) app.out(`${targetLines(app, one)}${closingLine(app, one)}`);
}

function complain(app: App, one: Done, several: boolean): void {
  const error = 'result' in one ? one.result.error : 'error' in one ? one.error : undefined;
  if (error === undefined) return;
  const where = [...(several ? [one.service] : []), ...('result' in one ? failedRid(one.result) : [])];
  // Whoever reads only the last lines must see which service and resource it was.
  const missing = where.filter((name) => !error.message.includes(name)).map((name) => `${name}: `);
  app.note(complaint(error, app.call.switches.has('debug')).replace(/^svcmgr: /, `svcmgr: ${missing.join('')}`));
  if (!('result' in one)) return;
  const { notRolledBack, steps } = one.result;
  if (notRolledBack.length > 0) app.note(`  still up after the rollback: ${notRolledBack.join(', ')}\n`);
  if (error.hint === undefined && steps.length > 0) app.note(`  how things are now: svcmgr -s ${one.service} print status\n`);
}

/** The resource that failed, when it was one. */
function failedRid({ steps }: ActionResult): readonly string[] {
  const failed = steps.filter((step) => step.outcome === 'failed').map((step) => step.rid);
  return failed.length === 1 ? failed : [];
}

/** What came of each target of a sync. */
function targetLines(app: App, one: Done): string {
  if (!('result' in one)) return '';
  const { service, outcomes } = one.result;
  const isPlan = app.call.switches.has('dry-run');
  return outcomes
    .map(({ rid, target, ok, note, bytes }) => {
      const sent = ok && !isPlan && bytes !== undefined ? [`${bytes} bytes sent`] : [];
      const parts = [ok ? (isPlan ? 'nothing in the way' : 'done') : 'failed', ...sent, ...(note === undefined ? [] : [note])];
      return `${service}: ${rid} to ${target}: ${parts.join(', ')}\n`;
    })
    .join('');
}

/** The last line of an action on one service; empty when it never began: the error said it. */
function closingLine(app: App, one: Done): string {
  if ('nothing' in one) return `${one.service}: ${one.nothing}\n`;
  if ('error' in one) return '';
  const { service, verb, changes, durationMs, error, steps, status } = one.result;
  const count = `${changes} change${changes === 1 ? '' : 's'}`;
  if (error !== undefined) {
    const how = `${error.code === 'REFUSED' && steps.length === 0 ? 'refused' : error.code === 'CANCELLED' ? 'cancelled' : 'failed'}`;
    const extent = changes === 0 ? 'nothing was changed' : `after ${renderDuration(durationMs)} and ${count}`;
    return `${service}: ${verb} ${how}, ${extent}${status === undefined ? '' : `, overall ${status.overall}`}\n`;
  }
  if (app.call.switches.has('dry-run')) {
    return changes === 0 ? `${service}: ${verb}: nothing to do\n` : `${service}: ${verb} would make ${count}; nothing was done\n`;
  }
  if (changes === 0) return `${service}: ${verb}: nothing to do${alreadyThere(one.result)}\n`;
  const unlike = status !== undefined && !wantedBy(verb).includes(status.overall) ? `, overall ${status.overall}` : '';
  return `${service}: ${verb} done in ${renderDuration(durationMs)}, ${count}${unlike}\n`;
}

function alreadyThere({ verb, status }: ActionResult): string {
  const wanted = wantedBy(verb);
  return wanted.length < anyStatus.length && status !== undefined && wanted.includes(status.avail) ? `, already ${status.avail}` : '';
}

const anyStatus: readonly Status[] = ['up', 'down', 'warn', 'n/a', 'undef', 'stdby up', 'stdby down'];

/** What the whole service should be after the verb: anything else is worth saying. */
function wantedBy(verb: string): readonly Status[] {
  if (verb === 'start' || verb === 'restart' || verb === 'provision') return ['up'];
  return verb === 'stop' || verb === 'unprovision' ? ['down', 'stdby up'] : anyStatus;
}

const summaryColumns = [
  { title: 'service' },
  { title: 'result' },
  { title: 'duration', align: 'right' },
  { title: 'changes', align: 'right' },
  { title: 'overall' },
] as const;

function rowOf(app: App, one: Done): readonly string[] {
  if ('nothing' in one) return [one.service, one.nothing, '-', '-', '-'];
  if ('error' in one) return [one.service, one.error.code, '-', '-', '-'];
  const { service, error, durationMs, changes, status } = one.result;
  const done = app.call.switches.has('dry-run') ? 'dry-run' : changes === 0 ? 'nothing to do' : 'done';
  return [service, error?.code ?? done, renderDuration(durationMs), String(changes), status?.overall ?? '-'];
}

function dataOf(one: Done): Readonly<Record<string, unknown>> {
  if ('nothing' in one) return { schema: 1, service: one.service, ok: true, exit: 0, changes: 0, text: one.nothing, error: null };
  if ('error' in one) return { schema: 1, service: one.service, ok: false, exit: exitOfDone(one), error: errorData(one.error) };
  const { error, status, ...rest } = one.result;
  return { schema: 1, ...rest, error: error === undefined ? null : errorData(error), status: status ?? null };
}
