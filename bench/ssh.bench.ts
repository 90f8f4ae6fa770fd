/**
 * What a command on another node costs: over the kept connection, and with a login for each (spec/floors.md §5). The server is an sshd of
 * our own on loopback with SetEnv SHLVL=1, so that no ~/.bashrc is read: that is the same for all rows.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import ssh2 from 'ssh2';
import type { SshHost } from '../agent/io/ssh/host.ts';
import { opensshArgv } from '../agent/io/ssh/openssh.ts';
import { createSshPool, type SshPool } from '../agent/io/ssh/pool.ts';
import { remoteRun } from '../agent/io/ssh/remote-exec.ts';
import { must, tryTo } from '../test/support/command.ts';
import { removeFolder } from '../test/support/leftovers.ts';
import { makeFolder } from '../test/support/names.ts';
import { missing } from '../test/support/skip.ts';
import { makeKey, type Sshd, sshdNeeds, startSshd } from '../test/support/sshd.ts';
import { type Bench, measure, type Row, rowOf, type Subject } from './lib/measure.ts';

const kept = 'kept connection';
const login = 'a login for each: ssh';
const nagling = 'the same without setNoDelay';
const perRun = 5;

export async function bench(): Promise<Bench> {
  const reason = missing(sshdNeeds);
  if (reason !== undefined) return { title: `ssh: not measured, ${reason}`, rows: [] };
  const folder = makeFolder();
  const sshd = await startSshd({ folder: path.join(folder, 'sshd') });
  const pool = createSshPool();
  try {
    const host = makeHost(folder, sshd);
    const rows = await measureAll(folder, host, pool);
    const medianOf = (name: string): number => rowOf(rows, name).medianMs;
    const [ours, lessThanLogin, lessThanNagle] = [medianOf(kept), medianOf(login) / medianOf(kept), medianOf(nagling) / medianOf(kept)];
    const factors = `${lessThanLogin.toFixed(0)} and ${lessThanNagle.toFixed(1)} times less`;
    const text = `a command on a known peer at most 10 ms, a tenth of a login, and half of itself without setNoDelay (${factors})`;
    const met = ours <= 10 && lessThanLogin >= 10 && lessThanNagle >= 2;
    return { title: 'ssh: `true` on another node', rows, aim: { text, met } };
  } finally {
    await pool.closeAll();
    sshd.stop();
    removeFolder(folder);
  }
}

function makeHost(folder: string, sshd: Sshd): SshHost {
  const key = makeKey(path.join(folder, 'key'), 'ed25519');
  sshd.authorize(`${key}.pub`);
  const known = path.join(folder, 'known_hosts');
  writeFileSync(known, `[127.0.0.1]:${sshd.port} ${sshd.publicHostKey('ed25519')}\n`);
  return { name: 'peer', addresses: ['127.0.0.1'], port: sshd.port, user: 'root', key, knownHosts: [known] };
}

async function measureAll(folder: string, host: SshHost, pool: SshPool): Promise<readonly Row[]> {
  const slow = await createNagling(host);
  const shared = opensshArgv(host, { controlPath: path.join(folder, 'master') });
  try {
    const subjects = [...subjectsOf(host, pool), { name: nagling, run: slow.run }, ...opensshSubjects(host, shared)];
    return await measure(subjects.map(inARow), { rounds: 12, warmUps: 2, thingsPerRun: perRun });
  } finally {
    slow.close();
    tryTo(...shared, '-O', 'exit', '127.0.0.1');
  }
}

/** One command behind the other: only then Nagle's algorithm has something to wait for. */
function inARow(subject: Subject): Subject {
  return {
    ...subject,
    run: async () => {
      for (let count = 0; count < perRun; count++) await subject.run();
    },
  };
}

function subjectsOf(host: SshHost, pool: SshPool): readonly Subject[] {
  return [
    { name: 'kept connection, bare: nothing ends it', isFloor: true, run: () => remoteRun(pool, host, ['true'], { bare: true }) },
    { name: kept, run: () => remoteRun(pool, host, ['true']) },
    {
      name: 'a connection for each: ssh2',
      run: async () => {
        const own = createSshPool();
        await remoteRun(own, host, ['true']);
        await own.closeAll();
      },
    },
  ];
}

function opensshSubjects(host: SshHost, shared: readonly [string, ...string[]]): readonly Subject[] {
  return [
    { name: 'ssh over a ControlMaster', run: () => must(...shared, '127.0.0.1', 'true') },
    { name: login, run: () => must(...opensshArgv(host), '127.0.0.1', 'true') },
  ];
}

/** Our line over a connection of ssh2 as it comes, which waits for delayed acknowledgements. */
async function createNagling({ key = '', port, user }: SshHost): Promise<{ run(): Promise<unknown>; close(): void }> {
  const { readFileSync } = await import('node:fs');
  const { remoteLine, renderCommand } = await import('../agent/io/ssh/remote-shell.ts');
  const client = new ssh2.Client();
  const ready = new Promise<void>((resolve, reject) => client.once('ready', () => resolve()).once('error', reject));
  client.connect({ host: '127.0.0.1', port, username: user, privateKey: readFileSync(key), hostVerifier: () => true });
  await ready;
  const told = `${renderCommand({ argv: ['true'], mark: 'begin', env: {}, cwd: '/', limitS: 60, survive: false })}go\n`;
  const run = () =>
    new Promise((resolve, reject) => {
      client.exec(remoteLine, (error, channel) => {
        if (error !== undefined) return reject(error);
        channel.resume().once('close', resolve).stderr.resume();
        channel.write(told);
      });
    });
  return { run, close: () => client.destroy() };
}
