/** The one error class of svcmgr and the table of its codes (design/architecture.md "Errors"). */

export interface ErrorKind {
  /** What the reader should understand. */
  readonly meaning: string;
  readonly exit: number;
  readonly http: number;
  readonly retry: 'no' | 'never' | 'caller' | 'yes' | 'reads only';
}

/** A code exists only if somebody reacts differently to it. The manual (`svcmgr doc errors`) is printed from this table. */
export const errorKinds = {
  CONFIG: { meaning: 'the text is wrong: file, line, section, keyword, nearest valid name', exit: 2, http: 400, retry: 'no' },
  NOT_FOUND: { meaning: 'no such service, resource or driver', exit: 3, http: 404, retry: 'no' },
  UNSUPPORTED: { meaning: 'no such action here, or its tool is not installed', exit: 4, http: 405, retry: 'no' },
  REFUSED: { meaning: 'unsafe now, nothing was done; says which option would allow it', exit: 5, http: 409, retry: 'never' },
  BUSY: { meaning: 'another action holds the service: who, what, since when', exit: 6, http: 423, retry: 'caller' },
  COMMAND: { meaning: 'a tool ran and said no: argv, exit, tail of stderr', exit: 7, http: 502, retry: 'no' },
  UNREACHABLE: { meaning: 'connection failed before the command ran', exit: 8, http: 503, retry: 'yes' },
  TIMEOUT: { meaning: 'no answer in time; result unknown, look before acting', exit: 9, http: 504, retry: 'reads only' },
  CANCELLED: { meaning: 'aborted by a person or shutdown', exit: 130, http: 499, retry: 'no' },
  BUG: { meaning: 'anything else; logged with its stack', exit: 70, http: 500, retry: 'no' },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKinds;

export interface ErrorDetails {
  /** What to do next, one sentence. */
  readonly hint?: string;
  /** Plain data for machines (never a secret). */
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** Several copies of this module may be loaded (the thin command line, the engine, an outside driver): errors are told by this mark. */
const mark: unique symbol = Symbol.for('svcmgr.SvcError') as never;

export class SvcError extends Error {
  static override [Symbol.hasInstance](value: unknown): value is SvcError {
    return typeof value === 'object' && value !== null && mark in value;
  }

  readonly [mark] = true;
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'SvcError';
    this.code = code;
    this.hint = details.hint;
    this.facts = details.facts ?? {};
  }
}

/** Wraps anything thrown into a SvcError; what is neither one already nor an abort is a BUG that keeps its cause. */
export function asSvcError(thrown: unknown): SvcError {
  if (thrown instanceof SvcError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  // What an AbortSignal gives when nobody said why.
  if (thrown instanceof Error && thrown.name === 'AbortError') return new SvcError('CANCELLED', message, { cause: thrown });
  return new SvcError('BUG', message, { cause: thrown });
}
