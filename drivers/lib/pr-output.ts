/** What sg_persist(8) 1.46 and mpathpersist(8) 0.9.4 print: registered keys, and who holds the reservation. */
import { SvcError } from '../../agent/errors.ts';

export interface Reservation {
  /** As `tidyKey` writes it; 0x0 where all registrants hold it. */
  readonly key: string;
  /** 5: Write Exclusive, registrants only. */
  readonly type: number;
}

const types = new Map([
  ['Write Exclusive', 1],
  ['Exclusive Access', 3],
  ['Write Exclusive, registrants only', 5],
  ['Exclusive Access, registrants only', 6],
  ['Write Exclusive, all registrants', 7],
  ['Exclusive Access, all registrants', 8],
]);

const head = /^ {2}PR generation=0x[0-9a-f]+,\s+(.*)$/;

/** `  PR generation=0x6, 4 registered reservation keys follow:` and a line for each; every path that registered has its own. */
export function parseKeys(text: string): readonly string[] {
  const [first = '', ...lines] = linesOf(text);
  const said = head.exec(first)?.[1] ?? '';
  const [, count = /^(there are NO registered reservation keys|0 registered reservation key\.)$/.test(said) ? '0' : undefined] =
    /^(\d+) registered reservation keys? follows?:$/.exec(said) ?? [];
  const keys = lines.map((line) => /^ {4}(0x[0-9a-f]+)$/.exec(line)?.[1]);
  if (count === undefined || keys.includes(undefined) || keys.length !== Number(count)) throw notUnderstood('registered keys', text);
  return keys.map((key) => plainKey(key ?? ''));
}

/** `  PR generation=0x6, Reservation follows:`, the key, scope and type; undefined when nobody holds one. */
export function parseReservation(text: string): Reservation | undefined {
  const [first = '', ...lines] = linesOf(text);
  const said = head.exec(first)?.[1]?.trimEnd();
  if (said === 'there is NO reservation held' && lines.length === 0) return undefined;
  const key = /^ +Key ?= ?(0x[0-9a-f]+)$/.exec(lines[0] ?? '')?.[1];
  const kind = /^ +scope(?:: | = )LU_SCOPE, +type(?:: | = )(.+)$/.exec(lines[1] ?? '')?.[1];
  const type = types.get(kind ?? '');
  if (said !== 'Reservation follows:' || key === undefined || type === undefined || lines.length !== 2)
    throw notUnderstood('a reservation', text);
  return { key: plainKey(key), type };
}

/** Tools print keys without leading zeros, people write them with. */
export function plainKey(key: string): string {
  return `0x${BigInt(key).toString(16)}`;
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

function notUnderstood(what: string, text: string): SvcError {
  return new SvcError('COMMAND', `this does not tell of ${what}: ${text.slice(0, 200)}`, { facts: { line: text } });
}
