import { expect } from 'chai';
import { isEncrypted } from '../../../../agent/io/ssh/keys.ts';

/** The beginning of a key file as OpenSSH's PROTOCOL.key lays it out. */
function opensshKey(cipher: string): string {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(cipher.length);
  const body = Buffer.concat([Buffer.from('openssh-key-v1\0'), length, Buffer.from(cipher), Buffer.alloc(40)]).toString('base64');
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${body.replace(/(.{70})/g, '$1\n')}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

describe('unit: ssh keys', () => {
  it('tells an encrypted key by its form', () => {
    expect(isEncrypted(opensshKey('none'))).to.equal(false);
    expect(isEncrypted(opensshKey('aes256-ctr'))).to.equal(true);
    expect(isEncrypted('-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n')).to.equal(true);
    expect(isEncrypted('-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII=\n')).to.equal(true);
    expect(isEncrypted('-----BEGIN RSA PRIVATE KEY-----\nMII=\n')).to.equal(false);
    expect(isEncrypted('-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n')).to.equal(false);
    expect(isEncrypted('')).to.equal(false);
  });
});
