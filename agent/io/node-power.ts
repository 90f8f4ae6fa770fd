/** Taking the node down at once, whatever hangs: the kernel's own way (Documentation/admin-guide/sysrq.rst). */
import { writeFile } from 'node:fs/promises';
import { fileError } from './files.ts';

export interface NodePower {
  /** Syncs what can be synced, then resets the machine without stopping anything. */
  reboot(): Promise<void>;
  /** Panics: a dump is written where the node is set up for it. */
  crash(): Promise<void>;
}

/** @param trigger where the kernel takes its orders */
export function openNodePower(trigger = '/proc/sysrq-trigger'): NodePower {
  const order = async (letter: string): Promise<void> => {
    try {
      await writeFile(trigger, letter);
    } catch (error) {
      throw fileError('write', trigger, error);
    }
  };
  return {
    reboot: async () => {
      await order('s');
      await order('b');
    },
    crash: () => order('c'),
  };
}
