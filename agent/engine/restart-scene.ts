/** What the decision about restarts is made from: the newest status, the file, the wishes. */
import { walkOf } from '../state/order.ts';
import type { RestartScene, WatchedResource } from '../state/restart.ts';
import type { StatusDocument } from '../state/status-document.ts';
import type { Instance, Resource } from './instance.ts';
import { selectWalk } from './select-walk.ts';
import { wishOf, type Wishes } from './wishes.ts';

/** Every resource that a start reaches, in its order. */
export function watchedResources(instance: Instance, status: StatusDocument, wishes: Wishes, boot: string): RestartScene['resources'] {
  const byRid = new Map(instance.resources.map((resource) => [resource.rid, resource]));
  const order = walkOf(selectWalk(instance, { verb: 'start' }, 'start').batches);
  return order.flatMap((rid) => {
    const [resource, seen] = [byRid.get(rid), status.resources[rid]];
    // The file may have changed since the look.
    return resource === undefined || seen === undefined ? [] : [watchedResource(resource, seen.status, wishes, boot)];
  });
}

function watchedResource(resource: Resource, status: WatchedResource['status'], wishes: Wishes, boot: string): WatchedResource {
  const { rid, group, traits, common, implied } = resource;
  const wish = wishOf(wishes, rid);
  const ended = wishes.shutdown?.boot === boot && (wish === undefined || wishes.shutdown.at >= wish.at) ? wishes.shutdown : undefined;
  return {
    rid,
    group,
    status,
    optional: traits.optional,
    disabled: traits.disabled,
    standby: traits.standby && implied === undefined,
    // What another resource brought along goes with that one.
    monitored: traits.monitored && implied === undefined,
    restart: implied === undefined ? (common.restart ?? 0) : 0,
    delayMs: common.restart_delay ?? 0,
    wanted: wish?.wish,
    wish: [...(wish === undefined ? [] : [wish.wish, wish.at]), ...(ended === undefined ? [] : ['shutdown', ended.at])].join(' '),
    isWishOfBoot: wish?.boot === boot && ended === undefined,
  };
}
