/** The ssh server of one array: users with keys or passwords, and the three ways in which its command line is spoken to. */
import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import ssh2, { type AuthContext, type Connection, type ServerChannel, type Session as SshSession } from 'ssh2';
import type { StorageArray, User } from '../model.ts';
import { makeLines } from './lines.ts';
import { type House, openSession, type Terminal } from './session.ts';
import { runShell } from './shell.ts';

export interface SshDoor {
  readonly address: string;
  readonly port: number;
  /** `TYPE BASE64`, to go behind a host in known_hosts. */
  readonly publicHostKey: string;
  /** Makes it follow the faults of this array. */
  follow(): Promise<void>;
  close(): Promise<void>;
}

/** How long the shell of a terminal waits for the first input before its first prompt; what comes by then is echoed before it. */
const typedAheadMs = 200;

export async function openSshDoor(house: House, array: StorageArray, address: string, port: number): Promise<SshDoor> {
  const keys = { own: makeHostKey(), other: makeHostKey() };
  const makeServer = (key: string) => new ssh2.Server({ hostKeys: [key] }, (client) => receive(house, array, client));
  const servers = { own: makeServer(keys.own.text), other: makeServer(keys.other.text) };
  const sockets = new Set<Socket>();
  /** They came while it hung. */
  const unserved = new Set<Socket>();
  const door = () => house.faults.doors.get(array.name);
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    if (isSilent()) unserved.add(socket);
    else serveSocket(socket);
  });
  const serveSocket = (socket: Socket) => servers[door()?.hostKey ?? 'own'].injectSocket(socket);
  const isSilent = () => door()?.management === 'hang';
  const listensOn = await listen(listener, address, port);
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    if (listener.listening) await new Promise((resolve) => listener.close(resolve));
  };
  return {
    address,
    port: listensOn,
    publicHostKey: keys.own.publicKey,
    follow: async () => {
      for (const socket of sockets) isSilent() ? socket.pause() : socket.resume();
      if (!isSilent()) for (const socket of unserved) if (unserved.delete(socket) && !socket.destroyed) serveSocket(socket);
      const isShut = door()?.management === 'refuse';
      if (isShut) await close();
      else if (!listener.listening) await listen(listener, address, listensOn);
    },
    close,
  };
}

/** Made by node: ssh2 1.17 now and then makes an ed25519 key that it cannot read itself ("Malformed OpenSSH private key"). */
function makeHostKey(): { readonly text: string; readonly publicKey: string } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const text = privateKey.export({ type: 'sec1', format: 'pem' }).toString();
  const parsed = ssh2.utils.parseKey(text);
  if (parsed instanceof Error) throw parsed;
  return { text, publicKey: `${parsed.type} ${parsed.getPublicSSH().toString('base64')}` };
}

async function listen(listener: Server, address: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(port, address, resolve);
  });
  const bound = listener.address();
  return typeof bound === 'object' && bound !== null ? bound.port : port;
}

function receive(house: House, array: StorageArray, client: Connection): void {
  let user: User | undefined;
  client.on('error', () => undefined);
  client.on('authentication', (context) => {
    user = house.faults.doors.get(array.name)?.login === 'open' ? knownUser(array, context) : undefined;
    if (user === undefined) context.reject(['publickey', 'password']);
    else context.accept();
  });
  client.on('session', (accept) => {
    if (user !== undefined) serve(house, array, user, client, accept());
  });
}

function knownUser(array: StorageArray, context: AuthContext): User | undefined {
  const user = array.users.find(({ name }) => name === context.username);
  if (user === undefined) return undefined;
  if (context.method === 'password') return user.password !== undefined && user.password === context.password ? user : undefined;
  if (context.method !== 'publickey') return undefined;
  const { key, signature, blob, hashAlgo } = context;
  const known = user.keys?.find((text) => text.split(' ')[1] === key.data.toString('base64'));
  if (known === undefined) return undefined;
  // Without a signature the client only asks whether the key would do.
  if (signature === undefined || blob === undefined) return user;
  const parsed = ssh2.utils.parseKey(known);
  return !(parsed instanceof Error) && parsed.verify(blob, signature, hashAlgo) === true ? user : undefined;
}

function serve(house: House, array: StorageArray, user: User, client: Connection, session: SshSession): void {
  let columns: number | undefined;
  session.on('pty', (accept, _reject, { cols }) => {
    columns = cols > 0 ? cols : 80;
    accept?.();
  });
  session.on('exec', (accept, _reject, { command }) => {
    void talk(house, array, user, client, accept(), columns, command);
  });
  session.on('shell', (accept) => {
    void talk(house, array, user, client, accept(), columns, undefined);
  });
}

/** @param command what was given as an argument; undefined: a shell */
async function talk(
  house: House,
  array: StorageArray,
  user: User,
  client: Connection,
  channel: ServerChannel,
  columns: number | undefined,
  command: string | undefined,
): Promise<void> {
  const isTerminal = columns !== undefined;
  const write = (text: string) => (isTerminal ? text.replace(/\n/g, '\r\n') : text);
  const echo = (line: string) => (isTerminal && command === undefined ? channel.write(`${line}\r\n`) : undefined);
  const lines = makeLines(echo);
  channel.on('error', () => undefined);
  channel.on('data', (data: Buffer) => lines.push(data.toString()));
  channel.on('end', () => lines.end());
  const terminal: Terminal = {
    out: (text) => channel.write(write(text)),
    err: (text) => (isTerminal ? channel.write(write(text)) : channel.stderr.write(text)),
    nextLine: () => lines.next(),
    cut: () => client.end(),
  };
  const finish = (exit: number) => {
    channel.exit(exit);
    channel.end();
  };
  const dialect = command !== undefined ? 'exec' : isTerminal ? 'pty' : 'stdin';
  const session = openSession(house, array, user, dialect, terminal);
  if (session === undefined) return finish(1);
  channel.on('close', () => {
    session.close();
    lines.end();
  });
  if (command !== undefined) return finish((await session.line(command)) ?? session.lastExit());
  if (isTerminal) await firstInput(channel);
  finish(await runShell(session, terminal, { columns }));
}

/** A shell takes a moment to begin; what was sent meanwhile the terminal shows at once. */
async function firstInput(channel: ServerChannel): Promise<void> {
  const came = new Promise<void>((resolve) => channel.once('data', () => resolve()));
  await Promise.race([came, delay(typedAheadMs)]);
}
