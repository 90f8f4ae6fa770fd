/** Which resources an action concerns, and in which order: the pure decisions of state/, fed from an instance. */
import type { Batch, OrderItem } from '../state/order.ts';
import { planOrder } from '../state/order.ts';
import { decide } from '../state/plan.ts';
import { selectRids } from '../state/select.ts';
import { limitWalk } from '../state/walk-limit.ts';
import type { ActionRequest, Verb } from './action-state.ts';
import type { Instance, Resource } from './instance.ts';

export interface Selected {
  readonly batches: readonly Batch[];
  /** True when the request names only some of the resources. */
  readonly partial: boolean;
}

type Asked = Pick<ActionRequest, 'verb' | 'rid' | 'tag' | 'subset' | 'upto' | 'downto'>;

/** The direction a verb walks; restart stops first. */
export function directionOf(verb: Verb): 'start' | 'stop' {
  return verb === 'stop' || verb === 'unprovision' || verb === 'shutdown' || verb === 'restart' ? 'stop' : 'start';
}

/** The ordered batches of a request. */
export function selectWalk(instance: Instance, asked: Asked, direction: 'start' | 'stop'): Selected {
  const partial = [asked.rid, asked.tag, asked.subset, asked.upto, asked.downto].some((value) => value !== undefined);
  const candidates = instance.resources.filter((resource) => takesPart(resource, asked));
  const chosen = new Set(
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
  const selected = candidates.filter(({ rid, implied }) => chosen.has(rid) || (implied !== undefined && chosen.has(implied.of)));
  const batches = planOrder(selected.map(orderItem), instance.definition.subsets, direction);
  return { batches: limitWalk(batches, selected, { upto: asked.upto, downto: asked.downto }), partial };
}

/** Whether a verb has any business with a resource, whatever its state (state/plan.ts). */
function takesPart(resource: Resource, asked: Asked): boolean {
  const verb = asked.verb === 'restart' ? 'stop' : asked.verb;
  const { rid, traits, container } = resource;
  const named = asked.rid?.split(',').includes(rid) ?? false;
  return decide(verb, { rid, traits, able: isAble(resource, verb), named, container: container ?? null }).act;
}

/** Provisioning starts, unprovisioning stops: a driver that can do either half takes part. */
function isAble({ driver }: Resource, verb: Exclude<Verb, 'restart'>): boolean {
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
  const { rid, group, type, depth, implied, driver, common } = resource;
  return {
    rid,
    group,
    type,
    ...(common.subset === undefined ? {} : { subset: common.subset }),
    ...(depth === undefined ? {} : { depth }),
    ...mountOf(resource),
    ...(implied === undefined ? {} : { implied }),
    ...(driver.promotes === true ? { promotes: true } : {}),
  };
}
