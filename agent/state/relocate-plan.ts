/** Where a service goes from where it is: decided from what every node says, before anything is stopped. Pure. */
import type { Blocker } from '../driver/contract.ts';
import type { PeerState } from './readiness.ts';

export interface RelocateScene {
  readonly service: string;
  /** Every node in the order of `nodes`, `drpnodes`, this one included. */
  readonly nodes: readonly PeerState[];
  /** The node asked for, as the list spells it; undefined = the next one in order. */
  readonly to: string | undefined;
}

export type RelocatePlan =
  /** It is up there, and nowhere else. */
  | { readonly kind: 'there'; readonly node: string }
  /** `from` undefined: it is up nowhere, nothing is to be stopped. */
  | { readonly kind: 'move'; readonly from: string | undefined; readonly to: string; readonly blockers: readonly Blocker[] }
  | { readonly kind: 'refused'; readonly blockers: readonly Blocker[] };

/** The blockers of a move may be waived by their names; a refusal without a target cannot be. */
export function planRelocation({ service, nodes, to }: RelocateScene): RelocatePlan {
  const holders = nodes.filter(({ state }) => state === 'up' || state === 'starting');
  const [holder, second] = holders;
  if (holder !== undefined && second !== undefined) return refused(splitText(holders), `svcmgr -s ${service} stop`);
  const target = to === undefined ? nextNode(nodes, holder) : nodes.find(({ node }) => node === to);
  if (target === undefined) return noTarget(service, nodes, holder);
  if (target === holder) return { kind: 'there', node: target.node };
  if (target.state !== 'down') return refused(aboutNode(target), `svcmgr node ping ${target.node}`);
  const dark = nodes.filter((node) => node !== target && (node.state === 'unknown' || node.state === 'unreachable'));
  const blockers = dark.map(
    (node): Blocker => ({ text: aboutNode(node), allow: 'peer-unreachable', mend: `svcmgr node ping ${node.node}` }),
  );
  return { kind: 'move', from: holder?.node, to: target.node, blockers };
}

/** The first in order that is known to be down; the service must be up somewhere, else nobody knows what is meant. */
function nextNode(nodes: readonly PeerState[], holder: PeerState | undefined): PeerState | undefined {
  return holder === undefined ? undefined : nodes.find(({ state }) => state === 'down');
}

function noTarget(service: string, nodes: readonly PeerState[], holder: PeerState | undefined): RelocatePlan {
  if (holder === undefined) {
    const states = nodes.map(aboutNode).join('; ');
    const isDark = nodes.some(({ state }) => state === 'unreachable' || state === 'unknown');
    const mend = `svcmgr -s ${service} ${isDark ? 'takeover, on the node that shall have it' : 'switch --to NODE'}`;
    return refused(`it is up nowhere, so say where it shall go (${states})`, mend);
  }
  const others = nodes.filter((node) => node !== holder);
  const why = others.length === 0 ? `${holder.node} is its only node` : others.map(aboutNode).join('; ');
  return refused(`there is no node it could go to: ${why}`);
}

function refused(text: string, mend?: string): RelocatePlan {
  return { kind: 'refused', blockers: [{ text, ...(mend === undefined ? {} : { mend }) }] };
}

function splitText(holders: readonly PeerState[]): string {
  const names = holders.map(({ node }) => node);
  return `split: up on ${names.slice(0, -1).join(', ')} and ${names.at(-1)}: stop it first where it must not be`;
}

function aboutNode({ node, state, text }: PeerState): string {
  if (text.startsWith(node)) return text;
  return `${node}: ${state === 'unknown' ? 'cannot tell: ' : ''}${text}`;
}
