/** `svcmgr doc`: the manual from the tables. */
import { nodeKeywords, resourceKeywords, serviceKeywords } from '../../config/tables.ts';
import { nearestName } from '../../config/nearest.ts';
import type { Keywords } from '../../driver/keywords.ts';
import { SvcError } from '../../errors.ts';
import { type App, formatOf, sayData } from '../app.ts';
import { driverPage, errorsPage, keywordTable, verbsPage } from '../manual/manual.ts';

const tables = { service: serviceKeywords, resource: resourceKeywords, node: nodeKeywords } as const;

export async function docCommand(app: App): Promise<number> {
  const [topic] = app.call.words;
  const { registry } = app.world;
  await registry.load(registry.ids);
  if (formatOf(app) !== 'tree') {
    sayData(app, { schema: 1, drivers: Object.fromEntries(registry.ids.map((id) => [id, registry.card(id)])), ...tables });
    return 0;
  }
  app.out(pageOf(app, topic));
  return 0;
}

function pageOf(app: App, topic: string | undefined): string {
  const { registry } = app.world;
  if (topic === undefined || topic === 'drivers') return overview(app);
  if (topic === 'errors') return errorsPage();
  if (topic === 'verbs') return verbsPage();
  const table = (tables as Record<string, Keywords>)[topic];
  if (table !== undefined) return keywordTable(table);
  if (registry.ids.includes(topic)) return driverPage(topic, registry.driver(topic));
  const inGroup = registry.ids.filter((id) => id.startsWith(`${topic}.`));
  if (inGroup.length > 0) return inGroup.map((id) => driverPage(id, registry.driver(id))).join('\n');
  return keywordPages(app, topic);
}

function overview(app: App): string {
  const { registry } = app.world;
  const width = Math.max(...registry.ids.map((id) => id.length));
  const lines = registry.ids.map((id) => `${id.padEnd(width)}  ${registry.driver(id).summary}`);
  const refused = registry.refused.map((text) => `left out: ${text}`);
  return `${[...lines, ...refused].join('\n')}\n\nsvcmgr doc DRIVER, doc KEYWORD, doc service, doc resource, doc node, doc errors, doc verbs\n`;
}

/** Where a keyword of this name is known, and what it means there. */
function keywordPages(app: App, name: string): string {
  const { registry } = app.world;
  const places: [string, Keywords][] = [
    ...Object.entries(tables as Record<string, Keywords>),
    ...registry.ids.map((id): [string, Keywords] => [id, registry.driver(id).keywords]),
  ];
  const pages = places.flatMap(([place, keywords]) => {
    const keyword = keywords[name];
    return keyword === undefined ? [] : [`## ${place}\n\n${keywordTable({ [name]: keyword })}`];
  });
  if (pages.length > 0) return pages.join('\n');
  const known = [...registry.ids, ...places.flatMap(([, keywords]) => Object.keys(keywords)), 'errors', 'drivers', 'verbs', ...Object.keys(tables)];
  const nearest = nearestName(name, known);
  throw new SvcError('NOT_FOUND', `no driver or keyword ${name}`, { hint: nearest === undefined ? 'svcmgr doc lists the drivers' : `did you mean ${nearest}?` });
}
