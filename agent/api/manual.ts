/** docs/api.md, made from the table of routes. */
import type { JsonSchema } from '../driver/schema.ts';
import { errorKinds } from '../errors.ts';
import { actionSchema, actionVerbs, querySchema, type Route, routeNames, routes } from './routes.ts';

const intro = `# API v1

The daemon answers HTTP on two unix sockets in its run folder: \`svcmgrd.sock\` (mode 0600, root) and \`svcmgrd-read.sock\`, which
only looks and which \`[api] read_group\` of the node file opens to a group. This page is made from the table of routes
(\`npm run doc\`); the command line is a client of the same routes.

\`\`\`
curl --unix-socket /run/svcmgr/svcmgrd.sock 'http://svcmgrd/v1/status?selector=web&format=json'
curl --unix-socket /run/svcmgr/svcmgrd.sock http://svcmgrd/v1/actions -d '{"verb":"start","selector":"web"}'
curl --no-buffer --unix-socket /run/svcmgr/svcmgrd.sock http://svcmgrd/v1/actions/ID/events
\`\`\`

* Unknown routes, parameters and fields are refused. A body is at most 64 KiB; headers must have come within 10 s.
* Text answers carry the exit status of the verb in \`Svcmgr-Exit\`; \`Svcmgr-Notes\` counts lines that the command line would show on
  stderr.
* Whoever sends \`Svcmgr-Version\` is refused by a daemon of another version.
* Events are server-sent events, numbered; \`after=N\` takes up where a lost connection ended. A reader takes them at its own
  pace; one that takes nothing for two minutes is dropped.
  The console of an action has the events \`line\` (a log line), \`out\` and \`note\` (stdout and stderr), \`lost\` (how many lines are
  gone), and last \`end\` with the exit status. An action goes on whether anybody follows it or not.
`;

/** The whole page. */
export function renderApi(): string {
  const parts = [
    intro.trimEnd(),
    '## Routes',
    routeTable(),
    ...routeNames.flatMap((name) => parameters(routes[name])),
    '## Actions',
    actions(),
    '## Errors',
    errors(),
  ];
  return `${parts.join('\n\n')}\n`;
}

function routeTable(): string {
  const rows = routeNames.map((name) => {
    const { method, path, access, answer, summary }: Route = routes[name];
    return `| ${method} | \`${path}\` | ${access === 'read' ? 'both' : 'root'} | ${answer} | ${summary} |`;
  });
  return ['| method | path | socket | answer | what |', '|---|---|---|---|---|', ...rows].join('\n');
}

function parameters(route: Route): readonly string[] {
  const found = Object.entries(propertiesOf(querySchema(route)));
  if (found.length === 0) return [];
  return [
    `### ${route.method} ${route.path}`,
    found.map(([name, schema]) => `* \`${name}\`${shape(schema)}: ${String(schema['description'] ?? '')}`).join('\n'),
  ];
}

function actions(): string {
  const common = Object.entries(propertiesOf(actionSchema(actionVerbs[0] as (typeof actionVerbs)[number])));
  const lines = common
    .filter(([name]) => name !== 'options')
    .map(([name, schema]) => `* \`${name}\`${shape(schema)}: ${describe(name, schema)}`);
  const verbs = actionVerbs.map((verb) => {
    const options = Object.keys(propertiesOf(propertiesOf(actionSchema(verb))['options'] ?? {}));
    return `| \`${verb.name}\` | ${verb.words === undefined ? '' : `\`words\`: ${verb.words}`} | ${options.map((name) => `\`${name}\``).join(', ')} |`;
  });
  return [
    ...lines,
    '* `options` are those of the verb, a list where they repeat, `true` for those without a value:',
    '',
    '| verb | words | options |',
    '|---|---|---|',
    ...verbs,
  ].join('\n');
}

function describe(name: string, schema: JsonSchema): string {
  return name === 'verb' ? 'one of the table below' : String(schema['description'] ?? '');
}

function shape(schema: JsonSchema): string {
  const choices = schema['enum'] as readonly string[] | undefined;
  if (schema['type'] === 'object') return ` (${Object.keys(propertiesOf(schema)).join(', ')})`;
  return choices === undefined || choices.length > 6 || choices.length === 0 ? '' : ` (${choices.join(', ')})`;
}

function propertiesOf(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return (schema['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>;
}

function errors(): string {
  const rows = Object.entries(errorKinds).map(([code, { http, meaning }]) => `| ${http} | ${code} | ${meaning} |`);
  return [
    '`{"error": {"code", "message", "hint", "facts"}}` with the HTTP status of its code:',
    '',
    '| HTTP | code | meaning |',
    '|---|---|---|',
    ...rows,
  ].join('\n');
}
