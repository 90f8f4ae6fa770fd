/** Marks that are only true until the next boot: what was started, what was replaced. Kept with the kernel's boot id. */
import type { Act, Observe } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';

const bootIdPath = '/proc/sys/kernel/random/boot_id';

/** What `rememberForBoot` kept under this key since the last boot. */
export async function recallForBoot<T extends Keywords>(at: Observe<T>, key: string): Promise<string | undefined> {
  const kept = await at.recall(key);
  const suffix = ` ${await bootId(at)}`;
  return kept?.endsWith(suffix) ? kept.slice(0, -suffix.length) : undefined;
}

export async function rememberForBoot<T extends Keywords>(at: Act<T>, key: string, value: string): Promise<void> {
  await at.remember(key, `${value} ${await bootId(at)}`);
}

/** Forgets without leaving a trace when there is nothing to forget. */
export async function forgetIfKept<T extends Keywords>(at: Act<T>, key: string): Promise<void> {
  if ((await at.recall(key)) !== undefined) await at.forget(key);
}

/** One id, the same until the next boot; taking anything else for it, a mark of this boot would look like one of another. */
async function bootId<T extends Keywords>(at: Observe<T>): Promise<string> {
  const text = await at.local.file(bootIdPath);
  if (text === undefined) return 'unknown';
  const [, id] = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\n$/.exec(text) ?? [];
  if (id === undefined) throw new SvcError('COMMAND', `${bootIdPath} holds no boot id: ${text}`, { facts: { line: text } });
  return id;
}
