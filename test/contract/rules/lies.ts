/** Rules 1 and 5: a look that answers nonsense is never taken for up or down. */
import { expect } from 'chai';
import type { Lie, Touch } from '../fault-doors.ts';
import type { Indifference } from '../rig.ts';
import { bring, type Subject, resultOf, type World } from '../subject.ts';

/** The lies that a look can tell: a command prints or fails, a file holds or cannot be read. */
const lies = {
  run: ['garbage', 'empty', 'truncated', 'failing'],
  file: ['garbage', 'empty', 'truncated', 'unreadable'],
  stat: ['unreadable'],
  list: ['unreadable'],
  resolve: ['unreadable'],
} as const satisfies Partial<Record<Touch['door'], readonly Lie[]>>;

export function lieRules(subject: () => Subject): void {
  for (const world of ['up', 'down'] as const) {
    it(`is neither up nor down when a look tells nonsense, while it is ${world}`, async () => {
      await bring(subject(), world);
      const needed = new Set<Indifference>();
      const wrong: string[] = [];
      for (const [text, lie] of liesOf(await looksOfStatus(subject()))) {
        const said = await believed(subject(), text, lie);
        if (said === undefined) continue;
        const excuse = excuseFor(subject(), world, text, lie);
        if (excuse === undefined) wrong.push(`${said} although ${text} was ${lie}`);
        else needed.add(excuse);
      }
      expect(wrong).to.deep.equal([]);
      const entries = (subject().rig.indifferent ?? []).filter((entry) => entry.world === world);
      expect(
        entries.filter((entry) => !needed.has(entry)).map(({ look }) => String(look)),
        'entries that are not needed',
      ).to.deep.equal([]);
    });
  }
}

async function looksOfStatus({ stage, home }: Subject): Promise<readonly Touch[]> {
  const attempt = await stage.status();
  resultOf(attempt, 'status');
  const known = new Set<string>();
  return attempt.doors.touches.filter((touch) => !isForeign(touch, home.folder) && !known.has(touch.text) && known.add(touch.text));
}

/** The image of a loop device that somebody else has attached to this machine. */
function isForeign({ door, text }: Touch, ours: string): boolean {
  const path = text.slice('stat '.length);
  return door === 'stat' && !path.startsWith(ours) && !/^\/(dev|sys|proc)\//.test(path);
}

function liesOf(touches: readonly Touch[]): readonly (readonly [text: string, lie: Lie])[] {
  return touches.flatMap(({ door, text }) => (door in lies ? lies[door as keyof typeof lies] : []).map((lie) => [text, lie] as const));
}

/** The state, when the driver was sure of one in spite of the lie. */
async function believed({ stage }: Subject, to: string, lie: Lie): Promise<string | undefined> {
  const attempt = await stage.status({ lie: { to, with: lie } });
  // It did not look there this time: a loop device of somebody else is gone.
  if (attempt.doors.lies() === 0) return undefined;
  const state = attempt.error === undefined ? attempt.value?.state : 'undef';
  return state === 'warn' || state === 'undef' ? undefined : state;
}

function excuseFor({ rig }: Subject, world: World, text: string, lie: Lie): Indifference | undefined {
  return rig.indifferent?.find((entry) => entry.world === world && entry.look.test(text) && entry.lies.includes(lie));
}
