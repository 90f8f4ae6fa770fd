/** The other nodes of a service as the engine sees them: asked, or told to act by their own agent. */
import type { PeerFault } from '../state/peer-safety.ts';
import type { StatusDocument } from '../state/status-document.ts';

/** What a node said of its instance; without a status there is a fault that says why. */
export interface PeerAnswer {
  readonly node: string;
  /** Our question was answered there, even if it was no status. */
  readonly reachable: boolean;
  /** There is a sign of life, if only a login that was refused or a command that hangs. Absent: as `reachable`. */
  readonly alive?: boolean;
  readonly status: StatusDocument | undefined;
  readonly fault: PeerFault | undefined;
  /** How far its clock is ahead of ours, ms, as far as it can be told from the time the answer took. */
  readonly skewMs: number | undefined;
  /** How long the answer took, ms. */
  readonly askedMs: number;
}

export interface PeerCallOptions {
  readonly signal: AbortSignal;
  /** Ms; default: what the node file says (`peer_timeout`). */
  readonly timeoutMs?: number;
}

export interface PeerActOptions extends PeerCallOptions {
  /** Session id the other agent journals its action under, so that its end can be found when the connection is lost. */
  readonly sid: string;
  /** Its console, line by line. */
  readonly onLine: (line: string) => void;
}

/** What a command of the other agent ended with. */
export interface PeerReply {
  readonly exitCode: number;
  /** Its stdout, parsed; undefined when it is no JSON. */
  readonly document: unknown;
  readonly stderr: string;
}

/** Words after the path of svcmgr. */
export type PeerArgv = readonly string[];

export interface Peers {
  /** Never throws but for an abort: that there is no answer is an answer. */
  ask(node: string, service: string, options: PeerCallOptions): Promise<PeerAnswer>;
  /**
   * Runs a command of the other agent that only looks.
   * @throws SvcError UNREACHABLE, TIMEOUT, UNSUPPORTED when there is no agent
   */
  read(node: string, argv: PeerArgv, options: PeerCallOptions): Promise<PeerReply>;
  /**
   * Runs an action of the other agent: it takes its own lock, asks its own blockers, writes its own journal, and outlives our
   * connection.
   * @throws SvcError UNREACHABLE when it surely did not begin; TIMEOUT when its result is not known: look before acting again
   */
  act(node: string, argv: PeerArgv, options: PeerActOptions): Promise<PeerReply>;
}
