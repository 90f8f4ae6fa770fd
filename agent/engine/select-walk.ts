/** Which resources an action concerns, and in which order: the pure decisions of state/, fed from an instance. */
import { SvcError } from '../errors.ts';
import type { Batch, OrderItem } from '../state/order.ts';
import { planOrder } from '../state/order.ts';
import { decide } from '../state/plan.ts';
import { selectRids } from '../state/select.ts';
import { limitWalk } from '../state/walk-limit.ts';
import { type ActionRequest, syncMethod, type Verb, verbText } from './action-state.ts';
import type { Instance, Resource } from './instance.ts';

export interface Selected {
  readonly batches: readonly Batch[];
  /** Chosen resources that the verb leaves alone, and why. */
  readonly left: readonly LeftAlone[];
  /** True when the request names only some of the resources. */
  readonly partial: boolean;
}

export interface LeftAlone {
  readonly rid: string;
  readonly reason: string;
  /** Its driver has no such verb. */
  readonly unable: boolean;
}

type Asked = Pick<ActionRequest, 'verb' | 'sync' | 'rid' | 'tag' | 'subset' | 'upto' | 'downto'>;

/** The direction a verb walks; restart stops first. */
export function directionOf(verb: Verb): 'start' | 'stop' {
  return verb === 'stop' || verb === 'unprovision' || verb === 'shutdown' || verb === 'restart' ? 'stop' : 'start';
}

/** The ordered batches of a request. */
export function selectWalk(instance: Instance, asked: Asked, direction: 'start' | 'stop'): Selected {
  const partial = [asked.rid, asked.tag, asked.subset, asked.upto, asked.downto].some((value) => value !== undefined);
  const names = new Set(
    selectRids(
      instance.resources.map((resource) => ({
        rid: resource.rid,
        group: resource.group,
        type: resource.type,
        tags: resource.common.tags ?? [],
        ...(resource.common.subset === undefined ? {} : { subset: resource.common.subset }),
      })),
      {
        ...(asked.rid === undefined ? {} : { rid: asked.rid }),
        ...(asked.tag === undefined ? {} : { tags: asked.tag }),
        ...(asked.subset === undefined ? {} : { subsets: asked.subset }),
      },
    ),
  );
  // A resource and the one it implies go together.
  const chosen = instance.resources.filter(({ rid, implied }) => names.has(rid) || (implied !== undefined && names.has(implied.of)));
  const left = chosen.flatMap((resource) => leftAlone(resource, asked) ?? []);
  const selected = chosen.filter(({ rid }) => !left.some((one) => one.rid === rid));
  mustBeAble(asked, selected, left);
  const batches = planOrder(selected.map(orderItem), instance.definition.subsets, direction);
  return { batches: limitWalk(batches, selected, { upto: asked.upto, downto: asked.downto }), left, partial };
}

/** Why a verb has no business with a resource, whatever its state (state/plan.ts); undefined when it takes part. */
function leftAlone(resource: Resource, asked: Asked): LeftAlone | undefined {
  const verb = asked.verb === 'restart' ? 'stop' : asked.verb;
  const { rid, traits, implied } = resource;
  const words = asked.rid?.split(',').map((word) => word.trim()) ?? [];
  const named = words.includes(rid) || (implied !== undefined && words.includes(implied.of));
  const able = verb === 'sync' ? hasSync(resource, asked) : isAble(resource, verb);
  const decision = decide(verb, { rid, traits, able, named });
  return decision.act ? undefined : { rid, reason: decision.reason, unable: !able };
}

/** Naming resources of which none can do it is an error of the request; a service without tasks has simply nothing to run. */
function mustBeAble(asked: Asked, selected: readonly Resource[], left: readonly LeftAlone[]): void {
  if (asked.rid === undefined || selected.length > 0 || left.length === 0 || !left.every((one) => one.unable)) return;
  throw new SvcError('UNSUPPORTED', `no ${verbText(asked)} here: ${left.map(({ rid, reason }) => `${rid}: ${reason}`).join('; ')}`);
}

/** `all` is the update of every resource that has one. */
function hasSync({ driver }: Resource, { sync = 'all' }: Asked): boolean {
  return Object.hasOwn(driver.sync ?? {}, syncMethod(sync));
}

/** Provisioning starts, unprovisioning stops: a driver that can do either half takes part. */
function isAble({ driver }: Resource, verb: Exclude<Verb, 'restart' | 'sync'>): boolean {
  const methods = {
    start: [driver.start],
    boot: [driver.start],
    stop: [driver.stop],
    shutdown: [driver.stop],
    provision: [driver.provision, driver.start],
    unprovision: [driver.unprovision, driver.stop],
    run: [driver.run],
  } as const satisfies Record<typeof verb, unknown>;
  return methods[verb].some((method) => method !== undefined);
}

/** Where a filesystem hangs: what lies below another one's mount point starts after it. */
function mountOf({ group, config }: Resource): { mount: string } | undefined {
  const mount = config['mnt'] ?? config['path'];
  return group === 'fs' && typeof mount === 'string' ? { mount } : undefined;
}

function orderItem(resource: Resource): OrderItem {
  const { rid, group, type, depth, implied, driver, common, container, networkOf } = resource;
  return {
    rid,
    group,
    type,
    ...(common.subset === undefined ? {} : { subset: common.subset }),
    ...(depth === undefined ? {} : { depth }),
    ...mountOf(resource),
    ...(implied === undefined ? {} : { implied }),
    ...(driver.promotes === true ? { promotes: true } : {}),
    ...(networkOf === undefined ? {} : { netnsOf: networkOf }),
    ...(container === undefined ? {} : { container }),
  };
}
