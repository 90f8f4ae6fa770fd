/** With what we log in: a private key file that nobody else can read, or the ssh agent. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { SvcError } from '../../errors.ts';
import { errnoOf } from '../files.ts';
import { quoteArgv } from '../redact.ts';
import type { SshHost } from './host.ts';
import { loadSsh2 } from './library.ts';

/** One attempt to log in, as ssh2 wants it. */
export type Credential =
  | { readonly type: 'publickey'; readonly username: string; readonly key: Buffer }
  | { readonly type: 'agent'; readonly username: string; readonly agent: string };

/** The files OpenSSH tries when it is told none. */
const usualFiles = ['id_ed25519', 'id_ecdsa', 'id_rsa'];
const usedTypes = /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521))$/;
const maxKeyBytes = 65_536;

/**
 * What to try, in order: the configured key alone, or the agent and then the usual files that are there and fit.
 * @throws SvcError CONFIG: the configured key is missing, open to others, encrypted, of an unfit kind, or there is nothing to log in with
 */
export async function readCredentials(host: SshHost): Promise<readonly Credential[]> {
  const username = host.user;
  if (host.key !== undefined) return [{ type: 'publickey', username, key: await readPrivateKey(host.key) }];
  const agent: readonly Credential[] = host.agentSocket === undefined ? [] : [{ type: 'agent', username, agent: host.agentSocket }];
  const files: Credential[] = [];
  const unfit: SvcError[] = [];
  for (const name of usualFiles) {
    const file = join(homedir(), '.ssh', name);
    try {
      files.push({ type: 'publickey', username, key: await readPrivateKey(file) });
    } catch (error) {
      if (error instanceof SvcError && error.facts['errno'] !== 'ENOENT') unfit.push(error);
    }
  }
  const all = [...agent, ...files];
  if (all.length > 0) return all;
  throw (
    unfit[0] ??
    new SvcError('CONFIG', `no ssh key to log in to ${host.name} with`, {
      hint: `key = /path/of/a/key in [host#${host.name}], or ssh-keygen -t ed25519`,
    })
  );
}

/** The text of a private key that can be used. @throws SvcError CONFIG with the command that mends it */
export async function readPrivateKey(file: string): Promise<Buffer> {
  const text = await readGuarded(file);
  const shown = quoteArgv([file]);
  if (isEncrypted(text.toString('latin1'))) {
    throw unfitKey(
      file,
      'is encrypted, and nobody is here to type its passphrase',
      `give it to the ssh agent (ssh-add ${shown}) and leave out key, or remove the passphrase: ssh-keygen -p -N '' -f ${shown}`,
    );
  }
  const { utils } = await loadSsh2();
  const parsed = utils.parseKey(text);
  if (parsed instanceof Error)
    throw unfitKey(
      file,
      `is no private key that can be used: ${parsed.message}`,
      `write it anew in the form of OpenSSH: ssh-keygen -p -N '' -f ${shown}`,
    );
  const [key] = Array.isArray(parsed) ? parsed : [parsed];
  if (key === undefined || !key.isPrivateKey()) throw unfitKey(file, 'is a public key', 'name the file without .pub');
  if (!usedTypes.test(key.type)) throw unfitKey(file, `is of type ${key.type}`, `make one: ssh-keygen -t ed25519 -f ${shown}.new`);
  return text;
}

/** Whoever else can read or replace it is as good as we are, so OpenSSH refuses such a file, and so do we. */
async function readGuarded(file: string): Promise<Buffer> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    const errno = errnoOf(cause);
    throw new SvcError('CONFIG', `cannot read the ssh key ${file}: ${errno === 'ENOENT' ? 'no such file' : (errno ?? String(cause))}`, {
      facts: { file, errno },
      cause,
    });
  });
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw unfitKey(file, 'is not a file', 'name a private key file');
    const mode = stat.mode & 0o777;
    if ((mode & 0o077) !== 0)
      throw unfitKey(file, `can be read by others (mode ${mode.toString(8).padStart(4, '0')})`, `chmod 600 ${quoteArgv([file])}`);
    if (stat.size > maxKeyBytes) throw unfitKey(file, 'is too large for a key', 'name a private key file');
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** PEM says it in words, PKCS#8 in its title, the form of OpenSSH by the cipher behind its magic (PROTOCOL.key). */
export function isEncrypted(text: string): boolean {
  if (/^Proc-Type:.*ENCRYPTED/m.test(text) || text.includes('BEGIN ENCRYPTED PRIVATE KEY')) return true;
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/.exec(text)?.[1];
  if (body === undefined) return false;
  const bytes = Buffer.from(body, 'base64');
  const magic = 'openssh-key-v1\0';
  if (bytes.toString('latin1', 0, magic.length) !== magic || bytes.length < magic.length + 4) return false;
  const length = bytes.readUInt32BE(magic.length);
  return bytes.toString('latin1', magic.length + 4, magic.length + 4 + length) !== 'none';
}

function unfitKey(file: string, what: string, hint: string): SvcError {
  return new SvcError('CONFIG', `the ssh key ${file} ${what}`, { hint, facts: { file } });
}
