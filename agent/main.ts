/** The composition root: builds every object in one readable list and runs one call of the command line. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import type { App } from './cli/app.ts';
import { commands } from './cli/commands.ts';
import { complaint, exitOf } from './cli/complain.ts';
import type { Invocation } from './cli/parse.ts';
import { type ColourWish, wantsColour } from './cli/render/colour.ts';
import { renderLine } from './cli/render/console.ts';
import { createLiveLine, type LiveLine } from './cli/render/live-line.ts';
import { verbs } from './cli/verbs.ts';
import type { Line, Sink } from './driver/log-line.ts';
import type { NodeDefinition } from './config/definition.ts';
import { problemLine } from './config/problems.ts';
import { createRegistry } from './driver/registry.ts';
import { openArrayWays } from './engine/array-ways.ts';
import { loadNode } from './engine/node.ts';
import { type NodeWays, openNodeWays } from './engine/node-ways.ts';
import { createRemotePeers } from './engine/remote-agent.ts';
import { remotePlace } from './engine/remote-place.ts';
import { rshTo } from './engine/rsh.ts';
import { createShared } from './engine/run.ts';
import type { World } from './engine/world.ts';
import { asSvcError, SvcError } from './errors.ts';
import { createDoors } from './io/doors.ts';
import { openScopes } from './io/scope.ts';
import { findWho } from './io/identity.ts';
import { findPaths, type Paths } from './paths.ts';
import { catchAllWords } from './state/selector-syntax.ts';

/** Runs one parsed command line, prints its error if there is one, and returns the exit status; never throws. */
export async function runInvocation(call: Invocation): Promise<number> {
  const interrupts = catchInterrupts(call.verb.group === 'actions');
  try {
    return await runLogged(call, interrupts.signal);
  } catch (thrown) {
    const error = asSvcError(thrown);
    process.stderr.write(complaint(error, call.switches.has('debug')));
    return exitOf(error);
  } finally {
    interrupts.stop();
  }
}

async function runLogged(call: Invocation, signal: AbortSignal): Promise<number> {
  const paths = findPaths(process.env);
  // An operator may stand in the very mount point that a stop unmounts: we must not keep it busy.
  if (call.verb.group === 'actions') process.chdir('/');
  const file = call.verb.group === 'actions' ? await fileLog(paths) : undefined;
  const live = liveLine(call);
  const sink = joinSinks([consoleSink(call, live), ...(file === undefined ? [] : [file.sink])]);
  const opened: Pick<NodeWays, 'close'>[] = [];
  try {
    const world = await createWorld(paths, sink, call, opened);
    const watched = live === undefined ? world : { ...world, live: (line: Line) => live.show(renderLine(line)) };
    return await commands[call.verb.name](createApp(call, watched, signal, live));
  } catch (thrown) {
    const error = asSvcError(thrown);
    if (error.code === 'BUG') file?.sink({ at: new Date(), level: 'error', text: complaint(error, true) });
    throw error;
  } finally {
    live?.clear();
    for (const ways of opened) await ways.close();
    await file?.close();
  }
}

/** The world of this node: node configuration, drivers, doors. Adds to `opened` what must be closed in the end. */
async function createWorld(paths: Paths, sink: Sink, call: Invocation, opened: Pick<NodeWays, 'close'>[]): Promise<World> {
  const node = await usableNode(paths, call);
  const ways = openNodeWays(node, process.env);
  const doors = createDoors(openScopes(paths.state));
  const arrays = openArrayWays(node, doors);
  opened.push(ways, arrays);
  const sid = givenSid(process.env['SVCMGR_SID']);
  return {
    paths,
    node,
    registry: createRegistry({ folder: driverFolder(), driverPath: node.settings.driver_path ?? [] }),
    doors,
    peers: createRemotePeers({
      run: ways.run,
      placeOf: (name) => remotePlace(node, name),
      now: () => new Date(),
      timeoutMs: node.settings.peer_timeout,
    }),
    doorsFor: (target) => ('array' in target ? arrays.doorsFor(target.array) : ways.doorsFor(target)),
    ...(sid === undefined ? {} : { sid }),
    rshTo: (name) => rshTo(node, name, process.env, ways.addressOf(name)),
    round: createShared(),
    now: () => new Date(),
    sink,
    who: findWho(process.env),
    reservedNames: [...catchAllWords, ...new Set(verbs.flatMap((verb) => verb.name.split(' ')))],
  };
}

/** Of the agent that called us; anything else in the environment is no session id. */
function givenSid(text: string | undefined): string | undefined {
  return text !== undefined && /^[\w.-]{8,100}$/.test(text) ? text : undefined;
}

/** A node file with errors: looking and stopping go on, with the errors on stderr; anything else is refused. */
async function usableNode(paths: Paths, call: Invocation): Promise<NodeDefinition> {
  const { definition, problems } = await loadNode(paths.nodeFile, process.env);
  const errors = problems.filter((problem) => problem.severity === 'error').map((problem) => `  ${problemLine(problem)}`);
  if (errors.length === 0 || call.verb.name === 'node print config') return definition;
  const acts = call.verb.group === 'actions' && call.verb.name !== 'stop';
  if (acts) throw new SvcError('CONFIG', `the node file is not valid:\n${errors.join('\n')}`);
  process.stderr.write(`svcmgr: the node file is not valid:\n${errors.join('\n')}\n`);
  return definition;
}

/** Drivers lie beside main.js in a build, one folder up in the source. */
function driverFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const beside = join(here, 'drivers');
  return existsSync(beside) ? beside : join(here, '../drivers');
}

/** The log file is a convenience: an unwritable folder must not stop an action. */
async function fileLog(paths: Paths): Promise<{ sink: Sink; close(): Promise<void> } | undefined> {
  const { openFileLog } = await import('./log.ts');
  try {
    return openFileLog(paths.log);
  } catch (error) {
    process.stderr.write(`svcmgr: no log file: ${String(error)}\n`);
    return undefined;
  }
}

function joinSinks(sinks: readonly Sink[]): Sink {
  return (line) => {
    for (const sink of sinks) sink(line);
  };
}

const ranks = { debug: 0, info: 1, warn: 2, error: 3 } as const satisfies Record<Line['level'], number>;

/** For whoever watches an action on a terminal. */
function liveLine(call: Invocation): LiveLine | undefined {
  if (!process.stderr.isTTY || call.switches.has('quiet')) return undefined;
  return createLiveLine(
    (text) => void process.stderr.write(text),
    // A terminal that does not know its size says 0.
    () => process.stderr.columns || 80,
  );
}

function consoleSink(call: Invocation, live: LiveLine | undefined): Sink {
  const least = call.switches.has('debug') ? 'debug' : call.switches.has('quiet') ? 'warn' : 'info';
  return (line) => {
    if (ranks[line.level] < ranks[least]) return;
    live?.clear();
    process.stderr.write(`${renderLine(line)}\n`);
  };
}

/** Ctrl-C and TERM abort the action, which then rolls back; a second one leaves at once (the journal knows). Looking just ends. */
function catchInterrupts(isAction: boolean): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(130);
    process.stderr.write(isAction ? `\n${name}: ending the action; once more to leave at once\n` : '\n');
    controller.abort(new SvcError('CANCELLED', `aborted by ${name}`));
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, onSignal);
  return {
    signal: controller.signal,
    stop: () => {
      for (const name of names) process.off(name, onSignal);
    },
  };
}

function createApp(call: Invocation, world: World, signal: AbortSignal, live: LiveLine | undefined): App {
  const say = (stream: NodeJS.WriteStream, text: string): void => {
    live?.clear();
    stream.write(text);
  };
  return {
    world,
    call,
    out: (text) => say(process.stdout, text),
    note: (text) => say(process.stderr, text),
    colour: wantsColour(colourWish(call)),
    columns: process.stdout.isTTY ? process.stdout.columns : 78,
    signal,
    env: process.env,
    ask: process.stdin.isTTY && process.stderr.isTTY ? ask : async () => undefined,
  };
}

/** The parser has checked the word. */
function colourWish(call: Invocation): ColourWish {
  const option = call.values.color?.[0] as ColourWish['option'];
  return { option, noColor: process.env['NO_COLOR'], term: process.env['TERM'], isTerminal: process.stdout.isTTY === true };
}

async function ask(question: string): Promise<string | undefined> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await new Promise<string | undefined>((resolve, reject) => {
      terminal.on('SIGINT', () => {
        process.stderr.write('\n');
        reject(new SvcError('CANCELLED', 'not answered'));
      });
      // The end of the input: nobody answers.
      terminal.on('close', () => resolve(undefined));
      terminal.question(question).then(resolve, reject);
    });
  } finally {
    terminal.close();
  }
}
