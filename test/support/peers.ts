/** Other nodes that live in memory: what they answer, when, and what becomes of actions there is set by the test while it runs. */
import type { PeerActOptions, PeerAnswer, PeerArgv, PeerReply, Peers } from '../../agent/engine/peers.ts';
import type { ReadinessReport } from '../../agent/engine/readiness.ts';
import { loadForStatus } from '../../agent/engine/services.ts';
import type { World } from '../../agent/engine/world.ts';
import { SvcError } from '../../agent/errors.ts';
import type { PeerFaultKind } from '../../agent/state/peer-safety.ts';
import type { StatusDocument } from '../../agent/state/status-document.ts';
import { documentOf } from './status-documents.ts';

/** One other node; every field may be changed at any time. */
export interface PeerPart {
  /** Over what it would answer by itself: down, with our own file. */
  status: Partial<StatusDocument>;
  fault: PeerFaultKind | undefined;
  skewMs: number;
  /** Called before an answer is given. */
  onAsk: (asked: number) => Promise<void> | void;
  /** What a command that looks replies. */
  onRead: (argv: PeerArgv) => Promise<PeerReply> | PeerReply;
  onAct: (argv: PeerArgv, options: PeerActOptions) => Promise<PeerReply> | PeerReply;
  /** How often its status was asked. */
  asked: number;
  /** Every command that acted there. */
  readonly acts: string[];
}

export interface PeerStage {
  node(name: string): PeerPart;
  readonly peers: Peers;
}

export const replied = (document: unknown, exitCode = 0): PeerReply => ({ exitCode, document, stderr: '' });

/** @param world gives the world that asks, whose file the others have too */
export function createPeerStage(world: () => World): PeerStage {
  const parts = new Map<string, PeerPart>();
  const node = (name: string): PeerPart => {
    const found = parts.get(name) ?? newPart();
    parts.set(name, found);
    return found;
  };
  return {
    node,
    peers: {
      ask: (name, service) => answer(node(name), world(), name, service),
      read: async (name, argv) => {
        mustBeThere(node(name), name);
        return node(name).onRead(argv);
      },
      act: async (name, argv, options) => {
        mustBeThere(node(name), name);
        node(name).acts.push(argv.join(' '));
        return node(name).onAct(argv, options);
      },
    },
  };
}

function newPart(): PeerPart {
  return {
    status: {},
    fault: undefined,
    skewMs: 0,
    onAsk: () => undefined,
    onRead: () => replied({ schema: 1, actions: [] }),
    onAct: () => replied({ ok: true }),
    asked: 0,
    acts: [],
  };
}

function mustBeThere(part: PeerPart, name: string): void {
  if (part.fault === 'unreachable') throw new SvcError('UNREACHABLE', `${name}: no route to host`);
  if (part.fault === 'no answer') throw new SvcError('TIMEOUT', `${name}: no answer in 5 s`);
  if (part.fault === 'no agent') throw new SvcError('UNSUPPORTED', `${name}: svcmgr cannot run there (exit 127)`);
}

async function answer(part: PeerPart, world: World, node: string, service: string): Promise<PeerAnswer> {
  part.asked += 1;
  await part.onAsk(part.asked);
  const { fault, skewMs } = part;
  if (fault !== undefined) {
    const reachable = fault !== 'unreachable' && fault !== 'no answer';
    return { node, reachable, status: undefined, fault: { kind: fault, text: `it is ${fault}` }, skewMs: undefined, askedMs: 1 };
  }
  const { instance } = await loadForStatus(world, service, { keep: false });
  const { nodes, drpnodes } = instance.definition.settings;
  const own = { node, nodes, drpnodes, configSha256: instance.configSha256, overall: 'down', avail: 'down' } as const;
  const status = documentOf(service, { ...own, updated: world.now().toISOString(), ...part.status });
  return { node, reachable: true, status, fault: undefined, skewMs, askedMs: 1 };
}

/** What a node says of its readiness; nothing is in the way unless given. */
export function readyReport(node: string, fields: Partial<ReadinessReport> = {}): ReadinessReport {
  return {
    schema: 1,
    service: 'svc1',
    node,
    ready: true,
    way: 'start',
    state: 'down',
    blockers: [],
    warnings: [],
    peers: [],
    dataLoss: { ms: 0, syncs: [] },
    start: { medianMs: null, samples: 0 },
    stop: { medianMs: null, samples: 0 },
    syncs: [],
    ...fields,
  };
}
