import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { expect } from 'chai';
import type { Argv } from '../../agent/driver/contract.ts';
import type { SvcError } from '../../agent/errors.ts';
import type { ConnectLimits } from '../../agent/io/ssh/connection.ts';
import type { SshHost } from '../../agent/io/ssh/host.ts';
import { createSshPool, type SshPool } from '../../agent/io/ssh/pool.ts';
import { type RemoteOptions, remoteRun } from '../../agent/io/ssh/remote-exec.ts';
import { failure } from '../real/ssh-lab.ts';
import { removeFolder } from '../support/leftovers.ts';
import { makeFolder } from '../support/names.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { runReally, type SshServer, type SshServerFaults, startSshServer } from '../support/ssh-server.ts';
import { makeKey } from '../support/sshd.ts';

const quick = { connectTimeoutMs: 600, keepaliveMs: 100, keepaliveCount: 2 };
const types = ['ed25519', 'ecdsa', 'rsa', 'dsa'] as const;
type Type = (typeof types)[number];

describeUnless(missing({ tools: ['ssh-keygen'] }), 'sim: ssh server with faults', () => {
  let folder = '';
  const open: { close(): unknown }[] = [];
  const keyFile = (type: Type) => path.join(folder, `host_${type}`);
  before('make keys', function () {
    this.timeout(30_000);
    folder = makeFolder();
    for (const type of types) makeKey(keyFile(type), type);
  });
  afterEach('close servers and connections', async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });
  after('remove the keys', () => {
    removeFolder(folder);
  });

  const serve = async (faults: SshServerFaults = {}, ...hostKeys: readonly Type[]): Promise<SshServer> => {
    const server = await startSshServer(
      (hostKeys.length > 0 ? hostKeys : (['ed25519'] as const)).map((type) => readFileSync(keyFile(type))),
      faults,
    );
    open.push(server);
    return server;
  };
  const hostOf = ({ port }: { port: number }, known: readonly Type[] = ['ed25519'], other: Partial<SshHost> = {}): SshHost => {
    const lines = known.map((type) => `[127.0.0.1]:${port} ${readFileSync(`${keyFile(type)}.pub`, 'utf8')}`);
    const file = path.join(folder, `known.${port}`);
    writeFileSync(file, lines.join(''));
    return { name: 'peer', addresses: ['127.0.0.1'], port, user: 'root', key: keyFile('ed25519'), knownHosts: [file], ...other };
  };
  const poolOf = (limits: Partial<ConnectLimits> = quick): SshPool => {
    const pool = createSshPool(limits);
    open.push({ close: () => pool.closeAll() });
    return pool;
  };
  const run = (host: SshHost, argv: Argv = ['true'], options: RemoteOptions = {}, pool = poolOf()) => remoteRun(pool, host, argv, options);
  const said = ({ code, facts }: SvcError) => [code, facts['level'] ?? facts['unknown']];

  it('is a server that really runs commands when it has no fault', async () => {
    const server = await serve();
    expect((await run(hostOf(server), ['sh', '-c', 'cat; exit 4'], { input: 'in' })).exitCode).to.equal(4);
    expect(server.asked).to.have.length(1);
  });

  it('drops what the login shell says before the command begins', async () => {
    const server = await serve({
      onExec: (channel, line) => {
        channel.write('Welcome!\nno end of line');
        channel.stderr.write('tput: No value for $TERM\n');
        runReally(channel, line);
      },
    });
    const lines: string[] = [];
    const script = 'echo é1; echo oh >&2';
    const options: RemoteOptions = { onLine: (stream, line) => lines.push(`${stream} ${line}`) };
    const result = await run(hostOf(server), ['sh', '-c', script], options);
    expect(result).to.deep.include({ stdout: 'é1\n', stderr: 'oh\n', truncated: false });
    expect(lines.sort()).to.deep.equal(['stderr oh', 'stdout é1']);
    expect(await run(hostOf(server), ['sh', '-c', script], { maxBytes: 1 })).to.deep.include({ stdout: '', stderr: '\n', truncated: true });
  });

  describe('while a command runs', () => {
    it('a channel closed without an exit status is no success: the result is not known', async () => {
      const server = await serve({ onExec: (channel) => channel.write('done\n', () => channel.close()) });
      const error = await failure(run(hostOf(server), ['true']));
      expect(said(error)).to.deep.equal(['TIMEOUT', true]);
    });

    it('neither is a connection that ends', async () => {
      const server = await serve({ onExec: (channel, _, client) => channel.once('data', () => client.end()) });
      expect(said(await failure(run(hostOf(server))))).to.deep.equal(['TIMEOUT', true]);
    });

    it('neither is silence: keepalives find out', async () => {
      const sockets: Socket[] = [];
      const pause = () => {
        for (const socket of sockets) socket.pause();
      };
      const server = await serve({ onExec: (channel) => channel.once('data', pause) });
      const relay = await startRelay(server.port, sockets);
      open.push(relay);
      const error = await failure(run(hostOf(relay), ['sleep', '60']));
      expect(said(error)).to.deep.equal(['TIMEOUT', true]);
    });

    it('an exit that comes in one packet with the leave to run is not missed', async () => {
      const server = await serve({
        onExec: (channel) => {
          channel.exit(3);
          channel.end();
        },
      });
      const relay = await startRelay(server.port, [], 30);
      open.push(relay);
      expect((await run(hostOf(relay), ['true'], { bare: true })).exitCode).to.equal(3);
    });

    it('an exit by a signal is 128 and its number', async () => {
      const server = await serve({
        onExec: (channel) => {
          channel.exit('TERM', false, '');
          channel.end();
        },
      });
      expect((await run(hostOf(server))).exitCode).to.equal(143);
    });

    it('a connection lost before the whole input was over is UNREACHABLE: nothing ran', async () => {
      const server = await serve({ onExec: (channel, _, client) => channel.once('data', () => client.end()) });
      const error = await failure(run(hostOf(server), ['sh', '-c', 'cat'], { input: 'x'.repeat(8 << 20) }));
      expect(said(error)).to.deep.equal(['UNREACHABLE', 'lost']);
    });

    it('what the other side could not take is COMMAND: nothing ran', async () => {
      const server = await serve({
        onExec: (channel) => {
          channel.stderr.write('dd: no space left on device\n');
          channel.exit(125);
          channel.end();
        },
      });
      const error = await failure(run(hostOf(server), ['cat'], { input: 'x'.repeat(8 << 20) }));
      expect(error.code).to.equal('COMMAND');
      expect(error.message).to.include('could not be handed over').and.include('no space left');
    });

    it('says that it may still be running when its end is not seen', async function () {
      this.timeout(20_000);
      const server = await serve({ onExec: () => undefined });
      const error = await failure(run(hostOf(server), ['true'], { timeoutMs: 100 }, poolOf({ connectTimeoutMs: 600 })));
      expect(said(error)).to.deep.equal(['TIMEOUT', true]);
      expect(error.message).to.include('it may still be running');
    });
  });

  describe('before a command runs', () => {
    it('no answer to the wish for a session is UNREACHABLE, and the connection is given up', async () => {
      const server = await serve({ opensSessions: false });
      const pool = poolOf();
      const host = hostOf(server);
      expect(said(await failure(run(host, ['true'], {}, pool)))).to.deep.equal(['UNREACHABLE', 'lost']);
      await failure(run(host, ['true'], {}, pool));
      expect(server.connections()).to.equal(2);
    });

    it('a server that runs nothing is UNREACHABLE', async () => {
      expect(said(await failure(run(hostOf(await serve({ runs: false })))))).to.deep.equal(['UNREACHABLE', 'channel']);
    });

    it('a kept connection that died unseen is made anew once', async () => {
      const sockets: Socket[] = [];
      const server = await serve();
      const relay = await startRelay(server.port, sockets);
      open.push(relay);
      const pool = poolOf({ connectTimeoutMs: 600 });
      const host = hostOf(relay);
      expect((await run(host, ['true'], {}, pool)).exitCode).to.equal(0);
      for (const socket of sockets) socket.pause(); // as after a power cut over there: nobody says goodbye
      expect((await run(host, ['true'], {}, pool)).exitCode).to.equal(0);
      expect(server.connections()).to.equal(2);
    });

    it('a login that is never answered is UNREACHABLE', async () => {
      expect(said(await failure(run(hostOf(await serve({ onLogin: () => undefined })))))).to.deep.equal(['UNREACHABLE', 'client-timeout']);
    });

    it('a login that is refused, or hung up on, is UNREACHABLE', async () => {
      const refuses = await serve({ onLogin: (context) => context.reject(['publickey']) });
      expect(said(await failure(run(hostOf(refuses))))).to.deep.equal(['UNREACHABLE', 'client-authentication']);
      const hangsUp = await serve({ onLogin: (_, client) => void client.end() });
      expect((await failure(run(hostOf(hangsUp)))).code).to.equal('UNREACHABLE');
    });

    it('garbage instead of a greeting is UNREACHABLE, short or without end', async () => {
      for (const greet of [
        (socket: Socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
        (socket: Socket) => void socket.end(),
        (socket: Socket) => void socket.write(Buffer.alloc(1 << 20, 'x')),
        (socket: Socket) => void socket.write(Buffer.from([0, 1, 2, 3, 255, 10, 13, 10])),
      ]) {
        const server = await listen(greet);
        open.push(server);
        expect((await failure(run(hostOf(server)))).code).to.equal('UNREACHABLE');
      }
    });
  });

  describe('with other keys and algorithms', () => {
    it('has the server show the key that is known, of several', async () => {
      const server = await serve({}, 'rsa', 'ecdsa', 'ed25519');
      for (const type of ['rsa', 'ecdsa', 'ed25519'] as const) expect((await run(hostOf(server, [type]))).exitCode, type).to.equal(0);
    });

    it('says where the host is known when it has no key of that type', async () => {
      const server = await serve({}, 'ecdsa');
      const error = await failure(run(hostOf(server, ['ed25519'])));
      expect(said(error)).to.deep.equal(['UNREACHABLE', 'handshake']);
      expect(error.message).to.match(/only host keys of type ssh-ed25519 are accepted, as known from .*known\.\d+:1/);
    });

    it('takes a DSA host key only with legacy', async () => {
      const server = await serve({ algorithms: { serverHostKey: ['ssh-dss'] } }, 'dsa');
      expect(said(await failure(run(hostOf(server, ['dsa']))))).to.deep.equal(['UNREACHABLE', 'handshake']);
      expect((await run(hostOf(server, ['dsa'], { legacy: true }))).exitCode).to.equal(0);
    });

    it('takes SHA-1 signatures, group1, CBC and MD5 only with legacy', async () => {
      const old = { serverHostKey: ['ssh-rsa'], kex: ['diffie-hellman-group1-sha1'], cipher: ['3des-cbc'], hmac: ['hmac-md5'] } as const;
      const server = await serve({ algorithms: structuredClone(old) as never }, 'rsa');
      expect(said(await failure(run(hostOf(server, ['rsa']))))).to.deep.equal(['UNREACHABLE', 'handshake']);
      expect((await run(hostOf(server, ['rsa'], { legacy: true }))).exitCode).to.equal(0);
    });

    it('does not take an unknown host with legacy either', async () => {
      const server = await serve({}, 'dsa');
      expect(said(await failure(run(hostOf(server, ['ed25519'], { legacy: true }))))).to.deep.equal(['UNREACHABLE', 'handshake']);
      expect(said(await failure(run({ ...hostOf(server, []), legacy: true })))).to.deep.equal(['UNREACHABLE', 'host-key']);
    });
  });

  it('runs the bare words for a device that has no shell, and says what it cannot know of it', async () => {
    const server = await serve({
      onExec: (channel, line) => {
        if (line.startsWith('hang')) return;
        channel.write(`you said ${line}\n`);
        channel.exit(0);
        channel.end();
      },
    });
    const host = hostOf(server);
    expect((await run(host, ['showrcopy', 'groups', 'a b'], { bare: true })).stdout).to.equal("you said showrcopy groups 'a b'\n");
    expect(said(await failure(run(host, ['hang'], { bare: true, timeoutMs: 100 })))).to.deep.equal(['TIMEOUT', true]);
  });
});

interface Listening {
  readonly port: number;
  close(): void;
}

async function listen(onSocket: (socket: Socket) => void): Promise<Listening> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    onSocket(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** Passes everything on to another port, until somebody pauses its `sockets`; answers wait `holdMs` for others to go with. */
async function startRelay(port: number, sockets: Socket[], holdMs = 0): Promise<Listening> {
  return listen((socket) => {
    const onward = connect(port, '127.0.0.1').on('error', () => undefined);
    sockets.push(socket, onward);
    socket.on('data', (data) => onward.write(data)).on('close', () => onward.destroy());
    const held: Buffer[] = [];
    const pass = () => socket.write(Buffer.concat(held.splice(0)));
    onward.on('data', (data) => {
      if (held.push(data) > 1) return;
      if (holdMs === 0) pass();
      else setTimeout(pass, holdMs);
    });
    onward.on('close', () => socket.destroy());
  });
}
