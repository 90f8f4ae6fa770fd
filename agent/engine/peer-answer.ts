/** The answer of another agent, parsed strictly: whatever is not the status we know is a fault, never "down". */
import { isSameNode } from '../config/scope.ts';
import { errorKinds, type SvcError } from '../errors.ts';
import type { ConnectLevel } from '../io/ssh/unreachable.ts';
import type { PeerFault, PeerFaultKind } from '../state/peer-safety.ts';
import { statuses } from '../state/status.ts';
import type { StatusDocument } from '../state/status-document.ts';
import type { PeerReply } from './peers.ts';

export type ParsedAnswer =
  | { readonly status: StatusDocument; readonly fault: undefined }
  | { readonly status: undefined; readonly fault: PeerFault };

/** The status in a reply to `print status`, or what is wrong with it. */
export function parseAnswer(node: string, service: string, reply: PeerReply): ParsedAnswer {
  if (reply.exitCode !== 0) return fault(kindOfExit(reply.exitCode), exitText(service, reply));
  const { document } = reply;
  if (!isRecord(document)) return fault('garbage', `what svcmgr printed there is no status${tailOf(reply.stderr)}`);
  if (document['schema'] !== 1) return fault('other version', `its svcmgr speaks another version (schema ${shown(document['schema'])})`);
  const missing = missingField(document);
  if (missing !== undefined) return fault('other version', `its svcmgr is of another version: its status has no valid ${missing}`);
  const status = document as unknown as StatusDocument;
  if (!isSameNode(status.node, node)) return fault('wrong node', `${status.node} answered in its place: look at [host#${node}]`);
  if (status.service !== service) return fault('wrong node', `it answered for the service ${status.service}`);
  return { status, fault: undefined };
}

/** What an error on the way says of the other node. */
export function faultOfError(error: SvcError): PeerFault {
  const kinds: Partial<Record<SvcError['code'], PeerFaultKind>> = {
    UNREACHABLE: 'unreachable',
    TIMEOUT: 'no answer',
    UNSUPPORTED: 'no agent',
  };
  const kind = kinds[error.code] ?? 'failed';
  return { kind, text: error.message };
}

/**
 * Is nothing there that gives a sign of life? A refused login, another host key, a server that hangs: somebody is. So is whoever we cannot
 * even ask, as far as we know.
 * @param hasAnswered it began to run what it was asked to
 */
export function isSilence({ code, facts }: SvcError, hasAnswered: boolean): boolean {
  if (hasAnswered) return false;
  if (code !== 'UNREACHABLE') return code === 'TIMEOUT';
  const tries = Array.isArray(facts['tries']) ? (facts['tries'] as readonly Readonly<Record<string, unknown>>[]) : [facts];
  return tries.every(({ level, connected, errno }) => {
    const isStep = silentLevels.includes(String(level));
    return isStep && connected !== true && !answers.includes(String(errno));
  });
}

/** Steps at which nothing has come back yet. */
const silentLevels: readonly string[] = ['client-socket', 'client-timeout', 'lost'] satisfies ConnectLevel[];
/** Nobody listens there, says the machine that is at the address. */
const answers: readonly string[] = ['ECONNREFUSED', 'ECONNRESET'];

/** The shell's own two, and what our launcher says when its build or node is missing. */
const noAgentExits: readonly number[] = [126, 127, errorKinds.UNSUPPORTED.exit];

export function isNoAgent(exitCode: number): boolean {
  return noAgentExits.includes(exitCode);
}

function kindOfExit(exitCode: number): PeerFaultKind {
  if (isNoAgent(exitCode)) return 'no agent';
  return exitCode === errorKinds.NOT_FOUND.exit ? 'no service' : 'failed';
}

function exitText(service: string, { exitCode, stderr }: PeerReply): string {
  const kind = kindOfExit(exitCode);
  if (kind === 'no agent') return `svcmgr cannot run there (exit ${exitCode})${tailOf(stderr)}`;
  if (kind === 'no service') return `it has no service ${service}`;
  return `its svcmgr failed (exit ${exitCode})${tailOf(stderr)}`;
}

/** The last line that says something. */
export function tailOf(stderr: string): string {
  const line = stderr.trim().split('\n').at(-1)?.trim() ?? '';
  return line === '' ? '' : `: ${line.slice(0, 300)}`;
}

function fault(kind: PeerFaultKind, text: string): ParsedAnswer {
  return { status: undefined, fault: { kind, text } };
}

type Check = (value: unknown) => boolean;
const isText: Check = (value) => typeof value === 'string';
const isFlag: Check = (value) => typeof value === 'boolean';
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);
const isStatus: Check = (value) => (statuses as readonly unknown[]).includes(value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const fields =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isRecord(value) && Object.entries(checks).every(([name, check]) => check(value[name]));

/** Only what is decided by, or shown. */
const needed: Readonly<Record<string, Check>> = {
  service: isText,
  node: isText,
  updated: (value) => isText(value) && !Number.isNaN(Date.parse(String(value))),
  stale: isFlag,
  overall: isStatus,
  avail: isStatus,
  invalid: orNull(isText),
  nodes: isTexts,
  drpnodes: isTexts,
  configSha256: orNull(isText),
  monitor: fields({
    state: isText,
    action: orNull(isText),
    since: orNull(isText),
    interrupted: orNull(fields({ verb: isText, since: isText, alive: isFlag })),
  }),
  resources: (value) => isRecord(value) && Object.values(value).every(isResource),
};

const isResource = fields({
  group: isText,
  status: isStatus,
  flags: fields({ standby: isFlag, disable: isFlag }),
  notes: (value) => Array.isArray(value) && value.every(fields({ level: isText, text: isText })),
});

function missingField(document: Readonly<Record<string, unknown>>): string | undefined {
  return Object.entries(needed).find(([name, check]) => !check(document[name]))?.[0];
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'missing').slice(0, 40);
}
