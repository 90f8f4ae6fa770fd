/** `node ping`: every node of the node file, or one: reached by which address, its key, our login, its agent. Exit 8 when one cannot be reached. */
import { nearestName } from '../../nearest.ts';
import { isSameNode } from '../../config/scope.ts';
import { knownNodes, type Ping, pingNode } from '../../engine/ping.ts';
import { SvcError } from '../../errors.ts';
import { type App, formatOf, sayData } from '../app.ts';
import { complaint, exitOf } from '../complain.ts';
import { errorData } from '../error-data.ts';
import { renderTable } from '../render/table.ts';

export async function nodePingCommand(app: App): Promise<number> {
  const nodes = chosenNodes(app);
  const { createSshPool } = await import('../../io/ssh/pool.ts');
  const pool = createSshPool();
  try {
    const input = { pool, definition: app.world.node, env: app.env, signal: app.signal };
    const pings = await Promise.all(nodes.map((node) => pingNode(input, node)));
    report(app, pings);
    return exitOfPings(pings);
  } finally {
    await pool.closeAll();
  }
}

/** @throws SvcError NOT_FOUND when the node file does not know it, CONFIG when it knows none */
function chosenNodes(app: App): readonly string[] {
  const known = knownNodes(app.world.node);
  const [asked, more] = app.call.words;
  if (more !== undefined) throw new SvcError('CONFIG', `node ping takes one node, not ${more} too`);
  if (asked === undefined && known.length === 0) {
    throw new SvcError('CONFIG', `the node file knows no other node: ${app.world.paths.nodeFile}`, {
      hint: 'a [host#NAME] section says how a node is reached',
    });
  }
  if (asked === undefined) return known;
  const found = known.find((name) => name === asked) ?? known.find((name) => isSameNode(name, asked));
  if (found !== undefined) return [found];
  const nearest = nearestName(asked, known);
  throw new SvcError('NOT_FOUND', `the node file has no section [host#${asked}]`, {
    hint: nearest === undefined ? `it knows ${known.join(', ') || 'no node'}` : `did you mean ${nearest}?`,
  });
}

/** The worst: unreachable before anything else. */
function exitOfPings(pings: readonly Ping[]): number {
  const errors = pings.flatMap(({ error }) => error ?? []);
  const worst = errors.find((error) => error.code === 'UNREACHABLE') ?? errors[0];
  return worst === undefined ? 0 : exitOf(worst);
}

const columns = [
  { title: 'node' },
  { title: 'address' },
  { title: 'host key' },
  { title: 'login' },
  { title: 'svcmgr' },
  { title: 'is' },
  { title: 'round trip', align: 'right' },
] as const;

function report(app: App, pings: readonly Ping[]): void {
  for (const { error, passed } of pings) {
    for (const one of [...passed, ...(error === undefined ? [] : [error])]) app.note(complaint(one, app.call.switches.has('debug')));
  }
  if (formatOf(app) !== 'tree') {
    const rows = pings.map(dataOf);
    sayData(app, { schema: 1, node: app.world.node.name, nodes: rows }, rows);
  } else app.out(renderTable(columns, pings.map(rowOf), { colour: app.colour }));
}

function rowOf({ node, address, hostKey, login, version, name, roundTripMs, error }: Ping): Parameters<typeof renderTable>[1][number] {
  const tint = error === undefined ? 'green' : 'red';
  const words = [address, hostKey, login, version, name, roundTripMs === undefined ? undefined : `${roundTripMs.toFixed(1)} ms`];
  return [{ text: node, tint }, ...words.map((word) => word ?? '-')];
}

function dataOf({ passed, error, ...rest }: Ping): Readonly<Record<string, unknown>> {
  const known = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, value ?? null]));
  return { ...known, ok: error === undefined, passed: passed.map(errorData), error: error === undefined ? null : errorData(error) };
}
