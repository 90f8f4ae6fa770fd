/** `mon --watch`: figures, keys and screen brought together, until q, Ctrl-C, TERM or the end of the terminal. */
import { setTimeout as delay } from 'node:timers/promises';
import { ReadStream, WriteStream } from 'node:tty';
import { asSvcError, SvcError } from '../../errors.ts';
import type { StatusDocument } from '../../state/status-document.ts';
import type { App } from '../app.ts';
import type { Key } from './keys.ts';
import { rememberedStatuses } from './source.ts';
import { openTerminal, type Terminal } from './terminal.ts';
import { emptyView, framed, pressed, type Screen, type View, withDocuments } from './view.ts';

/** Between two questions to the daemon, and between two looks of our own. */
const askMs = 1000;
const lookMs = 5000;

/** @param look what is done when no daemon answers */
export async function watchServices(app: App, look: () => Promise<readonly StatusDocument[]>): Promise<number> {
  const { stdin, stdout } = process;
  if (!(stdin instanceof ReadStream && stdout instanceof WriteStream && stdin.isTTY)) {
    throw new SvcError('CONFIG', 'mon --watch needs a terminal', { hint: 'svcmgr mon prints the table once' });
  }
  const ended = new AbortController();
  const until = AbortSignal.any([app.signal, ended.signal]);
  let view = emptyView;
  const screenOf = (): Screen => ({ ...terminal.size(), colour: app.colour, nowMs: Date.now() });
  const draw = (): void => {
    const frame = framed(view, screenOf());
    view = frame.view;
    terminal.draw(frame.lines);
  };
  const onKey = (key: Key): void => {
    const next = pressed(view, key, screenOf());
    if (next === undefined) {
      ended.abort();
      return;
    }
    if (key === 'redraw') terminal.forget();
    view = next;
    draw();
  };
  const terminal: Terminal = openTerminal(stdin, stdout, { key: onKey, resized: draw });
  try {
    draw();
    while (!until.aborted) {
      const { next, pauseMs } = await renewed(app, view, look, until);
      if (until.aborted) break;
      // Keys may have moved the cursor while we waited: only the figures are taken.
      view = next(view);
      draw();
      await delay(pauseMs, undefined, { signal: until }).catch(() => undefined);
    }
    return 0;
  } finally {
    terminal.restore();
  }
}

interface Renewed {
  next(view: View): View;
  readonly pauseMs: number;
}

/** Never rejects: what went wrong is shown, beside figures that are told to be old. */
async function renewed(app: App, view: View, look: () => Promise<readonly StatusDocument[]>, until: AbortSignal): Promise<Renewed> {
  try {
    const remembered = await rememberedStatuses(app.env, app.call.selector);
    const documents = remembered ?? (await untilEnded(look(), until));
    return { next: (now) => withDocuments(now, documents, Date.now()), pauseMs: remembered === undefined ? lookMs : askMs };
  } catch (thrown) {
    const { message } = asSvcError(thrown);
    return { next: (now) => ({ ...now, trouble: message.split('\n')[0] ?? message }), pauseMs: view.cameMs === undefined ? lookMs : askMs };
  }
}

/** A look that hangs must not keep q from leaving. */
async function untilEnded<V>(work: Promise<V>, until: AbortSignal): Promise<V> {
  until.throwIfAborted();
  let stop: () => void = () => undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    stop = () => reject(until.reason as Error);
  });
  until.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work, ended]);
  } finally {
    until.removeEventListener('abort', stop);
  }
}
