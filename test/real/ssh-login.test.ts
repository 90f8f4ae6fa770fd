import { chmodSync, copyFileSync, readFileSync } from 'node:fs';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import type { SshHost } from '../../agent/io/ssh/host.ts';
import { readHostTrust } from '../../agent/io/ssh/host-key.ts';
import { remoteRun } from '../../agent/io/ssh/remote-exec.ts';
import { must } from '../support/command.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { freePort, makeKey, sshdNeeds } from '../support/sshd.ts';
import { failure, useSshLab } from './ssh-lab.ts';

const quick = { connectTimeoutMs: 700 };

describeUnless(missing(sshdNeeds), 'real: ssh login', () => {
  const lab = useSshLab(['ed25519', 'ecdsa', 'rsa']);
  const run = (other: Partial<SshHost> = {}) => remoteRun(lab().pool(), lab().host(other), ['true']);

  describe('with a key', () => {
    for (const type of ['ed25519', 'ecdsa', 'rsa'] as const) {
      it(`logs in with ${type}`, async () => {
        const key = makeKey(lab().path(`id_${type}_user`), type);
        lab().sshd.authorize(`${key}.pub`);
        expect((await run({ key })).exitCode).to.equal(0);
      });
    }

    it('logs in with an old PEM file of RSA', async () => {
      const key = makeKey(lab().path('id_pem'), 'rsa');
      must('ssh-keygen', '-q', '-p', '-m', 'PEM', '-N', '', '-f', key);
      expect(readFileSync(key, 'utf8')).to.include('BEGIN RSA PRIVATE KEY');
      lab().sshd.authorize(`${key}.pub`);
      expect((await run({ key })).exitCode).to.equal(0);
    });

    it('refuses a key that others can read, before any connection, and says chmod 600', async () => {
      const key = lab().path('id_open');
      copyFileSync(lab().key, key);
      for (const mode of [0o640, 0o604, 0o660, 0o644]) {
        chmodSync(key, mode);
        const error = await failure(run({ key, port: 1 }));
        expect([error.code, error.hint]).to.deep.equal(['CONFIG', `chmod 600 ${key}`]);
      }
      chmodSync(key, 0o400);
      expect((await run({ key })).exitCode).to.equal(0);
    });

    it('says what is wrong with a key that is encrypted, missing, public, of an old type, or garbage', async () => {
      const encrypted = makeKey(lab().path('id_locked'), 'ed25519', 'a passphrase');
      expect((await failure(run({ key: encrypted }))).hint).to.match(/ssh-add .*ssh-keygen -p/);
      const pem = makeKey(lab().path('id_locked_pem'), 'rsa', 'a passphrase');
      must('ssh-keygen', '-q', '-p', '-m', 'PEM', '-P', 'a passphrase', '-N', 'a passphrase', '-f', pem);
      expect((await failure(run({ key: pem }))).message).to.include('encrypted');
      expect((await failure(run({ key: lab().path('nothing') }))).message).to.include('no such file');
      const open = lab().path('id_public');
      copyFileSync(`${lab().key}.pub`, open);
      chmodSync(open, 0o600);
      expect((await failure(run({ key: open }))).message).to.include('is a public key');
      expect((await failure(run({ key: makeKey(lab().path('id_dsa'), 'dsa') }))).message).to.include('of type ssh-dss');
      const garbage = lab().path('sshd/sshd_config');
      chmodSync(garbage, 0o600);
      expect((await failure(run({ key: garbage }))).code).to.equal('CONFIG');
    });

    it('is UNREACHABLE with the command that lets us in when the key is not let in', async () => {
      const key = makeKey(lab().path('id_stranger'), 'ed25519');
      const error = await failure(run({ key }));
      expect([error.code, error.facts['level']]).to.deep.equal(['UNREACHABLE', 'client-authentication']);
      expect(error.hint).to.include(`ssh-copy-id -i ${key}.pub -p ${lab().sshd.port} root@127.0.0.1`);
    });
  });

  describe('with the ssh agent', () => {
    it('takes a key from its socket', async () => {
      const socket = lab().path('agent.sock');
      const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
      try {
        await once(agent.stdout, 'data');
        expect(spawnSync('ssh-add', ['-q', lab().key], { env: { ...process.env, SSH_AUTH_SOCK: socket } }).status).to.equal(0);
        const { key: _, ...others } = lab().host();
        expect((await remoteRun(lab().pool(), { ...others, agentSocket: socket }, ['true'])).exitCode).to.equal(0);
      } finally {
        agent.kill();
      }
    });

    it('is UNREACHABLE when there is no agent behind it', async () => {
      const { key: _, ...others } = lab().host();
      const error = await failure(remoteRun(lab().pool(quick), { ...others, agentSocket: lab().path('no.sock') }, ['true']));
      expect(error.code).to.equal('UNREACHABLE');
    });
  });

  describe('to the right host', () => {
    const known = (text: string) => [lab().knownHosts(text)];
    const key = (type: 'ed25519' | 'ecdsa' | 'rsa') => lab().sshd.publicHostKey(type);
    const strange = () => {
      const file = lab().path('strange');
      makeKey(file, 'ed25519');
      return readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
    };

    for (const type of ['ed25519', 'ecdsa', 'rsa'] as const) {
      it(`has the server show its ${type} key when that is the known one`, async () => {
        expect((await run({ knownHosts: known(`HOST ${key(type)}\n`) })).exitCode).to.equal(0);
      });
    }

    it('knows it by its name, a pattern, a hash, and from the second file', async () => {
      const line = key('ed25519');
      expect((await run({ knownHosts: known(`[peer]:${lab().sshd.port} ${line}`) })).exitCode).to.equal(0);
      expect((await run({ knownHosts: known(`peer ${line}`) })).exitCode).to.equal(0);
      expect((await run({ knownHosts: known(`[127.0.0.*]:${lab().sshd.port} ${line}`) })).exitCode).to.equal(0);
      const hashed = lab().knownHosts(`HOST ${line}\n`);
      must('ssh-keygen', '-q', '-H', '-f', hashed);
      expect(readFileSync(hashed, 'utf8')).to.match(/^\|1\|/);
      expect((await run({ knownHosts: [hashed] })).exitCode).to.equal(0);
      expect((await run({ knownHosts: [lab().path('absent'), ...known(`HOST ${line}`)] })).exitCode).to.equal(0);
    });

    it('refuses an unknown host with its fingerprint and how to make it known', async () => {
      const [file = ''] = known('# nobody\n');
      const error = await failure(run({ knownHosts: [file] }));
      const shown = must('ssh-keygen', '-lf', `${lab().sshd.hostKey('ed25519')}.pub`).split(' ')[1];
      expect([error.code, error.facts['level'], error.facts['verdict']]).to.deep.equal(['UNREACHABLE', 'host-key', 'unknown']);
      expect(error.message).to.include(file).and.include(shown);
      expect(error.hint).to.include(`ssh-keyscan -p ${lab().sshd.port} 127.0.0.1 >> ${file}`);
    });

    it('refuses a changed key with file, line and how to mend it', async () => {
      const [file = ''] = known(`# one\n\nHOST ${strange()}\n`);
      const error = await failure(run({ knownHosts: [file] }));
      expect([error.code, error.facts['verdict'], error.facts['line']]).to.deep.equal(['UNREACHABLE', 'changed', 3]);
      expect(error.message).to.include(`${file}:3`);
      expect(error.hint).to.include(`sed -i 3d ${file}`);
    });

    it('refuses a revoked key', async () => {
      const error = await failure(run({ knownHosts: known(`HOST ${key('ed25519')}\n@revoked * ${key('ed25519')}\n`) }));
      expect([error.code, error.facts['verdict'], error.facts['line']]).to.deep.equal(['UNREACHABLE', 'revoked', 2]);
    });

    it('takes the words of the hint: ssh-keyscan makes an unknown host known', async () => {
      const { port } = lab().sshd;
      const file = lab().knownHosts(must('ssh-keyscan', '-p', String(port), '127.0.0.1'));
      expect((await run({ knownHosts: [file] })).exitCode).to.equal(0);
      expect((await readHostTrust(lab().host({ knownHosts: [file] }), '127.0.0.1')).keyTypes).to.have.members([
        'ssh-rsa',
        'ssh-ed25519',
        'ecdsa-sha2-nistp256',
      ]);
    });

    it('reads the files anew for the next connection', async () => {
      const file = lab().knownHosts('');
      await failure(run({ knownHosts: [file] }));
      copyFileSync(lab().knownHosts(`HOST ${key('ed25519')}`), file);
      expect((await run({ knownHosts: [file] })).exitCode).to.equal(0);
    });
  });

  describe('of a server that is not there', () => {
    it('tells a refused port at once', async () => {
      const error = await failure(run({ port: await freePort() }));
      expect([error.code, error.facts['level'], error.facts['errno']]).to.deep.equal(['UNREACHABLE', 'client-socket', 'ECONNREFUSED']);
    });

    /** A server that accepts and says nothing. */
    const withSilent = async (work: (port: number, accepted: Promise<unknown>) => Promise<void>) => {
      const sockets: Socket[] = [];
      const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
      try {
        await once(server, 'listening');
        await work((server.address() as AddressInfo).port, once(server, 'connection'));
      } finally {
        for (const socket of sockets) socket.destroy();
        server.close();
      }
    };

    it('gives up on one that accepts and says nothing', () =>
      withSilent(async (port) => {
        const error = await failure(remoteRun(lab().pool(quick), lab().host({ port }), ['true']));
        expect([error.code, error.facts['level']]).to.deep.equal(['UNREACHABLE', 'client-timeout']);
        expect(error.message).to.include('the login was not done in 0.7 s');
      }));

    it('does not wait for it when everything is closed, and connects anew afterwards', () =>
      withSilent(async (port, accepted) => {
        const pool = lab().pool({ connectTimeoutMs: 600_000 });
        const given = failure(remoteRun(pool, lab().host({ port }), ['true']));
        await accepted;
        await pool.closeAll();
        expect((await given).message).to.include('nobody waited for it any more');
        expect((await remoteRun(pool, lab().host(), ['true'])).exitCode).to.equal(0);
      }));

    it('tells a name that does not exist', async () => {
      const error = await failure(remoteRun(lab().pool(), lab().host({ addresses: ['nobody.invalid'] }), ['true']));
      expect([error.code, error.facts['level']]).to.deep.equal(['UNREACHABLE', 'client-socket']);
    });

    it('tries each address, and says what was wrong with each', async () => {
      const known = [lab().knownHosts(`127.0.0.1,127.0.0.2 ${lab().sshd.publicHostKey('ed25519')}`)];
      const pool = lab().pool();
      const { connection, passed } = await pool.connection(lab().host({ addresses: ['127.0.0.2', '127.0.0.1'], knownHosts: known }));
      expect(connection.address).to.equal('127.0.0.1');
      expect(passed.map((error) => error.facts['address'])).to.deep.equal(['127.0.0.2']);
      const error = await failure(pool.connection(lab().host({ addresses: ['127.0.0.2', '127.0.0.3'] })));
      expect(error.message).to.match(/at none of its addresses: .*127\.0\.0\.2.*127\.0\.0\.3/);
      expect(error.facts['tries']).to.have.length(2);
    });
  });
});
