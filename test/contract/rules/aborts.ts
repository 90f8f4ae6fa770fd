/** A cancelled call ends soon, whatever hangs, and nothing more is run for it. */
import { expect } from 'chai';
import { SvcError } from '../../../agent/errors.ts';
import type { FaultDoors, Touch } from '../fault-doors.ts';
import type { Attempt, Options } from '../stage.ts';
import { bring, codeOf, type Subject, upVerb, type World } from '../subject.ts';

/** Generous: what is measured is "at once" against "not at all". */
const soonMs = 2000;

export function abortRules(subject: () => Subject, can: { readonly stop: boolean }): void {
  for (const world of ['down', 'up'] as const) {
    it(`ends a status at once whatever hangs, while it is ${world}`, async () => {
      await bring(subject(), world);
      const looks = namesOf((await subject().stage.status()).doors.touches, () => true);
      for (const hang of looks) await expectEnd(subject(), hang, (options) => subject().stage.status(options));
    });
  }

  it(`ends a ${can.stop ? 'start or stop' : 'start or run'} at once when a command hangs, and can be undone or redone`, async () => {
    const verb = upVerb(subject());
    await bring(subject(), 'down');
    for (const step of can.stop ? ([verb, 'stop'] as const) : [verb]) {
      const from: World = step === 'stop' ? 'up' : 'down';
      await bring(subject(), from);
      const first = await subject().stage.act(step);
      for (const hang of namesOf(first.doors.touches, isCommand)) {
        await bring(subject(), from);
        await expectEnd(subject(), hang, (options) => subject().stage.act(step, options));
        await bring(subject(), 'down');
      }
    }
    await bring(subject(), 'up');
  });
}

function isCommand({ door }: Touch): boolean {
  return door === 'run' || door === 'launch';
}

/** A signal to processes is one system call; a file that is being written is waited for, or it would appear behind our back. */
function isEffect({ door }: Touch): boolean {
  return door === 'run' || door === 'launch' || door === 'write' || door === 'signal';
}

function namesOf(touches: readonly Touch[], wanted: (touch: Touch) => boolean): readonly string[] {
  return [...new Set(touches.filter(wanted).map(({ text }) => text))];
}

async function expectEnd({ stage }: Subject, hang: string, call: (options: Options) => Promise<Attempt<unknown>>): Promise<void> {
  const doors = stage.doors({ hang });
  const controller = new AbortController();
  const ended = call({ doors, signal: controller.signal });
  // A pid in a signal's text differs each time, and a loop device of somebody else may be gone: then it does not hang at all.
  const early = await Promise.race([ended, doors.hanging.then(() => undefined)]);
  if (early !== undefined) return;
  const before = doors.touches.length;
  controller.abort(new SvcError('CANCELLED', 'cancelled by the test'));
  const attempt = await soon(ended, `it does not end although it was cancelled while ${hang} hangs`);
  expect(codeOf(attempt), `cancelled while ${hang} hangs`).to.equal('CANCELLED');
  await new Promise((resolve) => setImmediate(resolve));
  expect(commandsSince(doors, before), `run after it was cancelled while ${hang} hung`).to.deep.equal([]);
}

function commandsSince(doors: FaultDoors, count: number): readonly string[] {
  return doors.touches
    .slice(count)
    .filter(isEffect)
    .map(({ text }) => text);
}

async function soon<V>(work: Promise<V>, otherwise: string): Promise<V> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(otherwise)), soonMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
