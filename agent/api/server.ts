/** API v1 over HTTP on unix sockets: one for root that may act, one that only looks (design/architecture.md "api/"). */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { asSvcError, errorKinds, SvcError } from '../errors.ts';
import { type ActionRuns, createActionRuns } from './action-runs.ts';
import type { Control } from './control.ts';
import { type EventSource, streamEvents } from './event-stream.ts';
import { contentType } from './exposition.ts';
import { type Asked, callOfQuery, createRequestReader, readBody, type RequestReader } from './request.ts';
import { listenAt, type SocketPlace } from './socket.ts';

export interface ApiInput {
  readonly control: Control;
  readonly version: string;
  readonly now: () => Date;
  /** May act. */
  readonly main: SocketPlace;
  readonly readOnly: SocketPlace;
  /** An error nobody foresaw. */
  readonly onBug: (error: SvcError) => void;
}

export interface Api {
  /** Takes no new actions, and waits for those that run; after `graceMs` they are aborted. */
  settle(graceMs: number): Promise<void>;
  close(): Promise<void>;
}

interface Served extends ApiInput {
  readonly reader: RequestReader;
  readonly runs: ActionRuns;
}

/** Header and whole request must have come by then: whoever sends slower is dropped. */
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  keepAliveTimeout: 30_000,
  connectionsCheckingInterval: 5000,
  maxHeaderSize: 16_384,
};
const maxConnections = 1000;
/** An answer that nobody takes. */
const idleMs = 120_000;

export async function openApi(input: ApiInput): Promise<Api> {
  const served: Served = { ...input, reader: createRequestReader(), runs: createActionRuns(input.control, input.now) };
  const servers = [serverFor(served, true), serverFor(served, false)];
  await listenAt(servers[0] as Server, input.main);
  await listenAt(servers[1] as Server, input.readOnly);
  return {
    settle: (graceMs) => served.runs.stop(graceMs),
    close: async () => {
      await Promise.all(
        servers.map(
          (server) =>
            new Promise<void>((resolve) => {
              server.close(() => resolve());
              server.closeAllConnections();
            }),
        ),
      );
    },
  };
}

function serverFor(served: Served, mayAct: boolean): Server {
  const server = createServer(limits, (request, response) => void handle(served, mayAct, request, response));
  server.maxConnections = maxConnections;
  server.setTimeout(idleMs, (socket) => socket.destroy());
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    else socket.destroy();
  });
  return server;
}

async function handle(served: Served, mayAct: boolean, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('svcmgr-version', served.version);
  response.on('error', () => undefined);
  try {
    const asked = await served.reader.read(request.method ?? '', request.url ?? '');
    const other = request.headers['svcmgr-version'];
    if (other !== undefined && other !== served.version) {
      throw new SvcError('UNSUPPORTED', `this daemon is svcmgr ${served.version}, the client is of another version`);
    }
    if (asked.route.access === 'act' && !mayAct) {
      throw new SvcError('REFUSED', `${asked.route.method} ${asked.route.path} is not for this socket, which only looks`);
    }
    await answer(served, asked, request, response);
  } catch (thrown) {
    const error = asSvcError(thrown);
    if (error.code === 'BUG') served.onBug(error);
    if (response.headersSent) response.destroy();
    else sendError(response, error);
  }
}

async function answer(served: Served, asked: Asked, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { control, runs } = served;
  switch (asked.name) {
    case 'status':
    case 'check':
    case 'mon':
    case 'metrics':
    case 'services':
      return answerVerb(control, asked, response);
    case 'daemon':
      return sendJson(response, 200, control.state());
    case 'reload':
      return sendJson(response, 200, await control.reload());
    case 'actions':
      return sendJson(response, 200, { actions: runs.all().map(shownRun) });
    case 'begin': {
      const { call, who } = await served.reader.action(await readBody(request));
      return sendJson(response, 202, shownRun(runs.begin(call, who)));
    }
    case 'abort':
      return sendJson(response, 202, shownRun(runs.abort(asked.id, 'aborted over the API')));
    case 'follow':
      return streamEvents(response, runs.console(asked.id), Number(asked.query['after'] ?? 0));
    case 'events':
      return streamEvents(response, hubSource(control), Number(asked.query['after'] ?? control.events.last()));
    default:
      return asked.name satisfies never;
  }
}

async function answerVerb(control: Control, asked: Asked, response: ServerResponse): Promise<void> {
  const { exit, out, note } = await control.answer(callOfQuery(asked));
  response.setHeader('svcmgr-exit', String(exit));
  // What belongs on stderr does not fit into one answer: whoever wants it all asks without the daemon.
  if (note !== '') response.setHeader('svcmgr-notes', String(note.split('\n').length - 1));
  sendText(response, 200, asked.name === 'metrics' ? contentType : 'text/plain; charset=utf-8', out);
}

function shownRun(run: { id: string; verb: string; selector: string | undefined; since: string; exit: number | undefined }): unknown {
  const { id, verb, selector, since, exit } = run;
  return { id, verb, selector, since, exit: exit ?? null };
}

/** Those of now and later, unless the reader says where it was. */
function hubSource({ events }: Control): EventSource {
  return {
    after: (id, limit) => events.after(id, limit).map((event) => ({ id: event.id, event: event.kind, data: event })),
    follow: (onMore) => events.follow(onMore),
  };
}

function sendError(response: ServerResponse, error: SvcError): void {
  const { code, message, hint, facts } = error;
  sendJson(response, errorKinds[code].http, { error: { code, message, hint: hint ?? null, facts } });
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  sendText(response, status, 'application/json', `${JSON.stringify(value)}\n`);
}

function sendText(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text), 'cache-control': 'no-store' });
  response.end(text);
}
