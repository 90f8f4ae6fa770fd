import { type Act, type Blocker, defineDriver, type Note, type Report } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';
import { conflictReads } from '../lib/address-conflict.ts';
import { type Address, isSameAddress } from '../lib/address.ts';
import { parseGateway, setDefaultRoute, unsetDefaultRoute } from '../lib/default-route.ts';
import { addArgv, delArgv, iprouteReads, readLinks } from '../lib/iproute.ts';
import { currentNotes, findAddress, gatewayNotes, type Place, wantedPlace } from '../lib/ip-status.ts';
import { announce, conflictBlocker, waitForDad } from '../lib/ip-steps.ts';
import { linkReads, readLinkDetails } from '../lib/links.ts';
import { isOurs, plug, unplug, unplugHere, type Wiring, wiringFault, wiringOf } from '../lib/netns-link.ts';
import { type At, findHome, insideOf, netmaskOf, netnsKeywords, networkFault } from '../lib/netns-place.ts';
import { resolveReads } from '../lib/resolve-name.ts';
import { includesStart } from '../lib/verbs.ts';

type Acting = Act<typeof netnsKeywords>;

/** Remembered at start: stop must find the address also when the name server is gone. */
const addressKey = 'address';

async function status(at: At): Promise<Report> {
  const home = await findHome(at);
  if (home.absent !== undefined) return { state: 'down', notes: [{ level: 'info', text: home.absent }] };
  const inside = insideOf(at, await netmaskOf(at, at.local));
  const place = await wantedPlace(inside, await readLinks(inside.local));
  if (place.kind === 'unknown') return { state: 'warn', notes: [{ level: 'warn', text: place.why }] };
  const facts = { address: place.address.text };
  if (place.current === undefined) return { state: 'down', notes: [], facts };
  const notes = [
    ...linkNotes(at, place),
    ...currentNotes(place, place.current),
    ...(await gatewayNotes(inside)),
    ...(await cableNotes(at, wiringOf(at, home))),
  ];
  return { state: notes.some(({ level }) => level !== 'info') ? 'warn' : 'up', notes, facts };
}

function linkNotes(at: At, { link }: Place): readonly Note[] {
  const mend = `svcmgr -s ${at.service} start --rid ${at.rid}`;
  if (link?.up !== true) return [{ level: 'warn', text: `interface ${at.config.nsdev} inside is down`, mend }];
  return link.carrier ? [] : [{ level: 'warn', text: `interface ${at.config.nsdev} inside has no carrier` }];
}

async function cableNotes(at: At, wiring: Wiring): Promise<readonly Note[]> {
  const { mode, ipdev } = at.config;
  if (mode !== 'bridge' || !(await isOurs(at, wiring))) return [];
  const end = (await readLinkDetails(at.local)).find(({ name }) => name === wiring.here);
  return end?.bridge === ipdev && end.up
    ? []
    : [{ level: 'warn', text: `${wiring.here} is not connected to ${ipdev}`, mend: `ip link set dev ${wiring.here} master ${ipdev} up` }];
}

async function blockers(at: At, verb: string): Promise<readonly Blocker[]> {
  if (!includesStart(verb)) return [];
  const found = await findAddress(at);
  if (found.kind === 'unknown') return [{ text: found.why }];
  const netmask = await netmaskOf(at, at.local);
  const fault =
    networkFault(at.config, found) ??
    (netmask === undefined ? `netmask is not set, and nothing tells the network of ${found.address.text}` : undefined);
  if (fault !== undefined) return [{ text: fault }];
  const home = await findHome(at);
  // A container of the service comes up in the same walk; a namespace is somebody else's.
  if (home.absent !== undefined) return at.config.container === undefined ? [{ text: home.absent }] : outerBlockers(at, found.address);
  const inside = insideOf(at, netmask);
  const wiring = wiringOf(at, home);
  const cable = await wiringFault(at, await readLinkDetails(inside.local), await readLinkDetails(at.local), wiring);
  if (cable !== undefined) return [{ text: cable }];
  const place = await wantedPlace(inside, await readLinks(inside.local));
  return place.kind === 'found' && place.current !== undefined ? [] : outerBlockers(at, found.address);
}

/** What this node's own side has against the address. */
async function outerBlockers(at: At, address: Address): Promise<readonly Blocker[]> {
  const { ipdev, mode, check_conflict } = at.config;
  const links = await readLinks(at.local);
  const holder = links.find((link) => link.addresses.some((each) => isSameAddress(each.address, address)));
  if (holder !== undefined) return [{ text: `${address.text} is on ${holder.name} of this node` }];
  const link = links.find(({ name }) => name === ipdev);
  if (link === undefined) return [{ text: `interface ${ipdev} not found` }];
  const own = link.addresses.filter((each) => !each.address.text.startsWith('fe80:'));
  if (mode === 'dedicated' && own[0] !== undefined)
    return [{ text: `${ipdev} carries ${own[0].address.text} of this node: it cannot be given away` }];
  if (!check_conflict || !link.up || !link.carrier) return [];
  const conflict = await conflictBlocker(at.local, address, link);
  return conflict === undefined ? [] : [conflict];
}

async function start(at: Acting): Promise<void> {
  const home = await findHome(at);
  if (home.absent !== undefined) throw new SvcError('REFUSED', home.absent);
  const inside = insideOf(at, await netmaskOf(at, at.local));
  const place = await wantedPlace(inside, await readLinks(inside.local));
  if (place.kind === 'unknown') throw new SvcError('REFUSED', place.why);
  const { address, prefix, current, link } = place;
  if (prefix === undefined) throw new SvcError('REFUSED', `netmask is not set, and nothing tells the network of ${address.text}`);
  await plug(at, inside, wiringOf(at, home));
  const { nsdev, gateway, announce: isAnnounced } = at.config;
  if (current === undefined) {
    await at.remember(addressKey, address.text);
    await inside.local.change(addArgv(address, prefix, nsdev));
  } else at.log.info(`${address.text} is already on ${nsdev}`);
  if (link?.up !== true) await inside.local.change(['ip', 'link', 'set', 'dev', nsdev, 'up']);
  if (address.family === 6) await waitForDad(inside, address, prefix, nsdev);
  if (gateway !== undefined) await setDefaultRoute(inside, parseGateway(gateway), nsdev);
  if (address.family === 4 && isAnnounced && current === undefined) await announce(inside, address, nsdev);
}

async function stop(at: Acting): Promise<void> {
  const home = await findHome(at);
  if (home.absent !== undefined) {
    at.log.info(`nothing to take away: ${home.absent}`);
    await unplugHere(at);
  } else await stopInside(at, wiringOf(at, home));
  if ((await at.recall(addressKey)) !== undefined) await at.forget(addressKey);
}

async function stopInside(at: Acting, wiring: Wiring): Promise<void> {
  const { nsdev, gateway } = at.config;
  const inside = insideOf(at, undefined);
  const found = await findAddress(at, await at.recall(addressKey));
  if (found.kind === 'unknown') throw new SvcError('COMMAND', found.why, { hint: 'write the address itself as ipname' });
  if (gateway !== undefined) await unsetDefaultRoute(inside, parseGateway(gateway), nsdev);
  const link = (await readLinks(inside.local)).find(({ name }) => name === nsdev);
  const current = link?.addresses.find((each) => isSameAddress(each.address, found.address));
  if (current === undefined) at.log.info(`${found.address.text} is already off ${nsdev}`);
  else await inside.local.change(delArgv(current.address, current.prefix, nsdev));
  await unplug(at, inside, wiring);
}

export default defineDriver({
  summary: 'An address of the service in the network of a container, or in a network namespace.',
  needs: ['ip', 'nsenter'],
  keywords: netnsKeywords,
  reads: () => [...iprouteReads, ...linkReads, ...resolveReads, ...conflictReads],
  label: (config) => `${config.ipname}@${config.nsdev}`,
  inNetworkOf: (config) => config.container,
  status,
  blockers,
  start,
  stop,
});
