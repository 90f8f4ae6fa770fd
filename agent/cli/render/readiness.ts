/** Readiness as a person reads it: a node, its verdict, then what is in the way, what would be lost and how long it would take. */
import type { ReadinessReport } from '../../engine/readiness.ts';
import type { ServiceReadiness } from '../../engine/readiness-view.ts';
import { type Duration, endsWithSwitch, type Way } from '../../state/readiness.ts';
import { ageText, timeText } from './clock.ts';
import { renderDuration } from '../../state/duration-text.ts';
import { printable } from './width.ts';
import { wrap } from './wrap.ts';

export interface ReadinessOptions {
  readonly nowMs: number;
  readonly width: number;
}

const titleColumns = 10;

/** Ends with a newline. */
export function renderReadiness({ service, nodes }: ServiceReadiness, options: ReadinessOptions): string {
  const lines = nodes.flatMap((report) => [`${report.node}  ${verdicts[report.way]}`, ...detailsOf(report, options)]);
  return `${[service, ...lines].map((line) => line.trimEnd()).join('\n')}\n`;
}

const verdicts = {
  running: 'ready: it is up here',
  start: 'ready',
  switch: 'ready, once it is stopped where it is up',
  takeover: 'not ready: other nodes cannot be asked',
  blocked: 'not ready',
} as const satisfies Record<Way, string>;

function detailsOf(report: ReadinessReport, options: ReadinessOptions): readonly string[] {
  const rows: (readonly [string, string])[] = [
    ...commandOf(report),
    ...blockersOf(report),
    ...report.warnings.map((text) => ['warning', text] as const),
    ['data', dataText(report, options.nowMs)],
    ['duration', durationText(report)],
  ];
  return rows.flatMap(([title, text]) => row(title, text, options.width));
}

/** What ends with the stop elsewhere is only worth knowing. */
function blockersOf({ blockers, peers }: ReadinessReport): readonly (readonly [string, string])[] {
  return blockers.flatMap((blocker): (readonly [string, string])[] => {
    const { rid, text, allow, mend } = blocker;
    const about = rid === null ? text : `${rid}: ${text}`;
    if (endsWithSwitch(blocker, peers)) return [['now', about]];
    return [
      ['blocked', about],
      ...(mend === undefined ? [] : [['mend', mend] as const]),
      ...(allow === undefined ? [] : [['allow', `--allow ${allow}`] as const]),
    ];
  });
}

function commandOf({ way, service, node }: ReadinessReport): readonly (readonly [string, string])[] {
  const commands: Partial<Record<Way, string>> = {
    start: `svcmgr -s ${service} start, on ${node}`,
    switch: `svcmgr -s ${service} switch --to ${node}`,
    takeover: `svcmgr -s ${service} takeover, on ${node}`,
  };
  const command = commands[way];
  return command === undefined ? [] : [['by', command]];
}

function dataText({ dataLoss, way }: ReadinessReport, nowMs: number): string {
  if (way === 'running') return 'nothing would be lost';
  if (dataLoss.syncs.length === 0) return dataLoss.ms === null ? 'not known' : 'the service copies nothing';
  const each = dataLoss.syncs.map(({ rid, at, ageMs }) =>
    at === null || ageMs === null ? `${rid} never, as far as is known` : `${rid} ${ageText(ageMs)} old (${timeText(at, nowMs)})`,
  );
  return each.join(', ');
}

function durationText({ start, stop, way }: ReadinessReport): string {
  const about = (what: string, { medianMs, samples }: Duration) =>
    medianMs === null ? `${what} not known` : `${what} ${renderDuration(medianMs)} (of ${samples})`;
  return way === 'running' ? about('stop', stop) : about('start', start);
}

function row(title: string, text: string, width: number): readonly string[] {
  const indent = ' '.repeat(2 + titleColumns);
  return wrap(printable(text), Math.max(20, width - indent.length)).map(
    (line, at) => `${at === 0 ? `  ${title.padEnd(titleColumns)}` : indent}${line}`,
  );
}
