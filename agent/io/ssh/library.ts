/** ssh2, loaded with the first connection: its import costs 33 to 45 ms (spec/deps.md §1.2). Its only importer; a default import, since its names are CommonJS. */
import type ssh2 from 'ssh2';

export type { Client, ClientChannel, ConnectConfig } from 'ssh2';

export async function loadSsh2(): Promise<typeof ssh2> {
  const { default: library } = await import('ssh2');
  return library;
}
