/** What a stop remembers: as much as can be written. A full or read-only disk must not keep anything up (spec/cli.md "Safety" 5). */
import type { Memory } from '../driver/context.ts';
import type { Log } from '../driver/contract.ts';
import { asSvcError } from '../errors.ts';

/** The same memory, whose failing writes are told in the log instead of failing the caller. */
export function forgivingMemory(memory: Memory, log: Log): Memory {
  return {
    recall: (rid, key) => memory.recall(rid, key),
    remember: async (rid, key, value) => {
      await memory.remember(rid, key, value).catch((thrown: unknown) => {
        log.error(`${key} is not ${value === undefined ? 'forgotten' : 'remembered'}: ${asSvcError(thrown).message}`);
      });
    },
  };
}
