/**
 * Runs inside a guest, bundled into its initramfs: does what the test process asks over a virtio serial port. Every command gets a
 * session of its own, so that a time-out ends all of it; several run at the same time.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { openSync, read, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { makeLineReader, type Reply, type Request } from './protocol.ts';

const portFolder = '/sys/class/virtio-ports';
/** Bytes of a stream in one line. */
const chunkBytes = 32_768;
/** A daemon that the command left behind may keep its pipes open for ever. */
const drainMs = 1000;

/** The port whose name is `lab`; its device appears when the driver has spoken with the host. */
async function openPort(): Promise<number> {
  for (;;) {
    const found = ports().find((name) => readFileSync(`${portFolder}/${name}/name`, 'utf8').trim() === 'lab');
    if (found !== undefined) return openSync(`/dev/${found}`, 'r+');
    await delay(20);
  }
}

function ports(): readonly string[] {
  try {
    return readdirSync(portFolder);
  } catch {
    return [];
  }
}

const port = await openPort();
const running = new Map<number, ChildProcessWithoutNullStreams>();

function say(reply: Reply): void {
  let bytes = Buffer.from(`${JSON.stringify(reply)}\n`);
  while (bytes.length > 0) bytes = bytes.subarray(writeSync(port, bytes));
}

function handle(request: Request): void {
  try {
    if (request.op === 'run') run(request);
    else if (request.op === 'input') feed(request);
    else if (request.op === 'signal') signalGroup(running.get(request.id)?.pid, request.signal);
    else if (request.op === 'read') say({ id: request.id, content: readFileSync(request.path).toString('base64') });
    else {
      writeFileSync(request.path, Buffer.from(request.data, 'base64'), { mode: request.mode });
      say({ id: request.id, done: true });
    }
  } catch (error) {
    say({ id: request.id, failure: error instanceof Error ? error.message : String(error) });
  }
}

function run({ id, argv, options }: Request & { op: 'run' }): void {
  const [file = '', ...rest] = argv;
  const child = spawn(file, rest, { cwd: options.cwd, env: options.env, stdio: 'pipe', detached: true });
  running.set(id, child);
  // A reader that ended before its input is not our concern.
  child.stdin.on('error', () => undefined);
  forward(id, child, 'stdout');
  forward(id, child, 'stderr');
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    signalGroup(child.pid, 'SIGKILL');
  }, options.timeoutMs);
  let said = false;
  const end = (exit: number | null, signal: NodeJS.Signals | null) => {
    if (said) return;
    said = true;
    running.delete(id);
    say({ id, exit, signal, timedOut });
  };
  child.once('error', (error) => {
    clearTimeout(timer);
    said = true;
    running.delete(id);
    say({ id, failure: error.message });
  });
  child.once('exit', (exit, signal) => {
    clearTimeout(timer);
    setTimeout(() => end(exit, signal), drainMs).unref();
    child.once('close', () => end(exit, signal));
  });
}

function forward(id: number, child: ChildProcessWithoutNullStreams, stream: 'stdout' | 'stderr'): void {
  child[stream].on('data', (data: Buffer) => {
    for (let at = 0; at < data.length; at += chunkBytes) say({ id, stream, data: data.subarray(at, at + chunkBytes).toString('base64') });
  });
}

function feed({ id, data }: Request & { op: 'input' }): void {
  const stdin = running.get(id)?.stdin;
  if (data === null) stdin?.end();
  else stdin?.write(Buffer.from(data, 'base64'));
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It ended by itself meanwhile.
  }
}

/** A read waits in a thread of its own; it gives nothing while nobody listens at the other end. */
function listen(): void {
  const buffer = Buffer.allocUnsafe(262_144);
  const take = makeLineReader<Request>(handle);
  const next = (): void =>
    read(port, buffer, 0, buffer.length, null, (error, count) => {
      if (error === null && count > 0) take(buffer.subarray(0, count));
      if (error === null && count > 0) next();
      else setTimeout(next, 20);
    });
  next();
}

say({ hello: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() });
listen();
