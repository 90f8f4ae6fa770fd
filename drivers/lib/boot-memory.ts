/** Marks that are only true until the next boot: what was started, what was replaced. Kept with the kernel's boot id. */
import type { Act, Observe } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';

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

async function bootId<T extends Keywords>(at: Observe<T>): Promise<string> {
  return ((await at.local.file(bootIdPath)) ?? 'unknown').trim();
}
