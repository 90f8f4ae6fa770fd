/** `print plan VERB`: the ordered steps an action would take, from a look at the present states. Runs no driver action. */
import { resourceOf, type Verb } from '../../engine/action-state.ts';
import { lookAtAll } from '../../engine/look.ts';
import { createRun } from '../../engine/run.ts';
import { directionOf, selectWalk } from '../../engine/select-walk.ts';
import { loadForAction } from '../../engine/services.ts';
import { SvcError } from '../../errors.ts';
import { type App, formatOf, joined, sayData, optionOf } from '../app.ts';
import { renderTable } from '../render/table.ts';
import { isPattern, selectedServices } from '../selected.ts';

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
  if (verb === undefined)
    throw new SvcError('CONFIG', `print plan${app.call.words.map((word) => ` ${word}`).join('')}: of which verb?`, {
      hint: `one of ${planned.join(', ')}`,
    });
  const services = await selectedServices(app);
  const plans = await Promise.all(services.map(async (service) => ({ schema: 1, service, verb, steps: await planOf(app, service, verb) })));
  if (formatOf(app) !== 'tree') sayData(app, plans.length === 1 && !isPattern(app) ? plans[0] : { schema: 1, services: plans }, plans);
  else app.out(plans.map(({ service, steps }) => `${plans.length > 1 ? `${service}\n` : ''}${tableOf(app, steps)}`).join('\n'));
  return 0;
}

const columns = [{ title: 'step', align: 'right' }, { title: 'rid' }, { title: 'now' }, { title: 'does' }, { title: 'label' }] as const;

function tableOf(app: App, steps: readonly PlanRow[]): string {
  const rows = steps.map((row) => [`${row.step}${row.parallel ? '=' : ''}`, row.rid, row.state, row.does, row.label]);
  return renderTable(columns, rows, { colour: app.colour });
}

async function planOf(app: App, service: string, verb: (typeof planned)[number]): Promise<readonly PlanRow[]> {
  const instance = await loadForAction(app.world, service, verb);
  const run = createRun(app.world, instance, { action: verb });
  const asked = {
    rid: joined(app, 'rid'),
    tag: joined(app, 'tag'),
    subset: joined(app, 'subset'),
    upto: optionOf(app, 'upto'),
    downto: optionOf(app, 'downto'),
  };
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  const { batches } = selectWalk(instance, { verb, ...given }, directionOf(verb));
  await lookAtAll(run, instance.resources, app.signal);
  let step = 0;
  return batches.flatMap((batch) =>
    batch.rids.map((rid, at) => {
      if (at === 0 || !batch.parallel) step += 1;
      const state = run.reports.get(rid)?.state ?? 'undef';
      const resource = resourceOf(run, rid);
      return {
        step,
        parallel: batch.parallel,
        rid,
        label: resource.label,
        state,
        does: doesFor(verb, state, resource.driver[verb] !== undefined),
      };
    }),
  );
}

function doesFor(verb: (typeof planned)[number], state: string, able: boolean): string {
  if (!able && verb !== 'provision' && verb !== 'unprovision') return 'nothing';
  if (verb === 'start' && state === 'up') return 'nothing: already up';
  if (verb === 'stop' && state === 'down') return 'nothing: already down';
  return verb;
}
