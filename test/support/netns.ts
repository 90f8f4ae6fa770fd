/**
 * Network namespaces of a test; need root. Commands enter by `nsenter --net`, which leaves the mounts alone: `ip netns exec`
 * would give the command a mount namespace of its own, and what it mounts would vanish with it.
 */
import { must, tryTo } from './command.ts';
import { namePrefix } from './names.ts';

export interface Netns {
  /** `svt-<pid>-<label>`; a driver's or test's `ip -n NAME` works on it. */
  readonly name: string;
  /** Put before an argv to run it inside: `['nsenter', '--net=/run/netns/NAME', '--']`. */
  readonly enter: readonly [string, ...string[]];
  /** Runs a command inside; stdout, or an error with its stderr. */
  run(...argv: readonly [string, ...string[]]): string;
  /** Adds an interface with carrier that leads nowhere and has these addresses: `device('svc0', '10.9.0.1/24')`. */
  device(device: string, ...addresses: readonly string[]): void;
  /** Joins this namespace's `device` with `otherDevice` of another one by a cable; both are up. */
  cable(device: string, other: Netns, otherDevice: string): void;
  remove(): void;
}

/** Makes a namespace with loopback up; `label` is unique within the run. */
export function makeNetns(label: string): Netns {
  const name = `${namePrefix()}${label}`;
  const enter = ['nsenter', `--net=/run/netns/${name}`, '--'] as const;
  const ip = (...argv: string[]) => must('ip', '-n', name, ...argv);
  must('ip', 'netns', 'add', name);
  ip('link', 'set', 'lo', 'up');
  return {
    name,
    enter,
    run: (...argv) => must(...enter, ...argv),
    device: (device, ...addresses) => {
      // Both ends of a cable inside: kernels without the dummy module have veth.
      ip('link', 'add', device, 'type', 'veth', 'peer', 'name', `${device}-end`);
      ip('link', 'set', `${device}-end`, 'up');
      ip('link', 'set', device, 'up');
      for (const address of addresses) ip('address', 'add', address, 'dev', device);
    },
    cable: (device, other, otherDevice) => {
      ip('link', 'add', device, 'type', 'veth', 'peer', 'name', otherDevice, 'netns', other.name);
      ip('link', 'set', device, 'up');
      must('ip', '-n', other.name, 'link', 'set', otherDevice, 'up');
    },
    remove: () => {
      tryTo('ip', 'netns', 'delete', name);
    },
  };
}

/** Inside `describe`: one namespace for all its tests, removed after them whatever happened. */
export function useNetns(label: string): () => Netns {
  let current: Netns | undefined;
  before('make a network namespace', () => {
    current = makeNetns(label);
  });
  after('remove the network namespace', () => current?.remove());
  return () => {
    if (current === undefined) throw new Error('the namespace exists only inside a test');
    return current;
  };
}
