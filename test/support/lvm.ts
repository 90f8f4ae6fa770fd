/** Real LVM on loop devices: only the given devices are looked at, and nothing is written below /etc/lvm. */
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Doors } from '../../agent/driver/doors.ts';
import type { Home } from './home.ts';

/** Environment of LVM's programs. Activation waits for no udev: there is none in containers, and none in the lab. */
export function lvmEnvironment(home: Home, devices: readonly string[]): Readonly<Record<string, string>> {
  const folder = home.path('lvm', 'lvm.conf');
  const accepted = devices.map((device) => `"a|^${device}$|"`);
  mkdirSync(`${home.folder}/lvm/cache`, { recursive: true });
  writeFileSync(
    folder,
    [
      `devices { filter = [ ${[...accepted, '"r|.*|"'].join(', ')} ] use_devicesfile = 0 }`,
      'backup { backup = 0 archive = 0 }',
      'activation { udev_sync = 0 udev_rules = 0 verify_udev_operations = 1 }',
      `global { locking_dir = "${home.folder}/lvm/lock" }`,
      '',
    ].join('\n'),
  );
  return { LVM_SYSTEM_DIR: `${home.folder}/lvm`, LVM_SUPPRESS_FD_WARNINGS: '1' };
}

/** The same doors, with more in the environment of every command. */
export function withEnvironment(doors: Doors, env: Readonly<Record<string, string>>): Doors {
  return { ...doors, run: (argv, options) => doors.run(argv, { ...options, env: { ...options.env, ...env } }) };
}
