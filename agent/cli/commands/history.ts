/** `history`: one line per action: when, what, how it ended, how long, who and why, what it changed. */
import { interruptedActions, recordsOf } from '../../engine/recover.ts';
import { describeWho } from '../../io/identity.ts';
import { foldHistory, type HistoryEntry } from '../../journal/history.ts';
import { type App, formatOf, sayData, optionOf } from '../app.ts';
import { journaledServices } from '../journaled.ts';
import { timeText } from '../render/clock.ts';
import { renderDuration } from '../../state/duration-text.ts';
import { renderTable } from '../render/table.ts';
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
  const sid = optionOf(app, 'sid');
  const entries: Shown[] = [];
  for (const service of await journaledServices(app))
    entries.push(
      ...(await shownEntries(app, service)).filter((entry) => entry.at >= since && (sid === undefined || entry.sid.startsWith(sid))),
    );
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

/** `cut`: the process died before the end; `running`: it lives. */
type Shown = Omit<HistoryEntry, 'result'> & { readonly result: Exclude<HistoryEntry['result'], 'open' | 'cleared'> | 'cut' | 'running' };

async function shownEntries(app: App, service: string): Promise<readonly Shown[]> {
  const records = await recordsOf(app.world, service);
  const entries = foldHistory(records);
  const cut = new Set((await interruptedActions(app.world, service)).map((action) => action.sid));
  const settled = new Map(records.flatMap((record) => (record.kind === 'clear' ? [[record.sid, record.by] as const] : [])));
  return entries.map((entry): Shown => {
    const { result } = entry;
    if (result === 'open') return { ...entry, result: cut.has(entry.sid) ? 'cut' : 'running' };
    if (result !== 'cleared') return { ...entry, result };
    const by = settled.get(entry.sid) ?? '';
    const later = entries.find((one) => one.sid === by);
    return {
      ...entry,
      result: 'cut',
      message: later === undefined ? `accepted by ${by}` : `settled by the ${later.verb} of ${timeOf(app, later.at)}`,
    };
  });
}

function timeOf(app: App, at: number): string {
  return timeText(new Date(at).toISOString(), app.world.now().getTime());
}

function rowOf(app: App, entry: Shown): readonly string[] {
  const took = entry.durationMs === undefined ? '-' : renderDuration(entry.durationMs);
  const why = [entry.reason, entry.result === 'ok' ? undefined : entry.message].filter((text) => text !== undefined).join('; ');
  return [
    timeOf(app, entry.at),
    entry.service,
    entry.verb,
    entry.result,
    took,
    describeWho(entry.who),
    entry.changed.join(' ') || '-',
    why,
  ];
}
