/** `node doctor`: is this node fit for its services? A line per check, with the command that mends it. Exit 1 when a check failed. */
import { statfs } from 'node:fs/promises';
import type { ArrayView } from '../../driver/contract.ts';
import { readOwner } from '../../io/lock.ts';
import { lockFile } from '../../engine/service-lock.ts';
import { knownArrays } from '../../engine/array-ways.ts';
import { viewArray } from '../../engine/array-view.ts';
import { loadNode } from '../../engine/node.ts';
import { interruptedActions } from '../../engine/recover.ts';
import { openService, serviceNames } from '../../engine/services.ts';
import { asSvcError } from '../../errors.ts';
import { type App, formatOf, sayData } from '../app.ts';
import { painter } from '../render/colour.ts';
import { printable } from '../render/width.ts';

interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly text: string;
  readonly mend?: string;
}

const leastFreeBytes = 64 * 1024 * 1024;

export async function doctorCommand(app: App): Promise<number> {
  const checks = [
    rootCheck(),
    ...(await nodeChecks(app)),
    ...(await toolChecks(app)),
    ...(await diskChecks(app)),
    ...driverChecks(app),
    ...(await arrayChecks(app)),
    ...(await serviceChecks(app)),
  ];
  if (formatOf(app) !== 'tree') sayData(app, { schema: 1, node: app.world.node.name, checks }, checks);
  else app.out(checks.map((check) => lineOf(app, check)).join(''));
  return checks.some((check) => check.state === 'fail') ? 1 : 0;
}

function lineOf(app: App, check: Check): string {
  const tint = { ok: 'green', warn: 'yellow', fail: 'red' } as const;
  const mend = check.mend === undefined ? '' : `\n        mend: ${check.mend}`;
  return `${painter(app.colour)(tint[check.state], check.state.padEnd(4))}  ${check.name}: ${printable(check.text)}${mend}\n`;
}

function rootCheck(): Check {
  const root = process.getuid?.() === 0;
  return root
    ? { name: 'user', state: 'ok', text: 'root' }
    : { name: 'user', state: 'warn', text: 'not root: mounts, devices and addresses cannot be changed', mend: 'sudo svcmgr …' };
}

async function nodeChecks(app: App): Promise<readonly Check[]> {
  const { definition, problems } = await loadNode(app.world.paths.nodeFile, app.env);
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  const named: Check = { name: 'node', state: 'ok', text: `${definition.name}, ${definition.file ?? 'no node file (defaults)'}` };
  if (errors === 0) return [named];
  const faulty: Check = {
    name: 'node file',
    state: 'fail',
    text: `${errors} error${errors === 1 ? '' : 's'}`,
    mend: 'svcmgr node print config shows them',
  };
  return [named, faulty];
}

const coreTools = { flock: 'util-linux', setpriv: 'util-linux', prlimit: 'util-linux' } as const;

/** Tools of the agent itself, then those of the drivers that the services use. */
async function toolChecks(app: App): Promise<readonly Check[]> {
  const { world } = app;
  const needed = new Map<string, string[]>(Object.entries(coreTools).map(([tool, from]) => [tool, [`the agent (package ${from})`]]));
  for (const name of await serviceNames(world)) {
    // A file that cannot be read is the matter of its own check.
    const definition = (await openService(world, name).catch(() => undefined))?.definition;
    for (const resource of definition?.resources ?? []) {
      for (const tool of world.registry.driver(resource.type).needs)
        needed.set(tool, [...(needed.get(tool) ?? []), `${name} ${resource.rid}`]);
    }
  }
  return Promise.all(
    [...needed].map(async ([tool, users]): Promise<Check> => {
      if (await world.doors.hasTool(tool)) return { name: tool, state: 'ok', text: 'installed' };
      return {
        name: tool,
        state: 'fail',
        text: `not installed; needed by ${users.slice(0, 3).join(', ')}`,
        mend: `install the package that brings ${tool}`,
      };
    }),
  );
}

async function diskChecks(app: App): Promise<readonly Check[]> {
  const { journal, run } = app.world.paths;
  return Promise.all(
    [journal, run].map(async (folder): Promise<Check> => {
      const found = await statfs(folder).catch(() => undefined);
      if (found === undefined) return { name: folder, state: 'ok', text: 'will be made when first needed' };
      const freeBytes = found.bavail * found.bsize;
      const text = `${Math.floor(freeBytes / (1024 * 1024))} MiB free`;
      return freeBytes >= leastFreeBytes
        ? { name: folder, state: 'ok', text }
        : { name: folder, state: 'fail', text: `${text}: a start is refused when the journal cannot be written`, mend: 'free some space' };
    }),
  );
}

function driverChecks(app: App): readonly Check[] {
  return app.world.registry.refused.map((text) => ({ name: 'driver_path', state: 'fail', text }) as const);
}

/** Reached, key known, login good, its remote copy service running. */
async function arrayChecks(app: App): Promise<readonly Check[]> {
  const answers = await Promise.all(knownArrays(app.world.node).map((name) => viewArray(app.world, name, app.signal)));
  return answers.map(({ name, view, error }): Check => {
    if (view === undefined) {
      return { name, state: 'fail', text: error?.message ?? 'no answer', ...(error?.hint === undefined ? {} : { mend: error.hint }) };
    }
    const { remoteCopy } = view.system;
    const down = view.links.filter(({ status }) => status !== 'Up').map(({ target, node }) => `${node} to ${target}`);
    const lost = view.targets.filter(({ status }) => status !== 'ready').map((target) => `${target.name} (${target.status})`);
    if (remoteCopy !== 'Started') return { name, state: 'warn', text: `remote copy is ${remoteCopy}`, mend: `startrcopy, on ${name}` };
    if (down.length > 0) return { name, state: 'warn', text: `link down: ${down.join(', ')}`, mend: `svcmgr array show ${name}` };
    if (lost.length > 0) return { name, state: 'warn', text: `target not ready: ${lost.join(', ')}`, mend: `svcmgr array show ${name}` };
    return { name, state: 'ok', text: `answers; remote copy groups: ${rolesOf(view)}` };
  });
}

/** `2 Primary, 1 Secondary` */
function rolesOf({ groups }: ArrayView): string {
  const roles = [...new Set(groups.map(({ role }) => role))].sort();
  return roles.map((role) => `${groups.filter((group) => group.role === role).length} ${role}`).join(', ') || 'none';
}

async function serviceChecks(app: App): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const name of await serviceNames(app.world)) {
    try {
      const { problems } = await openService(app.world, name);
      const errors = problems.filter((problem) => problem.severity === 'error').length;
      checks.push(
        errors === 0
          ? { name, state: 'ok', text: 'valid' }
          : { name, state: 'fail', text: `${errors} error${errors === 1 ? '' : 's'} in its file`, mend: `svcmgr -s ${name} validate` },
      );
      checks.push(...(await cutChecks(app, name)));
    } catch (thrown) {
      checks.push({ name, state: 'fail', text: asSvcError(thrown).message });
    }
  }
  return checks;
}

async function cutChecks(app: App, name: string): Promise<readonly Check[]> {
  const cut = (await interruptedActions(app.world, name)).map(
    (one): Check => ({
      name,
      state: 'warn',
      text: `${one.verb} of ${new Date(one.at).toISOString()} was interrupted`,
      mend: `svcmgr -s ${name} resume`,
    }),
  );
  const held = readOwner(lockFile(app.world.paths.run, name));
  return held?.live === true ? [...cut, { name, state: 'ok', text: `${held.owner.action} is running since ${held.owner.since}` }] : cut;
}
