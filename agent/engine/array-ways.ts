/** The ways to arrays, from the `[array#NAME]` sections of the node file: a kept connection each, opened when first needed. */
import type { NodeDefinition } from '../config/definition.ts';
import type { Doors } from '../driver/doors.ts';
import { SvcError } from '../errors.ts';
import type { InformWay } from '../io/inform/doors.ts';
import { createSemaphore, type Semaphore } from '../io/semaphore.ts';
import type { SshPool } from '../io/ssh/pool.ts';
import { isYes } from './ssh-host.ts';

export interface ArrayWays {
  /** @throws SvcError NOT_FOUND without a section, CONFIG when it lacks something, UNSUPPORTED for a method that is not there yet */
  doorsFor(array: string): Promise<Doors>;
  /** Ends every connection: until then the process does not end by itself. */
  close(): Promise<void>;
}

type Section = Readonly<Record<string, string>>;

/** An array has few connections for command lines, and all its users share them. */
const looksAtOnce = 4;
/**
 * Nothing waits behind a change, which may take hours (`syncrcopy -w`): the array says itself when it has no more room. A kept connection
 * that died unseen and a new one that is not made take less together than a look may, so that what is silent is named as silent.
 */
const limits = { channels: Number.POSITIVE_INFINITY, openTimeoutMs: 2500 };

export function openArrayWays(definition: NodeDefinition, local: Doors): ArrayWays {
  let opened: Promise<SshPool> | undefined;
  const pool = (): Promise<SshPool> => {
    opened ??= import('../io/ssh/pool.ts').then(({ createSshPool }) => createSshPool(limits));
    return opened;
  };
  const looks = new Map<string, Semaphore>();
  const looksAt = (array: string): Semaphore => {
    const places = looks.get(array) ?? createSemaphore(looksAtOnce);
    looks.set(array, places);
    return places;
  };
  return {
    doorsFor: async (array) => {
      const section = arraySection(definition, array);
      const { informDoors } = await import('../io/inform/doors.ts');
      const way = section['method'] === 'cli' ? toolWay(array, section, local) : await sshWay(array, section, pool);
      return informDoors(array, way, looksAt(array));
    },
    close: async () => {
      await (await opened)?.closeAll();
    },
  };
}

/** Names of the arrays that the node file knows, as written. */
export function knownArrays({ sections }: NodeDefinition): readonly string[] {
  return [...sections.keys()].flatMap((name) => (name.startsWith('array#') ? [name.slice('array#'.length)] : []));
}

function arraySection(definition: NodeDefinition, array: string): Section {
  const section = definition.sections.get(`array#${array}`);
  if (section !== undefined) return section;
  throw new SvcError('NOT_FOUND', `the node file has no section [array#${array}]`, {
    hint: `it knows ${knownArrays(definition).join(', ') || 'no array'}`,
  });
}

function toolWay(array: string, { pwf, cli, manager }: Section, local: Doors): InformWay {
  if (pwf === undefined || pwf === '') throw incomplete(array, 'pwf is required for the cli method');
  return { method: 'cli', local, program: cli ?? 'cli', system: manager ?? array, passwordFile: pwf };
}

async function sshWay(array: string, section: Section, pool: () => Promise<SshPool>): Promise<InformWay> {
  const { method = 'ssh', manager, port, username, key, known_hosts, ssh_legacy, dialect } = section;
  if (method !== 'ssh') throw new SvcError('UNSUPPORTED', `[array#${array}] method = ${method}: there is no such way yet`);
  if (username === undefined || username === '' || key === undefined || key === '')
    throw incomplete(array, 'username and key are required for the ssh method');
  return {
    method: 'ssh',
    pool: await pool(),
    dialect: dialect === 'session' || dialect === 'pty' ? dialect : 'exec',
    host: {
      name: array,
      addresses: [manager ?? array],
      port: Number(port ?? 22),
      user: username,
      key,
      loginHint: `may this key log in there? setsshkey -add, as ${username} on the array, takes ${key}.pub`,
      ...(known_hosts === undefined ? {} : { knownHosts: [known_hosts] }),
      ...(ssh_legacy !== undefined && isYes(ssh_legacy) ? { legacy: true } : {}),
    },
  };
}

function incomplete(array: string, text: string): SvcError {
  return new SvcError('CONFIG', `[array#${array}]: ${text}`, { hint: 'svcmgr doc array' });
}
