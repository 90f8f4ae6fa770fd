/** `array show`: every array of the node file, or one: who it is, its links and remote copy groups. Exit 8 when one does not answer. */
import { nearestName } from '../../nearest.ts';
import type { ArrayView } from '../../driver/contract.ts';
import { knownArrays } from '../../engine/array-ways.ts';
import { type ArrayAnswer, viewArray } from '../../engine/array-view.ts';
import { SvcError } from '../../errors.ts';
import { type App, formatOf, sayData } from '../app.ts';
import { complaint, exitOf } from '../complain.ts';
import { errorData } from '../error-data.ts';
import { painter } from '../render/colour.ts';
import { renderTable } from '../render/table.ts';

export async function arrayShowCommand(app: App): Promise<number> {
  const answers = await Promise.all(chosenArrays(app).map((name) => viewArray(app.world, name, app.signal)));
  const errors = answers.flatMap(({ name, error }) => (error === undefined ? [] : namedFor(name, error)));
  for (const error of errors) app.note(complaint(error, app.call.switches.has('debug')));
  if (formatOf(app) !== 'tree') {
    const rows = answers.map(dataOf);
    sayData(app, { schema: 1, node: app.world.node.name, arrays: rows }, rows);
  } else app.out(answers.map((answer) => textOf(app, answer)).join('\n'));
  const worst = errors.find(({ code }) => code === 'UNREACHABLE') ?? errors[0];
  return worst === undefined ? 0 : exitOf(worst);
}

/** Of several arrays it must be said which one it was. */
function namedFor(array: string, error: SvcError): SvcError {
  const { code, message, hint, facts } = error;
  if (message.includes(array)) return error;
  return new SvcError(code, `${array}: ${message}`, { facts, cause: error, ...(hint === undefined ? {} : { hint }) });
}

/** @throws SvcError NOT_FOUND when the node file does not know it, CONFIG when it knows none */
function chosenArrays({ call, world }: App): readonly string[] {
  const known = knownArrays(world.node);
  const [asked, more] = call.words;
  if (more !== undefined) throw new SvcError('CONFIG', `array show takes one array, not ${more} too`);
  if (asked === undefined && known.length > 0) return known;
  if (asked !== undefined && known.includes(asked)) return [asked];
  if (asked === undefined) {
    throw new SvcError('CONFIG', `the node file knows no array: ${world.paths.nodeFile}`, {
      hint: 'an [array#NAME] section says how an array is reached',
    });
  }
  const nearest = nearestName(asked, known);
  throw new SvcError('NOT_FOUND', `the node file has no section [array#${asked}]`, {
    hint: nearest === undefined ? `it knows ${known.join(', ') || 'no array'}` : `did you mean ${nearest}?`,
  });
}

const linkColumns = [{ title: 'target' }, { title: 'state' }, { title: 'link' }, { title: 'address' }, { title: 'is' }] as const;
const groupColumns = [
  { title: 'group' },
  { title: 'target' },
  { title: 'role' },
  { title: 'state' },
  { title: 'mode' },
  { title: 'volumes', align: 'right' },
  { title: 'sync' },
  { title: 'last sync' },
  { title: 'age', align: 'right' },
] as const;

function textOf(app: App, answer: ArrayAnswer): string {
  const paint = painter(app.colour);
  const { name, method, manager, view, askedMs } = answer;
  if (view === undefined) return `${paint('bold', name)}  ${paint('red', 'no answer')} (${method} ${manager})\n`;
  const { name: system, model, serial, remoteCopy } = view.system;
  const is = `${system}, ${model} ${serial}, remote copy ${remoteCopy} (${method} ${manager}, ${Math.round(askedMs)} ms)`;
  const options = { colour: app.colour };
  return `${paint('bold', name)}  ${is}\n${renderTable(linkColumns, linkRows(view), options)}${renderTable(groupColumns, groupRows(view), options)}`;
}

function linkRows({ targets, links }: ArrayView): Parameters<typeof renderTable>[1] {
  const linkless = targets
    .filter(({ name }) => !links.some(({ target }) => target === name))
    .map(({ name }) => ({ target: name, node: '-', address: '-', status: 'none' }));
  return [...links, ...linkless].map(({ target, node, address, status }) => {
    const state = targets.find(({ name }) => name === target)?.status ?? '-';
    return [
      target,
      { text: state, tint: state === 'ready' ? 'green' : 'red' },
      node,
      address,
      { text: status, tint: status === 'Up' ? 'green' : 'red' },
    ];
  });
}

function groupRows({ groups }: ArrayView): Parameters<typeof renderTable>[1] {
  return groups.map(({ name, target, role, status, mode, volumes, sync, lastSync, ageMs }) => [
    name,
    target,
    role,
    { text: status, tint: status === 'Started' ? 'green' : 'yellow' },
    mode,
    String(volumes),
    sync,
    lastSync ?? '-',
    lastSync === null ? '-' : ageMs === null ? 'unknown' : `${Math.round(ageMs / 1000)} s`,
  ]);
}

function dataOf({ error, view, askedMs, ...rest }: ArrayAnswer): Readonly<Record<string, unknown>> {
  return {
    ...rest,
    ok: error === undefined,
    askedMs: Math.round(askedMs),
    ...(view ?? {}),
    error: error === undefined ? null : errorData(error),
  };
}
