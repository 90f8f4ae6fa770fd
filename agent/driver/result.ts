/** From what io returned to what a driver gets: masked text, and an error when the exit code is not an accepted one. */
import { SvcError } from '../errors.ts';
import { maskSecrets, quoteArgv } from '../io/redact.ts';
import type { Argv, Result, RunOptions, Secret } from './contract.ts';
import type { DoorResult } from './doors.ts';
import type { Place } from './targets.ts';

/** Reveals secrets at the last moment; `secrets` are the texts to mask in whatever the command prints. */
export function plainEnv(env: Readonly<Record<string, string | Secret>> = {}): { env: Record<string, string>; secrets: readonly string[] } {
  const plain: Record<string, string> = {};
  const secrets: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    const text = typeof value === 'string' ? value : value.reveal();
    if (typeof value !== 'string') secrets.push(text);
    plain[name] = text;
  }
  return { env: plain, secrets };
}

export interface Circumstances {
  /** Texts to mask. */
  readonly secrets: readonly string[];
  readonly place: Place | undefined;
}

/**
 * The same work, without its secrets in what it throws: a program that cannot start says its last lines, and may print what it
 * was given. The cause goes, for it would say it again.
 */
export async function withoutSecrets<V>(secrets: readonly string[], work: () => Promise<V>): Promise<V> {
  try {
    return await work();
  } catch (error) {
    throw secrets.length > 0 && error instanceof SvcError ? maskError(error, secrets) : error;
  }
}

function maskError(error: SvcError, secrets: readonly string[]): SvcError {
  const hint = error.hint === undefined ? {} : { hint: maskSecrets(error.hint, secrets) };
  const facts = Object.fromEntries(Object.entries(error.facts).map(([name, value]) => [name, maskFact(value, secrets)]));
  return new SvcError(error.code, maskSecrets(error.message, secrets), { ...hint, facts });
}

function maskFact(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string') return maskSecrets(value, secrets);
  return Array.isArray(value) ? value.map((each) => maskFact(each, secrets)) : value;
}

/** COMMAND with the tail of what the tool said when the exit code is not accepted. */
export function resultOf(argv: Argv, ran: DoorResult, options: RunOptions, { secrets, place }: Circumstances): Result {
  const command = `${maskSecrets(quoteArgv(argv), secrets)}${place?.suffix ?? ''}`;
  const stdout = maskSecrets(ran.stdout, secrets);
  const stderr = maskSecrets(ran.stderr, secrets);
  if (!(options.okCodes ?? [0]).includes(ran.exitCode)) {
    throw new SvcError('COMMAND', `${command}: exit ${ran.exitCode}${tail(stderr || stdout)}`, {
      facts: { command, exitCode: ran.exitCode, stderr: stderr.slice(-2000) },
    });
  }
  return { command, exitCode: ran.exitCode, stdout, stderr, durationMs: ran.durationMs, truncated: ran.truncated };
}

function tail(text: string): string {
  const lines = text.trim().split('\n').slice(-3).join(' / ');
  return lines === '' ? '' : `: ${lines.slice(-400)}`;
}
