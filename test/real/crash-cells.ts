/** The cells of the crash matrix: every change that start and stop of the service of crash-lab.ts make, each with a moment to die at. */
import { type Moment, moments } from './crash-shims.ts';

/** One change of an action, in order. HOME, LOOP and PIDS stand for what differs from lab to lab. */
export interface Effect {
  readonly rid: string;
  readonly text: string;
  /** A signal that svcmgr sends itself: no tool in between that could count it. */
  readonly signal?: true;
  /** A program that runs for ever: nobody waits for its end, and a rerun need not. */
  readonly lasting?: true;
}

export const effects: Readonly<Record<'start' | 'stop', readonly Effect[]>> = {
  start: [
    { rid: 'ip#1', text: 'ip addr add 10.9.7.1/24 dev svc0' },
    { rid: 'ip#1', text: 'arping -U -c 1 -I svc0 10.9.7.1' },
    { rid: 'vg#1', text: 'losetup --find --nooverlap --show HOME/image' },
    { rid: 'fs#1', text: 'mkdir -p HOME/data' },
    { rid: 'fs#1', text: 'e2fsck -p LOOP' },
    { rid: 'fs#1', text: 'mount -t ext4 LOOP HOME/data' },
    { rid: 'fs#2', text: 'mkdir -p HOME/data/sub' },
    { rid: 'fs#2', text: 'mount -t tmpfs -o size=1048576 tmpfs HOME/data/sub' },
    { rid: 'app#1', text: 'HOME/box/shims/serve run', lasting: true },
    { rid: 'app#2', text: 'HOME/box/shims/ctl start' },
  ],
  stop: [
    { rid: 'app#2', text: 'HOME/box/shims/ctl stop' },
    { rid: 'app#1', text: 'kill -TERM PIDS', signal: true },
    { rid: 'fs#2', text: 'umount HOME/data/sub' },
    { rid: 'fs#1', text: 'umount HOME/data' },
    { rid: 'vg#1', text: 'losetup --detach LOOP' },
    { rid: 'ip#1', text: 'ip addr del 10.9.7.1/24 dev svc0' },
  ],
};

/** What a person does next: the same verb, `resume`, the other verb, or `clear` and then a stop. */
export type Next = 'again' | 'resume' | 'other' | 'clear';

export interface Cell {
  readonly verb: 'start' | 'stop';
  readonly effect: Effect;
  /** The number of its command among those that go through a tool. */
  readonly nth: number;
  readonly moment: Moment;
  readonly next: Next;
}

/** Every change at every moment, completed by the same verb and for a quarter by `resume`; then each change once with the other verb or `clear`. */
export function allCells(): readonly Cell[] {
  return (['start', 'stop'] as const).flatMap((verb) => {
    const list = effects[verb].map((effect, at) => ({
      verb,
      effect,
      nth: 1 + effects[verb].slice(0, at).filter((one) => !one.signal).length,
    }));
    const every = list.flatMap((one, at) =>
      moments.map((moment, of): Cell => ({ ...one, moment, next: (at * moments.length + of) % 4 === 3 ? 'resume' : 'again' })),
    );
    const rotated = (shift: number) => (at: number) => moments[(at + shift) % moments.length] ?? 'before';
    const others = list.map((one, at): Cell => ({ ...one, moment: rotated(0)(at), next: 'other' }));
    const cleared = list.filter((_, at) => at % 3 === 1).map((one, at): Cell => ({ ...one, moment: rotated(1)(at), next: 'clear' }));
    return [...every, ...others, ...cleared];
  });
}

export function titleOf({ verb, effect, moment, next }: Cell): string {
  const then = {
    again: `${verb} again`,
    resume: 'resume',
    other: verb === 'start' ? 'stop' : 'start',
    clear: 'clear, then stop',
  } as const satisfies Record<Next, string>;
  return `${verb} killed ${moment} ${effect.text.replace('HOME/box/shims/', '')} (${effect.rid}), then ${then[next]}`;
}

/** A command as the table above writes it. */
export function inGeneral(text: string, folder: string): string {
  return text
    .replaceAll(folder, 'HOME')
    .replace(/\/dev\/loop\d+/g, 'LOOP')
    .replace(/^(kill -[A-Z]+)( \d+)+$/, '$1 PIDS');
}
