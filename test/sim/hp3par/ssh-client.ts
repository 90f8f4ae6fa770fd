/** A plain client of the simulated arrays, for their own tests: the ssh2 package, no code of the agent. */
import ssh2, { type ClientChannel, type ConnectConfig } from 'ssh2';
import { readFileSync } from 'node:fs';
import type { TestUser } from './use.ts';

export interface Place {
  readonly address: string;
  readonly port: number;
  readonly user: Pick<TestUser, 'name' | 'key'>;
  /** Log in with it instead of the key. */
  readonly password?: string;
  /** How long the login may take. */
  readonly readyTimeoutMs?: number;
}

export interface Heard {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** One command as an exec argument, over a connection of its own. */
export function execCommand(place: Place, command: string, input = ''): Promise<Heard> {
  return withConnection(place, (client) => openChannel((done) => client.exec(command, done), input));
}

/** A shell that gets this input and then its end; with columns it is a terminal. */
export function shellSession(place: Place, input: string, terminal?: { readonly columns: number }): Promise<Heard> {
  const window = terminal === undefined ? false : { cols: terminal.columns, rows: 24, term: 'vt100' };
  return withConnection(place, (client) => openChannel((done) => client.shell(window, done), input));
}

export async function withConnection<T>(place: Place, use: (client: ssh2.Client) => Promise<T>): Promise<T> {
  const client = new ssh2.Client();
  const secret = place.password === undefined ? { privateKey: readFileSync(place.user.key) } : { password: place.password };
  const config: ConnectConfig = {
    host: place.address,
    port: place.port,
    username: place.user.name,
    readyTimeout: place.readyTimeoutMs ?? 10_000,
    ...secret,
  };
  const lost = new Promise<never>((_, reject) => {
    client.once('error', reject);
    client.once('close', () => reject(new Error('the connection was closed')));
  });
  lost.catch(() => undefined);
  // What is lost after the first loss is the same loss.
  client.on('error', () => undefined);
  const ready = new Promise<void>((resolve) => client.once('ready', () => resolve()));
  // Else each small packet of the login waits for an acknowledgement.
  client.once('connect', () => client.setNoDelay(true));
  client.connect(config);
  try {
    await Promise.race([ready, lost]);
    return await Promise.race([use(client), lost]);
  } finally {
    client.end();
  }
}

type Opener = (done: (error: Error | undefined, channel: ClientChannel) => void) => void;

function openChannel(open: Opener, input: string): Promise<Heard> {
  return new Promise((resolve, reject) => {
    open((error, channel) => {
      if (error) {
        reject(error);
        return;
      }
      const heard = { stdout: '', stderr: '', code: -1 };
      channel.on('data', (data: Buffer) => {
        heard.stdout += data.toString();
      });
      channel.stderr.on('data', (data: Buffer) => {
        heard.stderr += data.toString();
      });
      channel.on('exit', (code: number | null) => {
        heard.code = code ?? -1;
      });
      channel.on('close', () => resolve(heard));
      channel.end(input);
    });
  });
}
