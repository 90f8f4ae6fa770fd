import { type Act, type Blocker, defineDriver, type Observe } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';
import { conflictReads } from '../lib/address-conflict.ts';
import { addArgv, delArgv, iprouteReads, type Link, type LinkAddress, readLinks } from '../lib/iproute.ts';
import { parseGateway, setDefaultRoute, unsetDefaultRoute } from '../lib/default-route.ts';
import { type Address, isSameAddress } from '../lib/address.ts';
import { announce, conflictBlocker, keepSecondaries, waitForCarrier, waitForDad } from '../lib/ip-steps.ts';
import { findAddress, ipKeywords, ipStatus, type Place, wantedPlace } from '../lib/ip-status.ts';
import { resolveReads } from '../lib/resolve-name.ts';
import { includesStart } from '../lib/verbs.ts';

const keywords = ipKeywords;

type At = Observe<typeof keywords>;

/** Remembered at start: stop must find the address also when the name server is gone. */
const addressKey = 'address';

async function blockers(at: At, verb: string): Promise<readonly Blocker[]> {
  if (!includesStart(verb)) return [];
  const place = await wantedPlace(at, await readLinks(at.local));
  if (place.kind === 'unknown') return [{ text: place.why }];
  if (place.current !== undefined) return wrongPrefix(at, place);
  const { link, others } = place;
  if (others[0] !== undefined)
    return [{ text: `${place.address.text} is on ${others[0]} here, wanted on ${at.config.ipdev}: remove it there first` }];
  if (link === undefined) return [{ text: `interface ${at.config.ipdev} not found` }];
  if (place.prefix === undefined)
    return [{ text: `netmask is not set, and no address of ${link.name} tells the network of ${place.address.text}` }];
  if (!link.up) return [];
  const carrier: readonly Blocker[] = link.carrier ? [] : [{ text: `interface ${link.name} has no carrier`, allow: 'no-carrier' }];
  const conflict = at.config.check_conflict && link.carrier ? await conflictBlocker(at.local, place.address, link) : undefined;
  return conflict === undefined ? carrier : [...carrier, conflict];
}

function wrongPrefix(at: At, place: Place): readonly Blocker[] {
  const { current, prefix } = place;
  if (current === undefined || prefix === undefined || current.prefix === prefix) return [];
  return [{ text: `${place.address.text} is on ${at.config.ipdev} with netmask ${current.prefix}, wanted ${prefix}: remove it first` }];
}

async function start(at: Act<typeof keywords>): Promise<void> {
  const { ipdev, announce: isAnnounced, gateway } = at.config;
  const place = await wantedPlace(at, await readLinks(at.local));
  if (place.kind === 'unknown') throw new SvcError('REFUSED', place.why);
  if (place.current === undefined) {
    const { link, prefix } = mayStart(at, place);
    const carried = link.up ? link : await bringUp(at, place.address, link);
    await at.remember(addressKey, place.address.text);
    await at.local.change(addArgv(place.address, prefix, ipdev));
    if (place.address.family === 6) await waitForDad(at, place.address, prefix, ipdev);
    else if (isAnnounced && carried.arp) await announce(at, place.address, ipdev);
  } else at.log.info(`${place.address.text} is already on ${ipdev}`);
  if (gateway !== undefined) await setDefaultRoute(at, parseGateway(gateway), ipdev);
}

/** The world may have moved since the blockers were asked. */
function mayStart(at: At, place: Place): { link: Link; prefix: number } {
  const { link, prefix, others } = place;
  if (others[0] !== undefined) throw new SvcError('REFUSED', `${place.address.text} is on ${others[0]} here, wanted on ${at.config.ipdev}`);
  if (link === undefined) throw new SvcError('REFUSED', `interface ${at.config.ipdev} not found`);
  if (prefix === undefined) throw new SvcError('REFUSED', `netmask is not set, and no address of ${link.name} tells the network`);
  return { link, prefix };
}

/** On a link that was down the blockers could not ask who has the address. */
async function bringUp(at: Act<typeof keywords>, address: Address, link: Link): Promise<Link> {
  await at.local.change(['ip', 'link', 'set', 'dev', link.name, 'up']);
  const up = await waitForCarrier(at, link);
  const conflict = at.config.check_conflict && !at.dryRun ? await conflictBlocker(at.local, address, up) : undefined;
  if (conflict !== undefined && !at.allows('address-alive'))
    throw new SvcError('REFUSED', conflict.text, { hint: '--allow address-alive takes it anyway' });
  return up;
}

async function stop(at: Act<typeof keywords>): Promise<void> {
  const { ipdev, gateway } = at.config;
  const address = await addressToStop(at);
  if (gateway !== undefined) await unsetDefaultRoute(at, parseGateway(gateway), ipdev);
  const link = (await readLinks(at.local)).find((each) => each.name === ipdev);
  const current = link?.addresses.find((each) => isSameAddress(each.address, address));
  if (link === undefined || current === undefined) at.log.info(`${address.text} is already off ${ipdev}`);
  else await remove(at, link, current);
  await at.forget(addressKey);
}

async function remove(at: Act<typeof keywords>, link: Link, current: LinkAddress): Promise<void> {
  await keepSecondaries(at, link, current);
  await at.local.change(delArgv(current.address, current.prefix, link.name));
}

async function addressToStop(at: At): Promise<Address> {
  const found = await findAddress(at, await at.recall(addressKey));
  if (found.kind === 'unknown') throw new SvcError('COMMAND', found.why, { hint: 'write the address itself as ipname' });
  return found.address;
}

export default defineDriver({
  summary: 'An address of the service on an interface of this node.',
  needs: ['ip'],
  keywords,
  reads: () => [...iprouteReads, ...resolveReads, ...conflictReads],
  label: (config) => `${config.ipname}@${config.ipdev}`,
  entersNetworkOnly: true,
  status: (at) => ipStatus(at),
  blockers,
  start,
  stop,
});
