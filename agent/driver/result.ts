/** From what io returned to what a driver gets: masked text, and an error when the exit code is not an accepted one. */
import { SvcError } from '../errors.ts';
import { maskSecrets, quoteArgv } from '../io/redact.ts';
import type { Argv, Result, RunOptions, Secret } from './contract.ts';
import type { DoorResult } from './doors.ts';

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

/** COMMAND with the tail of what the tool said when the exit code is not accepted. */
export function resultOf(argv: Argv, ran: DoorResult, options: RunOptions, secrets: readonly string[]): Result {
  const command = maskSecrets(quoteArgv(argv), secrets);
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
