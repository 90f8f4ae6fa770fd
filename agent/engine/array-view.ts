/** What an array of the node file says of itself, through the driver that knows its kind. */
import { createReader } from '../driver/context.ts';
import type { ArrayView, Driver, Reader, ReadPrefix } from '../driver/contract.ts';
import { lazyDoors } from '../driver/targets.ts';
import { asSvcError, SvcError } from '../errors.ts';
import { withDeadline } from './deadline.ts';
import type { World } from './world.ts';

export interface ArrayAnswer {
  readonly name: string;
  readonly type: string;
  readonly method: string;
  readonly manager: string;
  readonly view: ArrayView | undefined;
  readonly error: SvcError | undefined;
  /** How long the answer took, ms. */
  readonly askedMs: number;
}

const limitMs = 20_000;

/** Never throws but for an abort: that there is no answer is an answer. */
export async function viewArray(world: World, name: string, signal: AbortSignal): Promise<ArrayAnswer> {
  const { type = '', method = 'ssh', manager = name } = world.node.sections.get(`array#${name}`) ?? {};
  const begun = performance.now();
  const base = { name, type, method, manager };
  try {
    const arrays = await kindOf(world, type);
    const view = await withDeadline(signal, limitMs, `array ${name}`, (inner) =>
      arrays.describe(readerOf(world, name, arrays.reads, inner)),
    );
    return { ...base, view, error: undefined, askedMs: performance.now() - begun };
  } catch (thrown) {
    signal.throwIfAborted();
    return { ...base, view: undefined, error: asSvcError(thrown), askedMs: performance.now() - begun };
  }
}

async function kindOf({ registry }: World, type: string): Promise<NonNullable<Driver['arrays']>> {
  const ids = registry.ids.filter((id) => id.startsWith('sync.'));
  await registry.load(ids);
  for (const id of ids) {
    const { arrays } = registry.driver(id);
    if (arrays?.type === type) return arrays;
  }
  throw new SvcError('UNSUPPORTED', `no driver knows arrays of type ${type === '' ? '(none)' : type}`);
}

function readerOf(world: World, array: string, reads: readonly ReadPrefix[], signal: AbortSignal): Reader {
  const { doorsFor, sink, now } = world;
  const say = (level: 'debug' | 'info' | 'warn' | 'error') => (text: string) => sink({ at: now(), level, text });
  return createReader({
    rid: `array#${array}`,
    reads,
    signal,
    scope: '',
    log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
    doors: lazyDoors(() => {
      if (doorsFor === undefined) throw new SvcError('UNSUPPORTED', `no way to ${array} from this agent`);
      return doorsFor({ array });
    }),
  });
}
