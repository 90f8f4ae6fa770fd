/** An agent in miniature that the real tests of io and journal start, kill and ask: `node --import tsx io-child.ts MODE ARGS…`. */
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Argv, run } from '../../agent/io/exec.ts';
import { launch } from '../../agent/io/launch.ts';
import { acquireLock } from '../../agent/io/lock.ts';
import { currentProcess } from '../../agent/io/process.ts';
import { openScopes } from '../../agent/io/scope.ts';
import { openJournal } from '../../agent/journal/journal.ts';

const [mode = '', ...args] = process.argv.slice(2);
const [first = '', second = '', third = ''] = args;

function say(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function argvOf(text: string): Argv {
  return JSON.parse(text) as Argv;
}

const modes: Readonly<Record<string, () => Promise<void>>> = {
  /** Holds the child in the gate for ever. */
  async gate() {
    await run(argvOf(first), {
      beforeExec: async (held) => {
        say(held);
        await delay(600_000);
      },
    });
  },
  /** Tells the held child and lets it run. */
  async run() {
    await run(argvOf(first), { dieWithParent: second === 'die', timeoutMs: 600_000, beforeExec: (held) => say(held) });
  },
  /** Runs what cannot be ended, because it is frozen, and ends itself. Args: a folder of the freezer. */
  async frozen() {
    const argv: Argv = ['/bin/sh', '-c', 'echo $$ >"$0/cgroup.procs"; echo in; exec sleep 600', first];
    const freeze = () => writeFileSync(`${first}/freezer.state`, 'FROZEN');
    const limits = { timeoutMs: 1500, graceMs: 200, killWaitMs: 500, onLine: freeze };
    await run(argv, limits).catch((error: unknown) => say(String(error)));
  },
  /** Launches, tells the process, and stays. */
  async launch() {
    say(await launch(argvOf(first), { scope: second, scopes: openScopes(third) }));
    await delay(600_000);
  },
  /** Takes the lock again and again; inside it must be alone. Args: lock, folder, rounds. */
  async lock() {
    for (let round = 0; round < Number(third); round += 1) await insideLock(first, `${second}/inside`, `${second}/violations`);
    say('done');
  },
  /** Takes the lock and stays in it. */
  async hold() {
    await acquireLock(first, owner(), { waitMs: 0 });
    say('held');
    await delay(600_000);
  },
  /** Appends numbered records until it is killed; says each number when its append has returned. */
  async append() {
    const journal = openJournal({ folder: first, service: 'svc1', maxFileBytes: Number(second) });
    for (let seq = 0; ; seq += 1) {
      journal.append({ kind: 'command', phase: 'intent', sid: `s${process.pid}`, rid: 'fs#1', seq, argv: 'x'.repeat((seq * 37) % 2000) });
      process.stdout.write(`${seq}\n`);
      if (seq % 16 === 0) await delay(0);
    }
  },
};

function owner() {
  return { ...currentProcess(), who: 'test', action: 'start', service: 'svc1', sid: 's1', since: new Date().toISOString() };
}

/** A file made with O_EXCL while inside: whoever finds it already there is not alone. */
async function insideLock(path: string, inside: string, violations: string): Promise<void> {
  const lock = await acquireLock(path, owner(), { waitMs: 60_000 });
  try {
    writeFileSync(inside, String(process.pid), { flag: 'wx' });
  } catch {
    // A holder that was killed leaves its file: only a living one is a violation.
    const other = Number(readFileSync(inside, 'utf8'));
    if (other !== process.pid && existsSync(`/proc/${other}/exe`)) appendFileSync(violations, `${process.pid} met ${other}\n`);
    writeFileSync(inside, String(process.pid));
  }
  await delay(1);
  rmSync(inside);
  lock.release();
}

await modes[mode]?.();
