/** From an HTTP request to what is asked: route, query and body checked against the table; anything unknown is refused. */
import type { IncomingMessage } from 'node:http';
import { compileJsonSchema, type JsonSchema, type SchemaFault } from '../driver/schema.ts';
import { SvcError } from '../errors.ts';
import type { Who } from '../io/identity.ts';
import type { VerbCall } from './control.ts';
import { actionSchema, actionVerbs, type Route, type RouteName, querySchema, routeNames, routeOf, routes } from './routes.ts';

type Check = (value: unknown) => readonly SchemaFault[];
type Values = Readonly<Record<string, unknown>>;

export interface Asked {
  readonly name: RouteName;
  readonly route: Route;
  /** The word at `{id}`. */
  readonly id: string;
  readonly query: Readonly<Record<string, string>>;
}

export interface RequestReader {
  /** Rejects with NOT_FOUND, UNSUPPORTED (no such method there), CONFIG (what is wrong with the query). */
  read(method: string, url: string): Promise<Asked>;
  /** Rejects with CONFIG and every fault of the body. */
  action(body: unknown): Promise<{ readonly call: VerbCall; readonly who: Who }>;
}

const maxBodyBytes = 65_536;

/** A schema is compiled when it is first needed: all of them take a second. */
export function createRequestReader(): RequestReader {
  const checks = new Map<string, Promise<Check>>();
  const checkFor = (key: string, schema: () => JsonSchema): Promise<Check> => {
    const known = checks.get(key) ?? compileJsonSchema(schema());
    checks.set(key, known);
    return known;
  };
  return {
    async read(method, url) {
      const { pathname, searchParams } = urlOf(url);
      const { name, id } = findRoute(method, pathname);
      const query = onceEach(searchParams);
      mustBeValid(await checkFor(name, () => querySchema(routes[name])), query, 'query');
      return { name, route: routeOf(name), id, query };
    },
    async action(body) {
      const { verb: asked, who } = isRecord(body) ? body : {};
      const verb = actionVerbs.find(({ name }) => name === asked);
      if (verb === undefined) throw new SvcError('CONFIG', `verb: one of ${actionVerbs.map(({ name }) => name).join(', ')}`);
      mustBeValid(await checkFor(`action ${verb.name}`, () => actionSchema(verb)), body, 'body');
      return { call: callOfBody(body as Values), who: (who as Who | undefined) ?? { user: 'api' } };
    },
  };
}

function urlOf(text: string): URL {
  try {
    return new URL(text, 'http://svcmgrd');
  } catch (cause) {
    throw new SvcError('CONFIG', 'the request target is no URL', { cause });
  }
}

function findRoute(method: string, path: string): { readonly name: RouteName; readonly id: string } {
  const found = routeNames.flatMap((name) => {
    const match = new RegExp(`^${routes[name].path.replace('{id}', '([\\w-]{1,64})')}$`).exec(path);
    return match === null ? [] : [{ name, id: match[1] ?? '' }];
  });
  if (found.length === 0) throw new SvcError('NOT_FOUND', `no route ${path.slice(0, 200)}`, { hint: 'docs/api.md lists the routes' });
  const fit = found.find(({ name }) => routes[name].method === method);
  if (fit !== undefined) return fit;
  throw new SvcError('UNSUPPORTED', `${path} takes ${found.map(({ name }) => routes[name].method).join(', ')}`);
}

function onceEach(params: URLSearchParams): Readonly<Record<string, string>> {
  const twice = [...params.keys()].find((key, at, all) => all.indexOf(key) !== at);
  if (twice !== undefined) throw new SvcError('CONFIG', `query: ${twice.slice(0, 60)} is given twice`);
  return Object.fromEntries(params);
}

function mustBeValid(check: Check, value: unknown, where: string): void {
  const faults = check(value);
  if (faults.length === 0) return;
  const lines = faults.map(({ keyword, text }) => `${where}${keyword === '' ? '' : ` ${keyword.slice(0, 60)}`}: ${text}`);
  throw new SvcError('CONFIG', lines.join('; '), { hint: 'docs/api.md lists what each route takes' });
}

const ofTheQuery: ReadonlySet<string> = new Set(['selector', 'colour', 'columns', 'fresh']);

/** What a verb route asks: options are texts, those without a value `true`. */
export function callOfQuery({ route, query }: Asked): VerbCall {
  const { format, ...options } = Object.fromEntries(Object.entries(query).filter(([name]) => !ofTheQuery.has(name)));
  return {
    verb: route.verb ?? '',
    selector: query['selector'],
    words: [],
    ...splitOptions({ ...options, ...(format === undefined ? {} : { format }) }),
    ...renderingOf(query),
    fresh: query['fresh'] === 'true',
  };
}

function callOfBody(body: Values): VerbCall {
  const { format, debug } = body;
  const options = {
    ...(body['options'] as Values | undefined),
    ...(format === undefined ? {} : { format }),
    ...(debug === undefined ? {} : { debug: true }),
  };
  return {
    verb: String(body['verb']),
    selector: String(body['selector']),
    words: (body['words'] as readonly string[] | undefined) ?? [],
    ...splitOptions(options),
    ...renderingOf(body),
    fresh: false,
  };
}

function splitOptions(options: Values): Pick<VerbCall, 'values' | 'switches'> {
  const entries = Object.entries(options);
  const isSwitch = ([, value]: readonly [string, unknown]): boolean => value === true || value === 'true';
  const values = entries.filter((one) => !isSwitch(one) && one[1] !== false);
  return {
    values: Object.fromEntries(values.map(([name, value]) => [name, Array.isArray(value) ? value.map(String) : [String(value)]])),
    switches: new Set(entries.filter(isSwitch).map(([name]) => name)),
  };
}

function renderingOf(from: Values): Pick<VerbCall, 'colour' | 'columns'> {
  return { colour: from['colour'] === 'true', columns: Number(from['columns'] ?? 78) };
}

/** The JSON of a request. @throws SvcError CONFIG when it is none, or larger than a request may be */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBodyBytes) throw new SvcError('CONFIG', `the body is larger than ${maxBodyBytes} bytes`);
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown;
  } catch (cause) {
    throw new SvcError('CONFIG', 'the body is no JSON', { cause });
  }
}

function isRecord(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
