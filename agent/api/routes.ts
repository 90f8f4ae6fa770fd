/**
 * The routes of API v1: one table gives the server, its checks and docs/api.md. What a route takes is made from the tables of the
 * command line, so that neither can know an option that the other does not.
 */
import { type OptionName, type OptionSpec, optionSpecs } from '../cli/option-specs.ts';
import { type VerbName, type VerbSpec, verbs } from '../cli/verbs.ts';
import type { JsonSchema } from '../driver/schema.ts';

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `{id}` stands for one word. */
  readonly path: string;
  /** `read` is answered on both sockets, `act` only on the one of root. */
  readonly access: 'read' | 'act';
  readonly answer: 'text' | 'json' | 'events';
  /** The verb of the command line that answers it. */
  readonly verb?: VerbName;
  /** Query parameters besides those of the verb. */
  readonly query?: Readonly<Record<string, JsonSchema>>;
  readonly body?: 'action';
  readonly summary: string;
}

const since = { after: { type: 'string', pattern: '^\\d{1,15}$', description: 'only events after this number' } } as const;

// biome-ignore format: a table, a route a line
export const routes = {
  status: { method: 'GET', path: '/v1/status', access: 'read', answer: 'text', verb: 'print status', summary: 'status of services, as print status prints it' },
  check: { method: 'GET', path: '/v1/check', access: 'read', answer: 'text', verb: 'check', summary: 'the line for monitoring; its exit status is in Svcmgr-Exit' },
  mon: { method: 'GET', path: '/v1/mon', access: 'read', answer: 'text', verb: 'mon', summary: 'a line per service: its state on each node' },
  metrics: { method: 'GET', path: '/metrics', access: 'read', answer: 'text', verb: 'metrics', summary: 'figures for Prometheus; never looks, never waits' },
  services: { method: 'GET', path: '/v1/services', access: 'read', answer: 'text', verb: 'ls', summary: 'names of services' },
  events: { method: 'GET', path: '/v1/events', access: 'read', answer: 'events', query: since, summary: 'what happens: states, actions, files' },
  daemon: { method: 'GET', path: '/v1/daemon', access: 'read', answer: 'json', summary: 'the daemon itself: pid, version, since when, what it does' },
  reload: { method: 'POST', path: '/v1/reload', access: 'act', answer: 'json', summary: 'take the files as they are now' },
  actions: { method: 'GET', path: '/v1/actions', access: 'read', answer: 'json', summary: 'actions that run or ended lately' },
  begin: { method: 'POST', path: '/v1/actions', access: 'act', answer: 'json', body: 'action', summary: 'begin an action; answers 202 with its id' },
  follow: { method: 'GET', path: '/v1/actions/{id}/events', access: 'act', answer: 'events', query: since, summary: 'console of an action, from its beginning to its result' },
  abort: { method: 'DELETE', path: '/v1/actions/{id}', access: 'act', answer: 'json', summary: 'abort an action, which then rolls back' },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;
export const routeNames = Object.keys(routes) as readonly RouteName[];

export function routeOf(name: RouteName): Route {
  return routes[name];
}

/** Options that say how a terminal shows things; the client does that. */
const notOverTheWire: ReadonlySet<string> = new Set(['service', 'help', 'debug', 'quiet', 'local', 'follow', 'watch']);

export function verbSpec(name: string): VerbSpec | undefined {
  return verbs.find((verb) => verb.name === name);
}

/** How an answer is rendered. */
const rendering = {
  format: { type: 'string', enum: [...(optionSpecs.format.choices ?? [])], description: optionSpecs.format.text },
  colour: { type: 'string', enum: ['true'], description: 'with colours' },
  columns: { type: 'string', pattern: '^[1-9]\\d{1,3}$', description: 'width that notes are wrapped at, default 78' },
} as const;

/** Schema of the query of a route: every value a text, unknown names refused. */
export function querySchema(route: Route): JsonSchema {
  const verb = route.verb === undefined ? undefined : verbSpec(route.verb);
  const ofVerb = verb === undefined ? {} : { ...selector, ...rendering, ...fresh, ...optionProperties(verb, false) };
  return { type: 'object', additionalProperties: false, properties: { ...ofVerb, ...route.query } };
}

const selector = { selector: { type: 'string', minLength: 1, maxLength: 4096, description: 'which services, as -s' } } as const;
const fresh = {
  fresh: { type: 'string', enum: ['true'], description: 'answer 503 instead of figures that are missing or old' },
} as const;

const who = {
  type: 'object',
  additionalProperties: false,
  required: ['user'],
  properties: Object.fromEntries(['user', 'sudoUser', 'ssh', 'tty'].map((name) => [name, { type: 'string', maxLength: 64 }])),
  description: 'who asks, for the journal; believed, because only root reaches this socket',
} as const;

/** Verbs that can be begun over the API. */
export const actionVerbs: readonly VerbSpec[] = verbs.filter((verb) => verb.group === 'actions');

/** Schema of the body that begins an action of this verb. */
export function actionSchema(verb: VerbSpec): JsonSchema {
  return {
    type: 'object',
    additionalProperties: false,
    required: ['verb', 'selector'],
    properties: {
      verb: { type: 'string', enum: [verb.name] },
      ...selector,
      ...(verb.words === undefined ? {} : { words: { type: 'array', maxItems: 8, items: { type: 'string', maxLength: 256 } } }),
      options: { type: 'object', additionalProperties: false, properties: optionProperties(verb, true) },
      ...rendering,
      debug: { type: 'string', enum: ['true'], description: 'stacks of errors, and lines of level debug' },
      who,
    },
  };
}

/** @param typed in a body: lists and booleans; in a query everything is a text */
function optionProperties(verb: VerbSpec, typed: boolean): Readonly<Record<string, JsonSchema>> {
  const names = verb.options.filter((name) => !notOverTheWire.has(name)) as readonly OptionName[];
  return Object.fromEntries(names.map((name) => [name, optionSchema(optionSpecs[name], typed)]));
}

function optionSchema({ value, multiple, choices, text }: OptionSpec, typed: boolean): JsonSchema {
  if (value === undefined) return typed ? { type: 'boolean', description: text } : { type: 'string', enum: ['true'], description: text };
  const one = { type: 'string', minLength: 1, maxLength: 4096, ...(choices === undefined ? {} : { enum: [...choices] }) };
  return typed && multiple === true ? { type: 'array', maxItems: 256, items: one, description: text } : { ...one, description: text };
}
