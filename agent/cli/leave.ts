/** The end of a process that has said its last word, whatever still hangs in it. */

/** What is still on its way usually ends by itself before. */
const lingerMs = 1000;
const lookMs = 50;

/** @param atOnce does not wait for what keeps the process, but for threads */
export function leave(code: number, atOnce = false): void {
  process.exitCode = code;
  const untilMs = performance.now() + lingerMs;
  if (atOnce) end(untilMs);
  else setTimeout(end, lingerMs, untilMs).unref();
}

/**
 * A thread that waits for a dead disk or server cannot be ended, and exit(3) would wait for it (libuv joins its threads): then only KILL is
 * left, and the exit status is 137.
 */
function end(untilMs: number): void {
  const isStuck = process.getActiveResourcesInfo().some((kind) => kind.startsWith('FSReq'));
  if (!isStuck) process.exit();
  if (performance.now() < untilMs) {
    setTimeout(end, lookMs, untilMs);
    return;
  }
  process.stderr.write(`svcmgr: a look does not come back from the kernel: ended by KILL (else exit ${String(process.exitCode)})\n`);
  process.kill(process.pid, 'SIGKILL');
}
