/**
 * `npm run demo`: a real service, from nothing to nothing: image file, loop device, ext4, address and application. Prints each
 * command it runs and the tree before, during and after start and stop. Removes everything, also after Ctrl-C, and also what a
 * demo left that was killed. `--name NAME` (tests) keeps two of them apart.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { claimFolder, demoFolder, releaseFolder } from './demo-folder.ts';
import { type DemoPlan, pageServer, planDemo, serviceText } from './demo-service.ts';
import { projectRoot } from './imports.ts';

const { name } = parseArgs({ options: { name: { type: 'string' } } }).values;
const place = demoFolder(name);
const serviceFile = path.join(place.folder, 'services.d/demo.conf');
const bold = (text: string) => (process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text);
const say = (text = '') => process.stdout.write(`${text}\n`);

/** The running command line; a signal to us is handed on to it once, so that it can undo what it was about. */
let running: ReturnType<typeof spawn> | undefined;
let interrupted: NodeJS.Signals | undefined;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (interrupted === undefined) running?.kill('SIGINT');
    interrupted = signal;
  });
}
// A reader that went away (| head) must not leave things behind: go on without a word.
process.stdout.on('error', () => undefined);

class Interrupted extends Error {}

/** Prints and runs `svcmgr ARGV` in the demo's home; its lines come through as they are. Ends the demo when it fails. */
async function svcmgr(...argv: readonly string[]): Promise<void> {
  if (interrupted !== undefined) throw new Interrupted();
  const { code } = await run(argv, 'inherit');
  if (interrupted !== undefined) throw new Interrupted();
  if (code !== 0) throw new Error(`svcmgr ${argv.join(' ')} ended with ${code}`);
}

/** @param killAt the command line is killed (kill -9) when its log shows this */
async function run(argv: readonly string[], stdio: 'inherit' | 'pipe', killAt?: RegExp): Promise<{ code: number | null }> {
  say(bold(`\n$ svcmgr ${argv.join(' ')}`));
  // In a process group of its own: Ctrl-C reaches it through us, once.
  const child = spawn(path.join(projectRoot, 'bin/svcmgr'), [...argv], {
    env: { ...process.env, SVCMGR_HOME: place.folder },
    stdio: ['ignore', stdio, stdio],
    detached: true,
  });
  running = child;
  let seen = '';
  const forward = (chunk: Buffer) => {
    process.stdout.write(chunk);
    seen += chunk.toString();
    // A little later the command itself runs: it survives, and resume waits for it.
    if (killAt?.test(seen)) setTimeout(() => child.kill('SIGKILL'), 300);
  };
  child.stdout?.on('data', forward);
  child.stderr?.on('data', forward);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', resolve);
  });
  running = undefined;
  return { code };
}

async function show(plan: DemoPlan): Promise<void> {
  const service = ['-s', 'demo'] as const;
  say('\n1. Before: nothing of it exists yet.');
  await svcmgr(...service, 'validate');
  await svcmgr(...service, 'print', 'status');
  say('\n2. Make what it needs. First what that would do, then for real; then down again.');
  await svcmgr(...service, 'provision', '--dry-run');
  await svcmgr(...service, 'provision');
  await svcmgr(...service, 'stop');
  say('\n3. Start it, in two parts, to see it halfway.');
  await svcmgr(...service, 'start', '--upto', 'fs');
  await svcmgr(...service, 'print', 'status');
  await svcmgr(...service, 'start', '--reason', 'the demo goes on');
  await svcmgr(...service, 'print', 'status');
  await fetchPage(plan);
  say('\n4. The agent is killed (kill -9) while it restarts the application.');
  await crash(...service, 'restart', '--rid', 'app#1');
  await svcmgr(...service, 'print', 'status');
  await svcmgr(...service, 'resume');
  await fetchPage(plan);
  say('\n5. Stop it. First what that would do.');
  await svcmgr(...service, 'stop', '--dry-run');
  await svcmgr(...service, 'stop');
  await svcmgr(...service, 'print', 'status');
  await svcmgr(...service, 'history');
  say('\n6. Destroy what was made.');
  await svcmgr(...service, 'unprovision', '--confirm', 'demo');
}

/** Kills the command line at its first command that takes a while. */
async function crash(...argv: readonly string[]): Promise<void> {
  if (interrupted !== undefined) throw new Interrupted();
  const { code } = await run(argv, 'pipe', /sleep 1/);
  if (interrupted !== undefined) throw new Interrupted();
  if (code !== null) throw new Error(`svcmgr ${argv.join(' ')} ended with ${code} before it could be killed`);
  say('Killed');
}

async function fetchPage({ url }: DemoPlan): Promise<void> {
  if (interrupted !== undefined) throw new Interrupted();
  const answer = await fetch(url, { signal: AbortSignal.timeout(5000) });
  say(`\nThe application answers at ${url}: ${(await answer.text()).trim()}`);
}

function prepare(): DemoPlan {
  if (process.getuid?.() === 0)
    spawnSync('bash', [path.join(projectRoot, 'test/setup'), 'e2fsprogs', 'util-linux', 'iproute2'], { stdio: 'inherit' });
  const plan = planDemo(place);
  for (const text of plan.leftOut) say(`Left out: ${text}`);
  const conf = serviceText(plan);
  writeFileSync(path.join(place.folder, 'server.mjs'), pageServer);
  writeFileSync(serviceFile, conf);
  say(`\nEverything of this demo is below ${place.folder} (SVCMGR_HOME). The service file, services.d/demo.conf:\n`);
  say(conf.trimEnd().replace(/^(?=.)/gm, '  '));
  return plan;
}

async function main(): Promise<number> {
  const begun = performance.now();
  if (!claimFolder(place, say)) return 1;
  try {
    await show(prepare());
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof Interrupted)) {
      say(`\nThe demo failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
      return 1;
    }
    say(`\n${interrupted}: the demo ends here.`);
    if (existsSync(serviceFile)) await run(['-s', 'demo', 'stop'], 'inherit').catch(() => undefined);
    return 130;
  } finally {
    const left = releaseFolder(place);
    const took = ((performance.now() - begun) / 1000).toFixed(0);
    say(left.length === 0 ? `\nCleaned up after ${took} s: nothing is left.` : `\nThis would not go: ${left.join(', ')}`);
  }
}

process.exitCode = await main();
