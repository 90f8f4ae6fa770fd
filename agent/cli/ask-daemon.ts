/** The command line as a client of the daemon: what it remembers, printed as it comes. Loads no engine. */
import { type Answer, ask, noAnswer, noDaemon } from '../api/client.ts';
import { findPaths } from '../paths.ts';
import type { Invocation } from './parse.ts';
import { type ColourWish, wantsColour } from './render/colour.ts';
import { version } from './version.ts';

/** Verbs that the daemon answers from memory, and where. */
const readPaths: Readonly<Record<string, string>> = {
  'print status': '/v1/status',
  check: '/v1/check',
  mon: '/v1/mon',
  metrics: '/metrics',
  ls: '/v1/services',
};

/** Looking may take as long as the slowest resource. */
const refreshMs = 60_000;
const answerMs = 5000;

/** The sockets of this home. */
export function socketsOf(env: Readonly<Record<string, string | undefined>>): { readonly main: string; readonly read: string } {
  const { run } = findPaths(env);
  return { main: `${run}/svcmgrd.sock`, read: `${run}/svcmgrd-read.sock` };
}

/** Exit status when the daemon answered; undefined: there is none, or it does not know: the engine of this process does. */
export async function answeredByDaemon(call: Invocation): Promise<number | undefined> {
  const path = readPaths[call.verb.name];
  if (path === undefined || call.switches.has('debug') || call.switches.has('watch') || call.words.length > 0) return undefined;
  const target = `${path}?${queryOf(call)}`;
  const timeoutMs = call.switches.has('refresh') ? refreshMs : answerMs;
  const { main, read } = socketsOf(process.env);
  for (const socket of [main, read]) {
    const answer = await ask({ socket, method: 'GET', path: target, version, timeoutMs });
    // Not for us: the second socket may be.
    if (answer === noDaemon) continue;
    return answer === noAnswer ? undefined : printed(answer);
  }
  return undefined;
}

/** Anything but a plain answer is said by the engine, which has all the words for it. */
function printed({ status, headers, body }: Answer): number | undefined {
  if (status !== 200 || headers['svcmgr-version'] !== version || headers['svcmgr-notes'] !== undefined) return undefined;
  process.stdout.write(body);
  return Number(headers['svcmgr-exit']);
}

function queryOf(call: Invocation): string {
  const { selector, values, switches } = call;
  const entries = [
    ...(selector === undefined ? [] : [['selector', selector]]),
    ...renderingOf(call),
    ...Object.entries(values).flatMap(([name, all]) => (screenOptions.has(name) ? [] : [[name, all.join(',')]])),
    ...[...switches].filter((name) => !screenOptions.has(name)).map((name) => [name, 'true']),
    ['fresh', 'true'],
  ];
  return entries.map(([name, value]) => `${name}=${encodeURIComponent(value ?? '')}`).join('&');
}

/** What stays on this side. */
export const screenOptions: ReadonlySet<string> = new Set(['service', 'help', 'color', 'quiet', 'debug', 'local']);

/** How this terminal wants it. */
export function renderingOf(call: Invocation): readonly (readonly [string, string])[] {
  const { isTTY, columns } = process.stdout;
  return [
    ...(wantsColour(colourWish(call)) ? [['colour', 'true'] as const] : []),
    ...(isTTY && columns >= 10 && columns <= 9999 ? [['columns', String(columns)] as const] : []),
  ];
}

/** The parser has checked the word. */
export function colourWish(call: Invocation): ColourWish {
  const option = call.values.color?.[0] as ColourWish['option'];
  return { option, noColor: process.env['NO_COLOR'], term: process.env['TERM'], isTerminal: process.stdout.isTTY === true };
}
