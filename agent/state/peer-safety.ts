/** May a start go on, after what the other nodes said (spec/cli.md "Safety before a start" 1)? Pure; every row has a test. */
import type { Blocker } from '../driver/contract.ts';
import { type InstanceVerdict, judgeInstance } from './instance-verdict.ts';
import type { InstanceStatus } from './status-document.ts';

/** Why a node gave no status: each kind asks for another reaction of the operator. */
export type PeerFaultKind =
  /** The connection failed before the command ran. */
  | 'unreachable'
  /** Connected, and no answer within the limit. */
  | 'no answer'
  /** The command is not there (127, 126). */
  | 'no agent'
  /** The agent is there, the service is not. */
  | 'no service'
  /** The agent ended with an error. */
  | 'failed'
  /** What it said is no status. */
  | 'garbage'
  /** A status of another version, or without a field we decide by. */
  | 'other version'
  /** Another node, or another service, answered. */
  | 'wrong node';

export interface PeerFault {
  readonly kind: PeerFaultKind;
  readonly text: string;
}

/** What one node said, or why it said nothing. */
export interface PeerWord {
  readonly node: string;
  readonly status: InstanceStatus | undefined;
  readonly fault: PeerFault | undefined;
  /** How far its clock is ahead of ours, ms; negative = behind; undefined = not known. */
  readonly skewMs: number | undefined;
}

/** The service as this node's file has it. */
export interface OwnConfig {
  readonly service: string;
  readonly node: string;
  readonly sha256: string | null;
  readonly nodes: readonly string[];
  readonly drpnodes: readonly string[];
}

/** What guards the data by itself, whoever can be reached: a SCSI reservation, an array role, the mastership of a dataset. */
export interface StorageGuard {
  /** "the SCSI reservation of vg#1pr" */
  readonly name: string;
}

export interface StartDecision {
  readonly blockers: readonly Blocker[];
  /** Worth saying although the start goes on. */
  readonly warnings: readonly string[];
  /** Nodes that were told to start at the same moment and give up at once, because we come first: ask them again. */
  readonly askAgain: readonly string[];
}

/** A clock further away than this makes times of different nodes incomparable. */
const skewLimitMs = 5000;

/**
 * Decides for all words together. `patient`: a node that is starting and comes after us in the order of `nodes`, `drpnodes` is
 * asked again instead of refusing us: it sees us, the earlier one, and gives up at once.
 */
export function decideStart(own: OwnConfig, words: readonly PeerWord[], guard: StorageGuard | undefined, patient: boolean): StartDecision {
  const parts = words.map((word) => decideOne(own, word, guard, patient));
  return {
    blockers: parts.flatMap((part) => part.blockers),
    warnings: parts.flatMap((part) => part.warnings),
    askAgain: parts.flatMap((part) => part.askAgain),
  };
}

function decideOne(own: OwnConfig, word: PeerWord, guard: StorageGuard | undefined, patient: boolean): StartDecision {
  const { status, fault, node } = word;
  if (status === undefined) return withoutStatus(own, node, fault, guard);
  const verdict = judgeInstance(status);
  const config = compareConfig(own, node, status);
  const warnings = [...config.warnings, ...skewWarning(node, word.skewMs), ...invalidWarning(node, status)];
  if (verdict.state === 'unknown') {
    const decided = withoutStatus(own, node, { kind: 'failed', text: `cannot tell: ${verdict.text}` }, guard);
    return { ...decided, blockers: [...decided.blockers, ...config.blockers], warnings: [...decided.warnings, ...warnings] };
  }
  if (verdict.state === 'starting' && patient && comesBefore(own, node)) return { blockers: config.blockers, warnings, askAgain: [node] };
  return { blockers: [...upBlocker(own, node, verdict), ...config.blockers], warnings, askAgain: [] };
}

function upBlocker(own: OwnConfig, node: string, { state, text }: InstanceVerdict): readonly Blocker[] {
  if (state === 'down') return [];
  return [{ text: `${node}: ${text}`, allow: 'peer-up', mend: `svcmgr -s ${own.service} switch --to ${own.node}` }];
}

/** A node without the service cannot be asked later either: it is the file that must be mended, not the connection. */
function withoutStatus(own: OwnConfig, node: string, fault: PeerFault | undefined, guard: StorageGuard | undefined): StartDecision {
  const why = fault?.text ?? 'it gave no status';
  const text = why.startsWith(node) ? why : `${node}: ${why}`;
  if (fault?.kind === 'no service') {
    const mend = `svcmgr -s ${own.service} sync update --rid 'sync#i0'`;
    return { blockers: [{ text, allow: 'peer-config', mend }], warnings: [], askAgain: [] };
  }
  if (guard !== undefined) return { blockers: [], warnings: [`${text}; ${guard.name} decides`], askAgain: [] };
  const mend = `svcmgr node ping ${node}`;
  return { blockers: [{ text, allow: 'peer-unreachable', mend }], warnings: [], askAgain: [] };
}

/** Two files that do not name the same nodes: one of them may not ask the other, so neither answer is worth anything. */
function compareConfig(own: OwnConfig, node: string, status: InstanceStatus): Pick<StartDecision, 'blockers' | 'warnings'> {
  if (status.configSha256 === own.sha256 && own.sha256 !== null) return { blockers: [], warnings: [] };
  const mend = `svcmgr -s ${own.service} sync update --rid 'sync#i0'`;
  const theirs = [...status.nodes, ...status.drpnodes];
  if (!isSameSet([...own.nodes, ...own.drpnodes], theirs)) {
    const text = `${node}: its file names other nodes (${theirs.join(' ')})`;
    return { blockers: [{ text, allow: 'peer-config', mend }], warnings: [] };
  }
  return { blockers: [], warnings: [`${node}: its file of ${own.service} differs from ours; ${mend} sends ours`] };
}

function isSameSet(left: readonly string[], right: readonly string[]): boolean {
  const names = (list: readonly string[]) => [...new Set(list.map((name) => name.toLowerCase()))].sort().join(' ');
  return names(left) === names(right);
}

function skewWarning(node: string, skewMs: number | undefined): readonly string[] {
  if (skewMs === undefined || Math.abs(skewMs) <= skewLimitMs) return [];
  return [`${node}: its clock is ${Math.round(Math.abs(skewMs) / 1000)} s ${skewMs > 0 ? 'ahead of' : 'behind'} ours`];
}

function invalidWarning(node: string, { invalid }: InstanceStatus): readonly string[] {
  return invalid === null ? [] : [`${node}: its file is not valid, it answers by its last good one: ${invalid}`];
}

/** Are we named before this node? A node that is named nowhere comes last. */
function comesBefore(own: OwnConfig, node: string): boolean {
  const order = [...own.nodes, ...own.drpnodes].map((name) => name.toLowerCase());
  const place = (name: string) => {
    const at = order.indexOf(name.toLowerCase());
    return at === -1 ? Number.POSITIVE_INFINITY : at;
  };
  return place(own.node) < place(node);
}
