/** An application that writes a counting line past the page cache until the disk refuses it. */
import { setTimeout as delay } from 'node:timers/promises';
import type { LabNode } from './node.ts';

export interface Writer {
  /** Lines that the disk has acknowledged. */
  count(): Promise<number>;
  /** Until that many were acknowledged. */
  wrote(count: number): Promise<void>;
  /** Until one is refused; the number of the last acknowledged one. */
  refused(): Promise<number>;
}

/** Each line replaces the one before, in the first block of the file. */
const script = `i=0
while i=$((i + 1)); printf '%s %s\\n' "$(hostname)" $i | dd of="$1" bs=512 conv=sync,notrunc oflag=direct 2>/dev/null; do
  echo $i
  sleep 0.2
done
echo refused`;

const limitMs = 120_000;

export function startWriter(node: LabNode, file: string): Writer {
  const command = node.start(['bash', '-c', script, 'bash', file], { timeoutMs: 600_000 });
  command.done.catch(() => undefined);
  const lines = () => command.output().stdout.trim().split('\n').filter(Boolean);
  const until = async (what: string, isSo: () => boolean) => {
    for (const end = Date.now() + limitMs; !isSo(); await delay(50)) {
      if (Date.now() > end) throw new Error(`${node.name}: the writer did not ${what} in ${limitMs} ms: ${lines().slice(-3).join(' ')}`);
    }
  };
  const acknowledged = () => lines().filter((line) => line !== 'refused').length;
  return {
    count: async () => acknowledged(),
    wrote: (count) => until(`write ${count} lines`, () => acknowledged() >= count),
    refused: async () => {
      await until('fail', () => lines().includes('refused'));
      return acknowledged();
    },
  };
}
