/** Log lines on the console: local time, level, SERVICE.RID in capitals, text (spec/cli.md "Console of an action"). */
import type { Line } from '../../driver/log-line.ts';
import { printableLines } from './width.ts';

/** One line without its end: `13:29:15 INFO SVC1.OPENSVC.COM.CONTAINER#0 lxc-stop …`. */
export function renderLine(line: Line): string {
  const level = line.dryRun === true && line.level === 'info' ? 'DRYRUN' : line.level.toUpperCase();
  const name = [line.service, line.rid].filter((part) => part !== undefined && part !== '').join('.');
  const text = printableLines(line.text).replaceAll('\n', '\n  ');
  return [clock(line.at), level, ...(name === '' ? [] : [name.toUpperCase()]), text].join(' ');
}

/** Local time of day, HH:MM:SS. */
export function clock(at: Date): string {
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}
