/** Triggers: user commands around a verb. A blocking one aborts the action, a plain one is only logged (spec/config.md). */
import type { Argv } from '../driver/contract.ts';
import { createAct } from '../driver/context.ts';
import { defaultLimits } from '../driver/limits.ts';
import { asSvcError, SvcError } from '../errors.ts';
import { type Action, actInput } from './action-state.ts';
import type { Resource } from './instance.ts';

export type Phase = 'pre' | 'post';
export type TriggerVerb = 'start' | 'stop' | 'sync' | 'provision' | 'unprovision' | 'run';

/** Runs the plain, then the blocking trigger of a phase: of the resource, or of the service when none is given. */
export async function runTriggers(
  action: Action,
  phase: Phase,
  verb: TriggerVerb,
  resource: Resource | undefined,
  signal: AbortSignal,
): Promise<void> {
  // Those of a section are run around the resource that has it, not once more around the one it brings along.
  if (resource?.implied !== undefined) return;
  const table = (resource?.common ?? action.run.instance.definition.settings) as Readonly<Record<string, unknown>>;
  const plain = table[`${phase}_${verb}`] as readonly string[] | undefined;
  const blocking = table[`blocking_${phase}_${verb}`] as readonly string[] | undefined;
  if (plain !== undefined) {
    await runOne(action, resource, verb, plain, signal).catch((thrown: unknown) => {
      if (signal.aborted) throw thrown;
      action.run.log(resource?.rid).warn(`${phase}_${verb}: ${asSvcError(thrown).message}`);
    });
  }
  if (blocking !== undefined) await runBlocking(action, resource, `blocking_${phase}_${verb}`, verb, blocking, signal);
}

async function runBlocking(
  action: Action,
  resource: Resource | undefined,
  name: string,
  verb: TriggerVerb,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  try {
    await runOne(action, resource, verb, argv, signal);
  } catch (thrown) {
    const error = asSvcError(thrown);
    throw new SvcError(error.code, `${name}: ${error.message}`, { cause: error, facts: error.facts });
  }
}

async function runOne(
  action: Action,
  resource: Resource | undefined,
  verb: TriggerVerb,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  if (argv.length === 0) return;
  const input = actInput(action, resource, signal);
  const service = action.run.instance.name;
  // A scope of its own: what a trigger leaves behind is not the application of the resource.
  const host = createAct({ ...input, scope: `${input.scope}.trigger` }).local;
  await host.change(argv as Argv, {
    timeoutMs: limitMs(action, resource, verb),
    leaves: true,
    env: {
      SVCMGR_SERVICE: service,
      SVCMGR_ACTION: verb,
      SVCMGR_RID: resource?.rid ?? '',
      OPENSVC_SVCNAME: service,
      OPENSVC_ACTION: verb,
      OPENSVC_RID: resource?.rid ?? '',
    },
  });
}

/** A trigger is part of the start or stop it stands around: the user's limit of that holds for it too. */
function limitMs(action: Action, resource: Resource | undefined, verb: TriggerVerb): number {
  if (verb !== 'start' && verb !== 'stop') return defaultLimits.triggerMs;
  const keyword = `${verb}_timeout` as const;
  return resource?.common[keyword] ?? action.run.instance.definition.settings[keyword] ?? defaultLimits.triggerMs;
}
