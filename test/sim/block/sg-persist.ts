/** sg_persist of sg3-utils 1.46 and mpathpersist of multipath-tools 0.9.4 over simulated paths. */
import type { Answer, Lun } from './lun.ts';
import { failed, fine, parseWords, type Program, type Said } from './program.ts';

/** One way to a disk. */
export interface PathState {
  /** `sda` */
  readonly name: string;
  /** `8:0` */
  readonly number: string;
  /** `3:0:0:1` */
  readonly address: string;
  readonly lun: Lun;
  readonly nexus: string;
  readOnly: boolean;
  /** The cable is out. */
  dead: boolean;
  /** Just attached: the first command is answered by NOT READY. */
  fresh: boolean;
}

const typeNames: Readonly<Record<number, string>> = {
  1: 'Write Exclusive',
  3: 'Exclusive Access',
  5: 'Write Exclusive, registrants only',
  6: 'Exclusive Access, registrants only',
  7: 'Write Exclusive, all registrants',
  8: 'Exclusive Access, all registrants',
};

const actions = ['--register', '--register-ignore', '--reserve', '--release', '--clear', '--preempt', '--preempt-abort'] as const;
const flags = ['-n', '-i', '--in', '--out', '-k', '-r', ...actions];
const values = ['--param-rk', '--param-sark', '--prout-type'];

/** Exit codes of the two programs (sg3_utils(8), mpath_persist.h). */
interface Exits {
  readonly conflict: number;
  readonly attention: number;
  readonly notReady: number;
  readonly illegal: number;
  readonly invalidOp: number;
  readonly dead: number;
}

const sgExits: Exits = { conflict: 24, attention: 6, notReady: 2, illegal: 5, invalidOp: 9, dead: 35 };
const mpathExits: Exits = { conflict: 11, attention: 6, notReady: 2, illegal: 5, invalidOp: 7, dead: 12 };

interface Asked {
  readonly out: (typeof actions)[number] | undefined;
  readonly in: '-k' | '-r' | undefined;
  readonly key: bigint;
  readonly other: bigint;
  readonly type: number;
  readonly device: string;
}

function parse(words: readonly string[]): Asked | undefined {
  const { flags: given, values: named, rest, unknown } = parseWords(words, { flags, values });
  const chosen = actions.filter((action) => given.has(action));
  const looks = (['-k', '-r'] as const).filter((look) => given.has(look));
  const [device] = rest;
  const isOut = given.has('--out');
  if (
    unknown.length > 0 ||
    device === undefined ||
    rest.length > 1 ||
    chosen.length + looks.length !== 1 ||
    isOut !== (chosen.length === 1)
  )
    return undefined;
  // Keys are hexadecimal with or without 0x.
  const key = (name: string): bigint => BigInt(`0x${(named.get(name) ?? '0').replace(/^0x/, '') || '0'}`);
  return {
    out: chosen[0],
    in: looks[0],
    key: key('--param-rk'),
    other: key('--param-sark'),
    type: Number(named.get('--prout-type') ?? 0),
    device,
  };
}

export function sgPersist(find: (device: string) => PathState | undefined): Program {
  return ({ words, env }) => {
    const asked = parse(words);
    if (asked === undefined) return failed(1, 'sg_persist: wrong arguments, use --help');
    const path = find(asked.device);
    if (path === undefined) return failed(52, `sg_persist: error opening file ${asked.device} (rw): No such file or directory`);
    const opensReadOnly = asked.in !== undefined && env['SG_PERSIST_IN_RDONLY'] === '1';
    if (path.readOnly && !opensReadOnly) return failed(80, `sg_persist: error opening file ${asked.device} (rw): Read-only file system`);
    return through(path, asked, sgExits, 'sg');
  };
}

/** One command for all paths of the map: registrations go through each, the rest through the first that is alive. */
export function mpathPersist(find: (device: string) => readonly PathState[] | undefined): Program {
  return ({ words }) => {
    const asked = parse(words);
    if (asked === undefined) return failed(1, 'mpathpersist: wrong arguments');
    const paths = find(asked.device)?.filter((path) => !path.dead);
    if (paths === undefined) return failed(13, `mpathpersist: ${asked.device}: not a multipath map`);
    const [first] = paths;
    if (first === undefined) return failed(13, `mpathpersist: ${asked.device}: no active path`);
    const each = asked.out?.startsWith('--register') ? paths : [first];
    // What a path has to tell first is heard, and the command sent again (libmpathpersist).
    const said = each.map((path) => {
      const first = through(path, asked, mpathExits, 'mpath');
      return first.exitCode === mpathExits.attention ? through(path, asked, mpathExits, 'mpath') : first;
    });
    return said.find(({ exitCode }) => exitCode !== 0) ?? said[0] ?? fine();
  };
}

function through(path: PathState, asked: Asked, exits: Exits, form: 'sg' | 'mpath'): Said {
  const { lun, nexus } = path;
  if (path.dead) return failed(exits.dead, `${asked.device}: transport error`);
  if (path.fresh) {
    path.fresh = false;
    return failed(exits.notReady, 'persistent reservation: Device not ready');
  }
  if (lun.attention.delete(lun.initiatorOf(nexus)))
    return failed(exits.attention, 'persistent reservation: Unit Attention, reservations preempted');
  if (!lun.supported) return failed(exits.invalidOp, 'persistent reservation: command not supported');
  if (asked.in === '-k') return fine(form === 'sg' ? sgKeys(lun) : mpathKeys(lun));
  if (asked.in === '-r') return fine(form === 'sg' ? sgReservation(lun) : mpathReservation(lun));
  return {
    good: fine(),
    conflict: failed(exits.conflict, `PR out (${asked.out?.slice(2)}): Reservation conflict`),
    illegal: failed(exits.illegal, 'illegal request'),
  }[act(lun, nexus, asked)];
}

function act(lun: Lun, nexus: string, { out, key, other, type }: Asked): Answer {
  switch (out) {
    case '--register':
      return lun.register(nexus, other, key);
    case '--register-ignore':
      return lun.register(nexus, other, 'ignore');
    case '--reserve':
      return lun.reserve(nexus, key, type);
    case '--release':
      return lun.release(nexus, key, type);
    case '--clear':
      return lun.clear(nexus, key);
    case '--preempt':
    case '--preempt-abort':
      return lun.preempt(nexus, key, other, type);
    default:
      return 'illegal';
  }
}

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

function sgKeys({ generation, registrations }: Lun): string {
  const keys = [...registrations.values()];
  const head = `  PR generation=${hex(generation)}, `;
  if (keys.length === 0) return `${head}there are NO registered reservation keys\n`;
  return `${head}${keys.length === 1 ? '1 registered reservation key follows' : `${keys.length} registered reservation keys follow`}:\n${keyLines(keys)}`;
}

function mpathKeys({ generation, registrations }: Lun): string {
  const keys = [...registrations.values()];
  const head = `  PR generation=${hex(generation)}, `;
  if (keys.length === 0) return `${head}\t0 registered reservation key.\n`;
  return `${head}\t${keys.length === 1 ? '1 registered reservation key follows' : `${keys.length} registered reservation keys follow`}:\n${keyLines(keys)}`;
}

function keyLines(keys: readonly bigint[]): string {
  return keys.map((key) => `    ${hex(key)}\n`).join('');
}

function sgReservation({ generation, held }: Lun): string {
  const head = `  PR generation=${hex(generation)}, `;
  if (held === undefined) return `${head}there is NO reservation held\n`;
  return `${head}Reservation follows:\n    Key=${hex(held.type > 6 ? 0 : held.key)}\n    scope: LU_SCOPE,  type: ${typeNames[held.type]}\n`;
}

function mpathReservation({ generation, held }: Lun): string {
  const head = `  PR generation=${hex(generation)}, `;
  if (held === undefined) return `${head}there is NO reservation held \n`;
  return `${head}Reservation follows:\n   Key = ${hex(held.type > 6 ? 0 : held.key)}\n  scope = LU_SCOPE, type = ${typeNames[held.type]}\n`;
}
