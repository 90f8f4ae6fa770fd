/** `print plan VERB`: the ordered steps an action would take, from a look at the present states. Runs no driver action. */
import { resourceOf, type Verb } from '../../engine/action-state.ts';
import { lookAtAll } from '../../engine/look.ts';
import { createRun } from '../../engine/run.ts';
import { directionOf, selectWalk } from '../../engine/select-walk.ts';
import { loadForAction } from '../../engine/services.ts';
import { SvcError } from '../../errors.ts';
import { type App, formatOf, joined, sayData, valueOf } from '../app.ts';
import { renderTable } from '../render/table.ts';
import { selectedServices } from '../selected.ts';

const planned = ['start', 'stop', 'provision', 'unprovision', 'run'] as const satisfies readonly Verb[];

interface PlanRow {
  readonly step: number;
  readonly parallel: boolean;
  readonly rid: string;
  readonly label: string;
  readonly state: string;
  readonly does: string;
}

export async function printPlanCommand(app: App): Promise<number> {
  const verb = planned.find((name) => name === app.call.words[0]);
  if (verb === undefined) throw new SvcError('CONFIG', 'print plan: of which verb?', { hint: `one of ${planned.join(', ')}` });
  for (const service of await selectedServices(app)) {
    const rows = await planOf(app, service, verb);
    if (formatOf(app) !== 'tree') sayData(app, { schema: 1, service, verb, steps: rows });
    else {
      const columns = [{ title: 'step', align: 'right' as const }, { title: 'rid' }, { title: 'now' }, { title: 'does' }, { title: 'label' }];
      app.out(renderTable(columns, rows.map((row) => [`${row.step}${row.parallel ? '=' : ''}`, row.rid, row.state, row.does, row.label]), { colour: app.colour }));
    }
  }
  return 0;
}

async function planOf(app: App, service: string, verb: (typeof planned)[number]): Promise<readonly PlanRow[]> {
  const instance = await loadForAction(app.world, service, verb);
  const run = createRun(app.world, instance, { action: verb });
  const asked = { rid: joined(app, 'rid'), tag: joined(app, 'tag'), subset: joined(app, 'subset'), upto: valueOf(app, 'upto'), downto: valueOf(app, 'downto') };
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  const { batches } = selectWalk(instance, { verb, ...given }, directionOf(verb));
  await lookAtAll(run, instance.resources, app.signal);
  let step = 0;
  return batches.flatMap((batch) =>
    batch.rids.map((rid, at) => {
      if (at === 0 || !batch.parallel) step += 1;
      const state = run.reports.get(rid)?.state ?? 'undef';
      const resource = resourceOf(run, rid);
      return { step, parallel: batch.parallel, rid, label: resource.label, state, does: doesFor(verb, state, resource.driver[verb] !== undefined) };
    }),
  );
}

function doesFor(verb: (typeof planned)[number], state: string, able: boolean): string {
  if (!able && verb !== 'provision' && verb !== 'unprovision') return 'nothing';
  if (verb === 'start' && state === 'up') return 'nothing: already up';
  if (verb === 'stop' && state === 'down') return 'nothing: already down';
  return verb;
}
