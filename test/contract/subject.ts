/** A driver in its world, and the steps that every rule is made of. */
import { expect } from 'chai';
import type { Driver, State } from '../../agent/driver/contract.ts';
import type { SvcError } from '../../agent/errors.ts';
import type { Home } from '../support/home.ts';
import { Crash } from './fault-doors.ts';
import type { Rig } from './rig.ts';
import type { Attempt, Options, Stage, Verb } from './stage.ts';

export interface Subject {
  readonly id: string;
  readonly driver: Driver;
  readonly rig: Rig;
  readonly stage: Stage;
  readonly home: Home;
}

/** The value of a call that must succeed. */
export function resultOf<V>(attempt: Attempt<V>, what: string): V {
  if (attempt.error !== undefined) {
    const { message } = attempt.error as Error;
    throw new Error(`${what}: ${message}; changes so far: ${attempt.doors.changes().join('; ') || 'none'}`, { cause: attempt.error });
  }
  return attempt.value as V;
}

export function codeOf(attempt: Attempt<unknown>): string {
  const error = attempt.error as SvcError | undefined;
  return error === undefined ? 'no error' : (error.code ?? `${error.name}: ${error.message}`);
}

/** Acts, without faults unless given; must succeed. Returns the changes. */
export async function act(subject: Subject, verb: Verb, options: Options = {}): Promise<readonly string[]> {
  const attempt = await subject.stage.act(verb, options);
  resultOf(attempt, verb);
  return attempt.texts;
}

/** Acts until the agent dies there; the driver must not survive that. */
export async function cut(subject: Subject, verb: Verb, die: NonNullable<Options['die']>, allow: readonly string[] = []): Promise<string> {
  const attempt = await subject.stage.act(verb, { die, allow });
  const where = `${verb} cut ${die.side} change ${die.change} (${attempt.doors.changes().at(-1)})`;
  expect(attempt.error, `${where}: the driver caught the agent's death`).to.be.instanceOf(Crash);
  return where;
}

/** Every place where a verb with so many changes can be cut. */
export function cutsOf(changes: number): readonly NonNullable<Options['die']>[] {
  return Array.from({ length: changes }, (_, change) => (['before', 'after'] as const).map((side) => ({ change, side }))).flat();
}

export type World = 'up' | 'down';

/** What the driver should say in this world. */
export function expectedState({ rig }: Subject, world: World | 'gone'): State {
  const { up = 'up', down = 'down', gone = down } = rig.says ?? {};
  return { up, down, gone }[world];
}

/** The truth, and what the driver says of it. */
export async function expectWorld(subject: Subject, world: World, when: string): Promise<void> {
  expect(subject.rig.truth(), `the truth ${when}`).to.equal(world);
  const report = resultOf(await subject.stage.status(), `status ${when}`);
  expect(report.state, `the status ${when}: ${(report.notes ?? []).map(({ text }) => text).join('; ')}`).to.equal(
    expectedState(subject, world),
  );
}

/** Brings the world there by the driver itself. */
export async function bring(subject: Subject, world: World): Promise<void> {
  const { driver, rig } = subject;
  if (world === 'up') await act(subject, upVerb(subject));
  else if (driver.stop !== undefined) await act(subject, 'stop');
  else if (rig.truth() !== 'down') rig.takeAway();
  if (world === 'down') rig.tidy?.();
  expect(subject.rig.truth(), `the truth after bringing it ${world}`).to.equal(world);
}

/** The verb that brings it up: a start, the run of a task, the update of a copy. */
export function upVerb({ driver }: Pick<Subject, 'driver'>): Verb {
  if (driver.run !== undefined) return 'run';
  return driver.start === undefined && driver.sync?.update !== undefined ? 'sync update' : 'start';
}

/** Memory as it would be read from the disk. */
export function kept({ stage }: Subject): Readonly<Record<string, string>> {
  return Object.fromEntries(stage.memory);
}
