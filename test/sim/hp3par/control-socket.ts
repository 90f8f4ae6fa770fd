/** The controls for other processes: one JSON message in each line, `{"call": NAME, "args": […]}` there, `{"result": …}` or `{"error": …}` back, in order. */
import { connect, createServer, type Server } from 'node:net';
import { type Controls, controlNames } from './controls.ts';
import { type Lines, linesOf } from './doors/lines.ts';

interface Message {
  readonly call: string;
  readonly args: readonly unknown[];
}

export type Remote = {
  readonly [Name in keyof Controls]: (...args: Parameters<Controls[Name]>) => Promise<Awaited<ReturnType<Controls[Name]>>>;
} & {
  /** Ends the connection, not the simulator. */
  disconnect(): void;
};

export async function openControlSocket(controls: Controls, path: string): Promise<Server> {
  const server = createServer((socket) => {
    const lines = linesOf(socket);
    const serve = async () => {
      for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
        socket.write(`${JSON.stringify(await answer(controls, line))}\n`);
      }
      socket.end();
    };
    void serve();
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return server;
}

async function answer(controls: Controls, line: string): Promise<{ result?: unknown } | { error: string }> {
  try {
    const { call, args } = JSON.parse(line) as Message;
    const name = controlNames.find((one) => one === call);
    if (name === undefined) throw new Error(`no control ${call}: there are ${controlNames.join(', ')}`);
    const run = controls[name] as (...all: readonly unknown[]) => unknown;
    return { result: await run(...args) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** The same controls from another process. */
export async function connectControls(path: string): Promise<Remote> {
  const socket = connect(path);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return controlsOver(
    linesOf(socket),
    (text) => socket.write(text),
    () => socket.destroy(),
  );
}

/** The same over whatever leads to the socket. */
export function controlsOver(lines: Pick<Lines, 'next'>, write: (text: string) => void, disconnect: () => void): Remote {
  let last: Promise<unknown> = Promise.resolve();
  const call = (name: string, args: readonly unknown[]) => {
    const mine = last.then(async () => {
      write(`${JSON.stringify({ call: name, args } satisfies Message)}\n`);
      const line = await lines.next();
      if (line === undefined) throw new Error(`the simulator went away during ${name}`);
      const reply = JSON.parse(line) as { result?: unknown; error?: string };
      if (reply.error !== undefined) throw new Error(reply.error);
      return reply.result;
    });
    last = mine.catch(() => undefined);
    return mine;
  };
  const calls = Object.fromEntries(controlNames.map((name) => [name, (...args: readonly unknown[]) => call(name, args)]));
  // Complete by controlNames, which the compiler holds against Controls.
  return { ...calls, disconnect } as unknown as Remote;
}
