/** The simulator in tests: inside the test process (`useHp3par`), or as a process of its own in a network namespace (`spawnHp3par`). */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { must } from '../../support/command.ts';
import { projectRoot } from '../../support/imports.ts';
import { removeFolder } from '../../support/leftovers.ts';
import { makeFolder } from '../../support/names.ts';
import type { Netns } from '../../support/netns.ts';
import type { SimConfig } from './config.ts';
import { connectControls, type Remote } from './control-socket.ts';
import type { User } from './model.ts';
import { type Hp3par, startHp3par } from './simulator.ts';

/** A user of the arrays with a fresh key pair; the private key is at `key`. */
export interface TestUser extends User {
  readonly key: string;
}

/** Makes the key files in the folder: `NAME` and `NAME.pub`. */
export function makeUser(folder: string, values: Pick<User, 'name'> & Partial<User>): TestUser {
  const key = path.join(folder, `key-${values.name}`);
  must('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'svcmgr test', '-f', key);
  const text = readFileSync(`${key}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
  return { role: 'Super', password: `secret of ${values.name}`, keys: [text.trim()], ...values, key };
}

export interface Stage {
  readonly sim: Hp3par;
  /** In every array: role Super. */
  readonly user: TestUser;
  readonly folder: string;
}

/** Inside `describe`: new arrays for each test, removed after it; `config` gets the user that every array shall know. */
export function useHp3par(config: (user: TestUser) => SimConfig): () => Stage {
  let current: Stage | undefined;
  beforeEach('start the arrays', async () => {
    current = await makeStage(config);
  });
  afterEach('remove the arrays', async () => {
    if (current !== undefined) await removeStage(current);
    current = undefined;
  });
  return () => {
    if (current === undefined) throw new Error('the arrays exist only inside a test');
    return current;
  };
}

export async function makeStage(config: (user: TestUser) => SimConfig): Promise<Stage> {
  const folder = makeFolder();
  const user = makeUser(folder, { name: 'opensvc' });
  return { sim: await startHp3par(config(user), folder), user, folder };
}

export async function removeStage({ sim, folder }: Stage): Promise<void> {
  await sim.close();
  if (existsSync(path.join(folder, 'dev'))) removeFolder(folder, false);
  else rmSync(folder, { recursive: true });
}

/** A simulator in another process. */
export interface SpawnedHp3par {
  readonly controls: Remote;
  readonly folder: string;
  readonly cli: string;
  ssh(array: string): { readonly address: string; readonly port: number; readonly publicHostKey: string };
  stop(): Promise<void>;
}

interface Ready {
  readonly control: string;
  readonly cli: string;
  readonly arrays: readonly { readonly name: string; readonly address: string; readonly port: number; readonly publicHostKey: string }[];
}

/** @param folder of this run; @param netns whose addresses the arrays of `config` name */
export async function spawnHp3par(config: SimConfig, folder: string, netns?: Netns): Promise<SpawnedHp3par> {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'config.json');
  writeFileSync(file, JSON.stringify(config));
  const program = path.join(import.meta.dirname, 'standalone.ts');
  const options = ['--config', file, '--folder', folder, '--clock', config.clock ?? 'real'];
  const [first = '', ...rest] = [...(netns?.enter ?? []), process.execPath, '--import', 'tsx', program, ...options];
  const child = spawn(first, rest, { cwd: projectRoot, stdio: 'pipe', env: { ...process.env, SVCMGR_TEST_HOME: folder } });
  const ended = once(child, 'exit');
  const { control, cli, arrays } = await untilReady(child, ended);
  const controls = await connectControls(control);
  return {
    ...{ controls, folder, cli },
    ssh: (array) => {
      const found = arrays.find(({ name }) => name === array);
      if (found === undefined) throw new Error(`no array ${array}`);
      return found;
    },
    stop: async () => {
      controls.disconnect();
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** What it prints once its doors are open; an error with its words when it ends before. */
function untilReady(child: ChildProcessWithoutNullStreams, ended: Promise<unknown>): Promise<Ready> {
  let said = '';
  return new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.trimEnd().endsWith('\n}')) resolve(JSON.parse(said) as Ready);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    void ended.then(() => reject(new Error(`the simulator did not start: ${said}`)));
  });
}
