/** A simulated ssh server with the faults that a real sshd does not have; what it is asked to run it really runs, unless told otherwise. */
import { spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import ssh2, { type AuthContext, type Connection, type ServerChannel, type ServerConfig } from 'ssh2';

export interface SshServerFaults {
  /** Default: everybody is let in. */
  readonly onLogin?: (context: AuthContext, client: Connection) => void;
  /** False: no answer at all to the wish for a session. */
  readonly opensSessions?: boolean;
  /** False: refuses to run anything. */
  readonly runs?: boolean;
  /** Instead of running what was asked. */
  readonly onExec?: (channel: ServerChannel, line: string, client: Connection) => void;
  readonly algorithms?: ServerConfig['algorithms'];
}

export interface SshServer {
  readonly port: number;
  /** Lines it was asked to run. */
  readonly asked: readonly string[];
  /** Connections so far. */
  connections(): number;
  close(): void;
}

/** Listens on a free port of loopback; `hostKeys` are texts of private keys. */
export async function startSshServer(hostKeys: readonly Buffer[], faults: SshServerFaults = {}): Promise<SshServer> {
  const clients: Connection[] = [];
  const asked: string[] = [];
  const config: ServerConfig = { hostKeys: [...hostKeys], ...(faults.algorithms === undefined ? {} : { algorithms: faults.algorithms }) };
  const server = new ssh2.Server(config, (client) => {
    clients.push(client);
    client.on('error', () => undefined);
    (client as Connection & { setNoDelay(on: boolean): void }).setNoDelay(true); // the types do not know it
    client.on('authentication', (context) => (faults.onLogin === undefined ? context.accept() : faults.onLogin(context, client)));
    client.on('session', (accept) => {
      if (faults.opensSessions === false) return;
      accept().on('exec', (agree, refuse, { command }) => {
        asked.push(command);
        if (faults.runs === false) return refuse();
        const channel = agree();
        channel.on('error', () => undefined);
        if (faults.onExec === undefined) runReally(channel, command);
        else faults.onExec(channel, command, client);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    connections: () => clients.length,
    close: () => {
      for (const client of clients) client.end();
      server.close();
    },
  };
}

/** What a server does without faults. */
export function runReally(channel: ServerChannel, line: string): void {
  const child = spawn('/bin/sh', ['-c', line], { stdio: 'pipe', detached: true });
  child.stdin.on('error', () => undefined);
  channel.pipe(child.stdin);
  child.stdout.on('data', (data: Buffer) => channel.write(data));
  child.stderr.on('data', (data: Buffer) => channel.stderr.write(data));
  child.once('close', (code) => {
    channel.exit(code ?? 255);
    channel.end();
  });
}
