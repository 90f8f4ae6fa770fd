/** The composition root: builds every object in one readable list and runs one call of the command line. */
import { createInterface } from 'node:readline/promises';
import { type BuiltWorld, buildWorld, joinSinks, openLog } from './build-world.ts';
import type { App } from './cli/app.ts';
import { colourWish } from './cli/ask-daemon.ts';
import { commands } from './cli/commands.ts';
import { complaint, exitOf } from './cli/complain.ts';
import { localStatus } from './cli/local-status.ts';
import type { Invocation } from './cli/parse.ts';
import { wantsColour } from './cli/render/colour.ts';
import { renderLine } from './cli/render/console.ts';
import { createLiveLine, type LiveLine } from './cli/render/live-line.ts';
import type { Line, Sink } from './driver/log-line.ts';
import type { NodeDefinition } from './config/definition.ts';
import { problemLine } from './config/problems.ts';
import { loadNode } from './engine/node.ts';
import { createShared } from './engine/run.ts';
import type { World } from './engine/world.ts';
import { asSvcError, SvcError } from './errors.ts';
import { findWho } from './io/identity.ts';
import { findPaths, type Paths } from './paths.ts';

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
  const file = call.verb.group === 'actions' ? await openLog(paths) : undefined;
  const live = liveLine(call);
  const sink = joinSinks([consoleSink(call, live), ...(file === undefined ? [] : [file.sink])]);
  const opened: BuiltWorld[] = [];
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
    for (const built of opened) await built.close();
    await file?.close();
  }
}

/** The world of this call. Adds to `opened` what must be closed in the end. */
async function createWorld(paths: Paths, sink: Sink, call: Invocation, opened: BuiltWorld[]): Promise<World> {
  const node = await usableNode(paths, call);
  const built = buildWorld({ paths, node, sink, who: findWho(process.env), env: process.env });
  opened.push(built);
  const sid = givenSid(process.env['SVCMGR_SID']);
  return { ...built.world, round: createShared(), ...(sid === undefined ? {} : { sid }) };
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
    ...localStatus(world, signal),
  };
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
