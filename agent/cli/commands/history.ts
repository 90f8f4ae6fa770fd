/** `history`: one line per action: when, what, how it ended, how long, who and why, what it changed. */
import { recordsOf } from '../../engine/recover.ts';
import { describeWho } from '../../io/identity.ts';
import { foldHistory, type HistoryEntry } from '../../journal/history.ts';
import { type App, formatOf, sayData, optionOf } from '../app.ts';
import { timeText } from '../render/clock.ts';
import { renderDuration } from '../render/console.ts';
import { renderTable } from '../render/table.ts';
import { selectedServices } from '../selected.ts';
import { sinceOption } from '../since.ts';

const columns = [
  { title: 'at' },
  { title: 'service' },
  { title: 'action' },
  { title: 'result' },
  { title: 'took', align: 'right' },
  { title: 'who' },
  { title: 'changed' },
  { title: 'why' },
] as const;

export async function historyCommand(app: App): Promise<number> {
  const since = sinceOption(app, optionOf(app, 'since'));
  const entries: HistoryEntry[] = [];
  for (const service of await selectedServices(app, app.call.selector ?? 'allservices', { emptyIsFine: app.call.selector === undefined })) {
    entries.push(...foldHistory(await recordsOf(app.world, service)).filter((entry) => entry.at >= since));
  }
  entries.sort((a, b) => a.at - b.at);
  const actions = entries.map((entry) => ({ ...entry, at: new Date(entry.at).toISOString() }));
  if (formatOf(app) !== 'tree') sayData(app, { schema: 1, actions }, actions);
  else if (entries.length === 0) app.note('no action in the journal\n');
  else
    app.out(
      renderTable(
        columns,
        entries.map((entry) => rowOf(app, entry)),
        { colour: app.colour },
      ),
    );
  return 0;
}

function rowOf(app: App, entry: HistoryEntry): readonly string[] {
  const took = entry.durationMs === undefined ? '-' : renderDuration(entry.durationMs);
  const why = [entry.reason, entry.result === 'ok' ? undefined : entry.message].filter((text) => text !== undefined).join('; ');
  const at = timeText(new Date(entry.at).toISOString(), app.world.now().getTime());
  return [at, entry.service, entry.verb, entry.result, took, describeWho(entry.who), entry.changed.join(' ') || '-', why];
}
