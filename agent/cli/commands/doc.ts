/** `svcmgr doc`: the manual from the tables. */
import { allowances } from '../../driver/allowances.ts';
import { nearestName } from '../../nearest.ts';
import { nodeKeywords, resourceKeywords, serviceKeywords } from '../../config/tables.ts';
import type { Keyword, Keywords } from '../../driver/keywords.ts';
import { errorKinds, SvcError } from '../../errors.ts';
import { type App, formatOf, sayData } from '../app.ts';
import { driverPage, errorsPage, keywordPage, shortList } from '../manual/text.ts';
import { type VerbSpec, verbs } from '../verbs.ts';

const tables: Readonly<Record<string, Keywords>> = { service: serviceKeywords, resource: resourceKeywords, node: nodeKeywords };

export async function docCommand(app: App): Promise<number> {
  const [topic = 'drivers', ...more] = app.call.words;
  if (more.length > 0) throw new SvcError('CONFIG', 'doc: one topic at a time', { hint: app.call.verb.example });
  const { registry } = app.world;
  await registry.load(registry.ids);
  if (formatOf(app) === 'tree') app.out(pageOf(app, topic));
  else sayData(app, dataOf(app, topic));
  return 0;
}

function pageOf(app: App, topic: string): string {
  const { columns } = app;
  if (topic === 'drivers') return overview(app);
  if (topic === 'errors') return errorsPage(columns);
  if (topic === 'allow') return shortList(Object.entries(allowances), columns);
  if (topic === 'verbs')
    return shortList(
      verbs.map((verb: VerbSpec) => [verb.name, verb.summary]),
      columns,
    );
  const table = Object.hasOwn(tables, topic) ? tables[topic] : undefined;
  if (table !== undefined) return keywordPage(table, columns);
  const ids = driversNamed(app, topic);
  const [only] = ids;
  if (only !== undefined && ids.length === 1) return driverPage(only, app.world.registry.driver(only), columns);
  return ids.length > 0 ? driverList(app, ids) : keywordPages(app, topic);
}

/** `fs.ext4` by its id, `fs` by their group, `ext4` by its type. */
function driversNamed(app: App, topic: string): readonly string[] {
  const { ids } = app.world.registry;
  if (ids.includes(topic)) return [topic];
  const inGroup = ids.filter((id) => id.startsWith(`${topic}.`));
  return inGroup.length > 0 ? inGroup : ids.filter((id) => id.endsWith(`.${topic}`));
}

function driverList(app: App, ids: readonly string[]): string {
  return shortList(
    ids.map((id) => [id, app.world.registry.driver(id).summary]),
    app.columns,
  );
}

function overview(app: App): string {
  const { ids, refused } = app.world.registry;
  const left = refused.map((text) => `left out: ${text}\n`).join('');
  return `${driverList(app, ids)}${left}\nMore: svcmgr doc DRIVER, doc KEYWORD, doc service, doc resource, doc node,\n      doc errors, doc allow, doc verbs\n`;
}

/** Where a keyword of this name is known, and what it means there; places that say the same are told together. */
function keywordPages(app: App, name: string): string {
  const meanings = new Map<string, { readonly places: string[]; readonly keyword: Keyword }>();
  for (const [place, keywords] of placesOf(app)) {
    const keyword = Object.hasOwn(keywords, name) ? keywords[name] : undefined;
    if (keyword === undefined) continue;
    const same = meanings.get(JSON.stringify(keyword)) ?? { places: [], keyword };
    same.places.push(place);
    meanings.set(JSON.stringify(keyword), same);
  }
  if (meanings.size === 0) throw unknownTopic(app, name);
  return [...meanings.values()]
    .map(({ places, keyword }) => `${places.join(', ')}\n\n${keywordPage({ [name]: keyword }, app.columns)}`)
    .join('\n');
}

function placesOf(app: App): readonly (readonly [string, Keywords])[] {
  const { registry } = app.world;
  return [...Object.entries(tables), ...registry.ids.map((id) => [id, registry.driver(id).keywords] as const)];
}

function unknownTopic(app: App, name: string): SvcError {
  const { ids } = app.world.registry;
  const keywords = placesOf(app).flatMap(([, table]) => Object.keys(table));
  const types = ids.map((id) => id.slice(id.indexOf('.') + 1));
  const nearest = nearestName(name, [...ids, ...types, ...keywords, 'errors', 'allow', 'drivers', 'verbs', ...Object.keys(tables)]);
  return new SvcError('NOT_FOUND', `no driver or keyword ${name}`, {
    hint: nearest === undefined ? 'svcmgr doc lists the drivers' : `did you mean ${nearest}?`,
  });
}

function dataOf(app: App, topic: string): Readonly<Record<string, unknown>> {
  const { registry } = app.world;
  const drivers = (ids: readonly string[]) =>
    Object.fromEntries(
      ids.map((id) => [id, { summary: registry.driver(id).summary, needs: registry.driver(id).needs, ...registry.card(id) }]),
    );
  if (topic === 'errors') return { schema: 1, errors: errorKinds };
  if (topic === 'allow') return { schema: 1, allow: allowances };
  if (topic === 'verbs') return { schema: 1, verbs };
  if (topic === 'drivers') return { schema: 1, drivers: drivers(registry.ids), ...tables };
  if (Object.hasOwn(tables, topic)) return { schema: 1, [topic]: tables[topic] };
  const named = driversNamed(app, topic);
  if (named.length > 0) return { schema: 1, drivers: drivers(named) };
  const found = placesOf(app).flatMap(([place, keywords]) => (Object.hasOwn(keywords, topic) ? [[place, keywords[topic]] as const] : []));
  if (found.length === 0) throw unknownTopic(app, topic);
  return { schema: 1, keyword: topic, places: Object.fromEntries(found) };
}
