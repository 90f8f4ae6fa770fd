/** A program that is not installed is UNSUPPORTED, never down; and `needs` names those that an action cannot do without. */
import { expect } from 'chai';
import type { Touch } from '../fault-doors.ts';
import { bring, codeOf, type Subject, upVerb } from '../subject.ts';

/** Of packages without which there is no Debian system (coreutils, findutils); `needs` may leave them out. */
const basics: ReadonlySet<string> = new Set([
  'stat',
  'find',
  'mkdir',
  'rm',
  'install',
  'truncate',
  'chown',
  'chmod',
  'kill',
  'cat',
  'test',
]);

export function missingToolRules(subject: () => Subject, can: { readonly stop: boolean }): void {
  it('says UNSUPPORTED, in either world, when a program of its status is not installed', async () => {
    for (const world of ['down', 'up'] as const) {
      await bring(subject(), world);
      for (const missing of toolsOf((await subject().stage.status()).doors.touches)) {
        const attempt = await subject().stage.status({ missing });
        expect(codeOf(attempt), `status without ${missing}, while ${world}`).to.equal('UNSUPPORTED');
      }
    }
  });

  it(`says UNSUPPORTED when a program of its ${can.stop ? 'start or stop' : 'start or run'} is not installed, and mends it afterwards`, async () => {
    const verb = upVerb(subject());
    const excused = new Set<string>();
    await bring(subject(), 'down');
    for (const missing of toolsOf((await subject().stage.act(verb)).doors.touches)) {
      await bring(subject(), 'down');
      const attempt = await subject().stage.act(verb, { missing });
      if (attempt.error === undefined && subject().rig.dispensable?.[missing] !== undefined) excused.add(missing);
      else expect(codeOf(attempt), `${verb} without ${missing}`).to.equal('UNSUPPORTED');
      await bring(subject(), 'down');
    }
    for (const missing of can.stop ? await toolsOfStop(subject()) : []) {
      await bring(subject(), 'up');
      const attempt = await subject().stage.act('stop', { missing });
      if (attempt.error === undefined && subject().rig.dispensable?.[missing] !== undefined) excused.add(missing);
      else expect(codeOf(attempt), `stop without ${missing}`).to.equal('UNSUPPORTED');
      await bring(subject(), 'down');
    }
    expect([...excused], 'entries that are not needed').to.have.members(Object.keys(subject().rig.dispensable ?? {}));
  });

  it('names in needs what its actions run, and nothing else', async () => {
    const { driver, stage, rig } = subject();
    const used = new Set<string>();
    const note = (touches: readonly Touch[]) => {
      for (const tool of toolsOf(touches)) used.add(tool);
    };
    const verb = upVerb(subject());
    for (const step of can.stop ? ([verb, 'stop'] as const) : [verb]) {
      note((await stage.status()).doors.touches);
      note((await stage.act(step)).doors.touches);
    }
    expect(
      driver.needs.filter((tool) => !used.has(tool) && rig.indirect?.[tool] === undefined),
      'needed, but never run',
    ).to.deep.equal([]);
    const own = [...used].filter((tool) => !tool.includes('/') && !basics.has(tool) && rig.dispensable?.[tool] === undefined);
    const unsaid = own.filter((tool) => !driver.needs.includes(tool) && isChanger(subject(), tool));
    expect(unsaid, 'run by a change, but not in needs').to.deep.equal([]);
  });
}

/** Looks have their own answer to a missing tool; a change in the middle of a walk comes too late for it. */
function isChanger({ stage }: Subject, tool: string): boolean {
  return !stage.reads.some(([program]) => program === tool);
}

async function toolsOfStop(subject: Subject): Promise<readonly string[]> {
  await bring(subject, 'up');
  const attempt = await subject.stage.act('stop');
  return toolsOf(attempt.doors.touches);
}

function toolsOf(touches: readonly Touch[]): readonly string[] {
  return [...new Set(touches.flatMap(({ argv, on }) => (on === 'array' ? [] : (argv?.[0] ?? []))))];
}
