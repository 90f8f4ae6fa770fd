import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { Argv } from '../../agent/driver/contract.ts';
import { type RemoteOptions, remoteRun } from '../../agent/io/ssh/remote-exec.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { sshdNeeds } from '../support/sshd.ts';
import type { SshJob } from './ssh-child.ts';
import { failure, useSshLab } from './ssh-lab.ts';

let count = 0;
/** Seconds that no other sleep of this machine has. */
function uniqueSeconds(): string {
  count += 1;
  return `3${process.pid}.${count}`;
}

/** Pids of `sleep SECONDS` itself, not of what waits for it. */
function sleepers(seconds: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') === `sleep\0${seconds}\0`;
    } catch {
      return false;
    }
  });
}

/** Waits until so many of them run; fails after 10 s. */
async function sleepersBecome(seconds: string, wanted: number): Promise<void> {
  const startedAt = performance.now();
  while (sleepers(seconds).length !== wanted) {
    if (performance.now() - startedAt > 10_000) throw new Error(`${sleepers(seconds).length} of sleep ${seconds} run, not ${wanted}`);
    await delay(20);
  }
}

describeUnless(missing(sshdNeeds), 'real: ssh commands', () => {
  const lab = useSshLab();
  const run = (argv: Argv, options?: RemoteOptions) => remoteRun(pool(), lab().host(), argv, options);
  const shell = (text: string, options?: RemoteOptions) => run(['sh', '-c', text], options);
  let kept: ReturnType<ReturnType<typeof lab>['pool']> | undefined;
  const pool = () => {
    kept ??= lab().pool();
    return kept;
  };

  describe('what comes back', () => {
    it('keeps stdout, stderr and the exit code apart', async () => {
      const result = await shell('echo out; echo err >&2; exit 3');
      expect(result).to.deep.include({ exitCode: 3, stdout: 'out\n', stderr: 'err\n', truncated: false });
      expect((await shell('kill -9 $$')).exitCode).to.equal(137);
    });

    it('passes words, variables and the folder as they are', async () => {
      const words = ["it's", 'a\nb', '$HOME', '`id`', '"', '\\', '*', '', '-n', '\r', 'é\u2028', '!x', '\u0001\u007f'];
      const result = await run(['sh', '-c', 'for w in "$@"; do printf "%s\\0" "$w"; done; printf %s "$V|$LC_ALL|$PWD"', 'sh', ...words], {
        env: { V: "v'\n$x" },
        cwd: '/usr',
      });
      expect(result.stdout).to.equal(`${words.map((word) => `${word}\0`).join('')}v'\n$x|C|/usr`);
    });

    it('shows neither words nor variables in the process list as the line of the server', async () => {
      const seconds = uniqueSeconds();
      const seen = shell(`sleep ${seconds}; echo "$SECRET" | wc -c`, { env: { SECRET: 'hush-hush' }, timeoutMs: 20_000 });
      await sleepersBecome(seconds, 1);
      const lines = readdirSync('/proc').flatMap((pid) => {
        try {
          return /^\d+$/.test(pid) ? [readFileSync(`/proc/${pid}/cmdline`, 'utf8')] : [];
        } catch {
          return [];
        }
      });
      expect(lines.some((line) => line.includes('_t='))).to.equal(false);
      expect(lines.filter((line) => line.includes('hush-hush'))).to.deep.equal([]);
      for (const pid of sleepers(seconds)) process.kill(Number(pid));
      expect((await seen).stdout).to.equal('10\n');
    });

    it('hands the input over whole: text, nothing, and a stream of 3 MiB', async () => {
      expect((await run(['cat'], { input: 'one\ntwo' })).stdout).to.equal('one\ntwo');
      expect((await run(['wc', '-c'], { input: '' })).stdout).to.equal('0\n');
      expect((await run(['wc', '-c'])).stdout).to.equal('0\n');
      const bytes = randomBytes(3 << 20);
      const sum = await run(['sha256sum'], { input: Readable.from([bytes.subarray(0, 1_000_001), bytes.subarray(1_000_001)]) });
      const { createHash } = await import('node:crypto');
      expect(sum.stdout).to.equal(`${createHash('sha256').update(bytes).digest('hex')}  -\n`);
    });

    it('takes an input that the command does not read', async () => {
      expect((await run(['true'], { input: 'x'.repeat(2 << 20) })).exitCode).to.equal(0);
    });

    it('does not run the command when the input breaks off', async () => {
      const file = lab().path('half');
      const broken = new Readable({ read() {} });
      broken.push('the first half');
      setTimeout(() => broken.destroy(new Error('the disk went away')), 50);
      const error = await failure(shell(`cat > ${file}`, { input: broken }));
      expect([error.code, existsSync(file)]).to.deep.equal(['COMMAND', false]);
    });

    it('keeps 10 MiB of output within its bound, the head of stdout and the tail of stderr', async () => {
      const result = await shell('head -c 10485760 /dev/zero | tr "\\0" x; seq 1 2000000 >&2', { maxBytes: 100_000, timeoutMs: 30_000 });
      expect(result.stdout).to.equal('x'.repeat(100_000));
      expect(result.stderr.endsWith('1999999\n2000000\n')).to.equal(true);
      expect([result.stderr.length, result.truncated, result.exitCode]).to.deep.equal([100_000, true, 0]);
    });

    it('gives lines as they come', async () => {
      const lines: string[] = [];
      await shell('echo a; echo b >&2; printf c', { onLine: (stream, line) => lines.push(`${stream} ${line}`) });
      expect(lines.sort()).to.deep.equal(['stderr b', 'stdout a', 'stdout c']);
    });

    it('is UNSUPPORTED for a program that is not there, and only then', async () => {
      const error = await failure(run(['no-such-program-here', '-x']));
      expect([error.code, error.facts['program'], error.facts['node']]).to.deep.equal(['UNSUPPORTED', 'no-such-program-here', 'peer']);
      expect((await failure(run(['/usr/no/such']))).code).to.equal('UNSUPPORTED');
      expect((await shell('exit 127')).exitCode).to.equal(127);
      expect((await run(['pwd'], { cwd: '/no/such' })).exitCode).to.equal(126);
    });
  });

  describe('at the same time', () => {
    it('runs 200 commands over one connection, each with its own answer', async () => {
      const results = await Promise.all(Array.from({ length: 200 }, (_, at) => run(['echo', String(at)])));
      expect(results.map(({ stdout }) => Number(stdout))).to.deep.equal(Array.from({ length: 200 }, (_, at) => at));
      const { connection, isOld } = await pool().connection(lab().host());
      expect([isOld, connection.isOpen()]).to.deep.equal([true, true]);
    });

    it('waits for a place without holding up a caller that gives up', async () => {
      const seconds = uniqueSeconds();
      const stop = new AbortController();
      const narrow = lab().pool({ channels: 1 });
      const long = remoteRun(narrow, lab().host(), ['sleep', seconds], { signal: stop.signal }).catch((error: unknown) => error);
      await sleepersBecome(seconds, 1);
      const impatient = new AbortController();
      const waiting = failure(remoteRun(narrow, lab().host(), ['true'], { signal: impatient.signal }));
      impatient.abort();
      expect((await waiting).code).to.equal('CANCELLED');
      stop.abort();
      expect(await long).to.have.property('code', 'CANCELLED');
      expect((await remoteRun(narrow, lab().host(), ['true'])).exitCode).to.equal(0);
    });
  });

  describe('nothing is left running', () => {
    it('ends the remote command at its time limit', async () => {
      const seconds = uniqueSeconds();
      const error = await failure(shell(`sleep ${seconds} & sleep ${seconds}`, { timeoutMs: 400 }));
      expect([error.code, error.facts['unknown']]).to.deep.equal(['TIMEOUT', undefined]);
      expect(sleepers(seconds)).to.deep.equal([]);
    });

    it('ends one that ignores TERM', async function () {
      this.timeout(20_000);
      const seconds = uniqueSeconds();
      const error = await failure(shell(`trap '' TERM; sleep ${seconds}`, { timeoutMs: 400 }));
      expect([error.code, error.facts['unknown']]).to.deep.equal(['TIMEOUT', undefined]);
      expect(sleepers(seconds)).to.deep.equal([]);
    });

    it('ends one that says nothing, and leaves one that goes on speaking', async () => {
      const seconds = uniqueSeconds();
      const error = await failure(shell(`echo begun; sleep ${seconds}`, { idleTimeoutMs: 400 }));
      expect(error.message).to.include('no sign of life in 0.4 s');
      expect(sleepers(seconds)).to.deep.equal([]);
      expect((await shell('for i in 1 2 3 4 5 6; do sleep 0.2; echo $i; done', { idleTimeoutMs: 800 })).exitCode).to.equal(0);
    });

    it('ends it when the action is cancelled', async () => {
      const seconds = uniqueSeconds();
      const stop = new AbortController();
      const work = failure(run(['sleep', seconds], { signal: stop.signal }));
      await sleepersBecome(seconds, 1);
      stop.abort();
      expect((await work).code).to.equal('CANCELLED');
      expect(sleepers(seconds)).to.deep.equal([]);
      expect((await failure(run(['true'], { signal: stop.signal }))).code).to.equal('CANCELLED');
    });

    it('ends what a command leaves in its group, and does not wait for a daemon that holds its output', async () => {
      const seconds = uniqueSeconds();
      expect((await shell(`sleep ${seconds} & echo done`)).stdout).to.equal('done\n');
      expect(sleepers(seconds)).to.deep.equal([]);
      const daemon = uniqueSeconds();
      expect((await shell(`setsid sleep ${daemon} & sleep 0.3; echo done`)).stdout).to.equal('done\n');
      await sleepersBecome(daemon, 1);
      for (const pid of sleepers(daemon)) process.kill(Number(pid));
    });

    // Within about 0.1 s on a quiet machine; left alone it would sleep for most of an hour, and its own limit is ten minutes.
    it('ends it when our process is killed', async () => {
      const seconds = uniqueSeconds();
      const child = startChild({
        host: lab().host(),
        argv: ['sh', '-c', `sleep ${seconds} & sleep ${seconds}`],
        options: { timeoutMs: 600_000 },
      });
      await sleepersBecome(seconds, 2);
      child.kill('SIGKILL');
      await sleepersBecome(seconds, 0);
    });

    it('lets one that survives go on, and hear of nothing', async () => {
      const seconds = uniqueSeconds();
      const file = lab().path('survived');
      const script = `echo begun; sleep ${seconds}; echo more; echo done > ${file}`;
      const child = startChild({ host: lab().host(), argv: ['sh', '-c', script], options: { survive: true } });
      await sleepersBecome(seconds, 1);
      child.kill('SIGKILL');
      await once(child, 'exit');
      await delay(500);
      expect(sleepers(seconds)).to.have.length(1);
      for (const pid of sleepers(seconds)) process.kill(Number(pid));
      for (let waitedMs = 0; !existsSync(file) && waitedMs < 5000; waitedMs += 20) await delay(20);
      expect(readFileSync(file, 'utf8')).to.equal('done\n');
    });

    it('passes a cancel on to one that survives as TERM, and waits for what it says', async () => {
      const stop = new AbortController();
      const lines: string[] = [];
      const work = shell("trap 'echo tidied; exit 5' TERM; echo ready; while :; do sleep 0.05; done", {
        survive: true,
        signal: stop.signal,
        onLine: (_, line) => {
          lines.push(line);
          stop.abort();
        },
      });
      expect((await work).exitCode).to.equal(5);
      expect(lines).to.deep.equal(['ready', 'tidied']);
    });

    it('stops waiting for one that survives, without ending it', async () => {
      const seconds = uniqueSeconds();
      const error = await failure(run(['sleep', seconds], { survive: true, timeoutMs: 300 }));
      expect([error.code, error.facts['unknown']]).to.deep.equal(['TIMEOUT', true]);
      expect(sleepers(seconds)).to.have.length(1);
      for (const pid of sleepers(seconds)) process.kill(Number(pid));
    });
  });

  describe('a connection that breaks', () => {
    it('leaves the result unknown when it breaks while a command runs, and ends the command', async () => {
      const seconds = uniqueSeconds();
      const work = failure(run(['sleep', seconds], { timeoutMs: 60_000 }));
      await sleepersBecome(seconds, 1);
      lab().sshd.killSessions();
      const error = await work;
      expect([error.code, error.facts['unknown']]).to.deep.equal(['TIMEOUT', true]);
      expect(error.message).to.include('its result is not known');
      await sleepersBecome(seconds, 0);
    });

    it('is replaced at the next command', async () => {
      const before = (await pool().connection(lab().host())).connection;
      lab().sshd.killSessions();
      expect((await run(['echo', 'again'])).stdout).to.equal('again\n');
      expect((await pool().connection(lab().host())).connection).to.not.equal(before);
    });

    it('is UNREACHABLE while the server is away, and works again after', async () => {
      lab().sshd.stop();
      const error = await failure(run(['true']));
      expect([error.code, error.facts['level']]).to.deep.equal(['UNREACHABLE', 'client-socket']);
      await lab().sshd.start();
      expect((await run(['true'])).exitCode).to.equal(0);
    });

    it('goes on for the others when many share it and it breaks: each is told, none is 0', async () => {
      const seconds = uniqueSeconds();
      const work = Array.from({ length: 8 }, () => failure(run(['sleep', seconds], { timeoutMs: 60_000 })));
      await sleepersBecome(seconds, 8);
      lab().sshd.killSessions();
      const codes = (await Promise.all(work)).map((error) => `${error.code} ${String(error.facts['unknown'])}`);
      expect(new Set(codes)).to.deep.equal(new Set(['TIMEOUT true']));
    });

    it('keeps nothing alive once it is closed', async () => {
      const child = startChild({ host: lab().host(), argv: ['echo', 'over'] });
      const [code] = (await once(child, 'exit')) as [number];
      expect(code).to.equal(0);
    });
  });

  function startChild(job: SshJob): ChildProcess {
    const script = path.join(import.meta.dirname, 'ssh-child.ts');
    const env = { ...process.env, SSH_TEST_JOB: JSON.stringify(job), SVCMGR_TEST_HOME: lab().folder };
    return spawn(process.execPath, ['--import', 'tsx', script], { stdio: 'ignore', env });
  }
});

describeUnless(missing(sshdNeeds), 'real: ssh server with few sessions', () => {
  const lab = useSshLab(['ed25519'], ['MaxSessions 2']);

  it('makes do with two at a time', async () => {
    const pool = lab().pool();
    const results = await Promise.all(
      Array.from({ length: 30 }, (_, at) => remoteRun(pool, lab().host(), ['sh', '-c', `sleep 0.02; echo ${at}`])),
    );
    expect(results.map(({ stdout }) => Number(stdout))).to.deep.equal(Array.from({ length: 30 }, (_, at) => at));
  });
});

describeUnless(missing(sshdNeeds), 'real: ssh server that gives no session', () => {
  const lab = useSshLab(['ed25519'], ['MaxSessions 0']);

  it('is UNREACHABLE: nothing was run', async () => {
    const error = await failure(remoteRun(lab().pool(), lab().host(), ['true']));
    expect([error.code, error.facts['level']]).to.deep.equal(['UNREACHABLE', 'channel']);
    expect(error.hint).to.include('MaxSessions');
  });
});
