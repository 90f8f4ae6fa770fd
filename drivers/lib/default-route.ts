/** The `gateway` keyword: a default route through the resource's interface, and what was there before, put back at stop. */
import type { Act, Reader } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { type Address, isSameAddress, parseAddress } from './address.ts';
import { forgetIfKept, recallForBoot, rememberForBoot } from './boot-memory.ts';
import { type DefaultRoute, readDefaultRoutes, routeArgv } from './iproute.ts';

const key = 'former_route';
const none = 'none';

/** `ip route replace` without a metric touches only the route of this metric. */
const plainMetric = { 4: undefined, 6: 1024 } as const;

/** CONFIG when `gateway` is no address. */
export function parseGateway(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new SvcError('CONFIG', `gateway = ${text}: not an address`);
  return address;
}

export async function hasDefaultRoute(reader: Reader, gateway: Address, dev: string): Promise<boolean> {
  return (await readDefaultRoutes(reader, gateway.family)).some((route) => isRoute(route, gateway, dev));
}

function isRoute(route: DefaultRoute, gateway: Address, dev: string): boolean {
  return route.dev === dev && route.gateway !== undefined && isSameAddress(route.gateway, gateway);
}

export async function setDefaultRoute<T extends Keywords>(at: Act<T>, gateway: Address, dev: string): Promise<void> {
  const routes = await readDefaultRoutes(at.local, gateway.family);
  if (routes.some((route) => isRoute(route, gateway, dev))) return;
  const former = routes.find((route) => route.metric === plainMetric[gateway.family]);
  if (former !== undefined && former.dev === undefined) {
    throw new SvcError('REFUSED', 'the default route has several paths and is not replaced', { hint: 'remove gateway, or the route' });
  }
  // Before the change: after a crash, stop must know what to put back. A second start must not forget the first one's answer.
  if ((await recallForBoot(at, key)) === undefined)
    await rememberForBoot(at, key, former?.dev === undefined ? none : `${former.dev} ${former.gateway?.text ?? ''}`.trim());
  await at.local.change(routeArgv('replace', gateway, dev, gateway.family));
}

/** Takes the route away only when a start of this resource has set it. */
export async function unsetDefaultRoute<T extends Keywords>(at: Act<T>, gateway: Address, dev: string): Promise<void> {
  const former = await recallForBoot(at, key);
  if (former === undefined) return;
  if (await hasDefaultRoute(at.local, gateway, dev)) {
    const [formerDev = '', formerGateway] = former.split(' ');
    if (former === none) await at.local.change(routeArgv('del', gateway, dev, gateway.family));
    else
      await at.local.change(
        routeArgv('replace', formerGateway === undefined ? undefined : parseGateway(formerGateway), formerDev, gateway.family),
      );
  }
  await forgetIfKept(at, key);
}
