/** The door of the local command line: a socket at which the program `cli` (cli.mjs) hands over its words, one message in each line. */
import { createServer, type Server, type Socket } from 'node:net';
import type { StorageArray, User } from '../model.ts';
import { linesOf } from './lines.ts';
import { type House, openSession, type Terminal } from './session.ts';
import { runShell } from './shell.ts';

export interface LocalRequest {
  /** Of `-sys`: name of the array, or an address of it. */
  readonly system: string;
  /** What the password file holds, `USER:PASSWORD`; empty without one. */
  readonly credentials: string;
  readonly csvtable: boolean;
  readonly nohdtot: boolean;
  /** None: a shell. */
  readonly words: readonly string[];
}

export type LocalReply = { readonly out: string } | { readonly err: string } | { readonly exit: number };

export async function openLocalDoor(house: House, path: string, aliases: ReadonlyMap<string, StorageArray>): Promise<Server> {
  const server = createServer((socket) => {
    const lines = linesOf(socket);
    void answer(house, aliases, socket, () => lines.next());
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return server;
}

async function answer(
  house: House,
  aliases: ReadonlyMap<string, StorageArray>,
  socket: Socket,
  nextLine: Terminal['nextLine'],
): Promise<void> {
  const send = (reply: LocalReply) => socket.write(`${JSON.stringify(reply)}\n`);
  const fail = (words: string) => {
    send({ err: `${words}\n` });
    send({ exit: 1 });
  };
  const request = JSON.parse((await nextLine()) ?? '{}') as LocalRequest;
  const array = aliases.get(request.system);
  const door = array === undefined ? undefined : house.faults.doors.get(array.name);
  if (array === undefined || door === undefined || door.management === 'refuse') {
    return fail(`Error: connection to the system ${request.system} could not be established`);
  }
  if (door.management === 'hang') return;
  if (door.certificate === 'untrusted') return fail('The authenticity of the storage system cannot be established.');
  const user = door.login === 'open' ? userOf(array, request.credentials) : undefined;
  if (user === undefined) return fail('Error: Incorrect user name or password');
  const terminal: Terminal = {
    out: (text) => send({ out: text }),
    err: (text) => send({ err: text }),
    nextLine,
    cut: () => socket.destroy(),
  };
  const session = openSession(house, array, user, 'cli', terminal);
  if (session === undefined) return void send({ exit: 1 });
  socket.once('close', () => session.close());
  if (request.csvtable) await session.line('setclienv csvtable 1');
  if (request.nohdtot) await session.line('setclienv nohdtot 1');
  const quoted = request.words.map((word) => (/[\s;]/.test(word) ? `"${word}"` : word)).join(' ');
  const exit = request.words.length === 0 ? await runShell(session, terminal, { columns: undefined }) : await session.line(quoted);
  send({ exit: exit ?? session.lastExit() });
  socket.end();
}

function userOf(array: StorageArray, credentials: string): User | undefined {
  const [name, password] = credentials.trim().split(':');
  return array.users.find((user) => user.name === name && user.password !== undefined && user.password === password);
}
