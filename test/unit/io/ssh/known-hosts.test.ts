import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { entriesAbout, judgeHostKey, keyTypeOf, parseKnownHosts } from '../../../../agent/io/ssh/known-hosts.ts';

/** A key blob of a type, told apart by its last byte. */
function blob(type: string, id: number): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  return Buffer.concat([length, Buffer.from(type), Buffer.alloc(32, id)]);
}

const ed = blob('ssh-ed25519', 1);
const otherEd = blob('ssh-ed25519', 2);
const rsa = blob('ssh-rsa', 3);
const words = (key: Buffer) => `${keyTypeOf(key)} ${key.toString('base64')}`;
const judge = (text: string, names: readonly string[], key: Buffer, port = 22) =>
  judgeHostKey(parseKnownHosts(text, 'kh'), { names, port }, key);
const verdict = (...args: Parameters<typeof judge>) => {
  const judged = judge(...args);
  return 'by' in judged ? `${judged.verdict} ${judged.by.file}:${judged.by.line}` : judged.verdict;
};

// Written by ssh-keygen -H of OpenSSH_9.2p1 from `node1.example,10.9.8.7 …` and `[node1.example]:2222 …`.
const sshKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH9UZWZx1DkV2RjmZtz+F1Kpyzeu+oiClaoD+ibIJEpT';
const hashedByKeygen = [
  `|1|TmY2CYyslIbMNppvKqUapl/x4W0=|RohVcdOnQrZUVx5nWaUpxkX/3hE= ${sshKey}`,
  `|1|I6Lx27xHTc2SbCEMo8H2hWsZxsk=|k24xowB80JZ27NBjUEIF1seyHJc= ${sshKey}`,
  `|1|uiy+/iim+ZtnFDjW4m9TXVhYPd4=|OXjsgV9fTqp7/VScBdV/V97SyTM= ${sshKey}`,
].join('\n');

describe('unit: ssh known hosts', () => {
  it('reads lines, markers and comments, and skips what is none', () => {
    const text = [
      '# a comment',
      '',
      `node1,10.0.0.1 ${words(ed)} a comment behind`,
      `  @revoked * ${words(rsa)}`,
      `@cert-authority *.example ${words(ed)}`,
      `@something node1 ${words(ed)}`,
      'node1 ssh-ed25519',
      'node1 ssh-ed25519 !!!',
      `node1 ssh-rsa ${ed.toString('base64')}`,
      `node2\t${words(rsa)}\r`,
    ].join('\n');
    expect(
      parseKnownHosts(text, 'f').map(({ line, marker, patterns, keyType, file }) => [line, marker, patterns.join(), keyType, file]),
    ).to.deep.equal([
      [3, undefined, 'node1,10.0.0.1', 'ssh-ed25519', 'f'],
      [4, 'revoked', '*', 'ssh-rsa', 'f'],
      [5, 'cert-authority', '*.example', 'ssh-ed25519', 'f'],
      [10, undefined, 'node2', 'ssh-rsa', 'f'],
    ]);
  });

  it('knows a host by its name or its address, in any case of letters', () => {
    const text = `Node1.example,10.0.0.1 ${words(ed)}`;
    expect(verdict(text, ['10.0.0.1'], ed)).to.equal('known');
    expect(verdict(text, ['NODE1.example'], ed)).to.equal('known');
    expect(verdict(text, ['10.0.0.9', 'node1.example'], ed)).to.equal('known');
    expect(verdict(text, ['node1'], ed)).to.equal('unknown');
  });

  it('tells changed keys from other types and says where', () => {
    const text = `node2 ${words(rsa)}\nnode1 ${words(ed)}\n`;
    expect(verdict(text, ['node1'], otherEd)).to.equal('changed kh:2');
    expect(verdict(text, ['node1'], rsa)).to.equal('other-type kh:2');
    expect(verdict(`${text}node1 ${words(otherEd)}`, ['node1'], otherEd)).to.equal('known');
  });

  it('reads [host]:port, and the bare name where the port is not mentioned', () => {
    const text = `[node1]:2222 ${words(ed)}\nnode1 ${words(rsa)}`;
    expect(verdict(text, ['node1'], ed, 2222)).to.equal('known');
    expect(verdict(text, ['node1'], rsa, 2222)).to.equal('other-type kh:1');
    expect(verdict(text, ['node1'], ed)).to.equal('other-type kh:2');
    expect(verdict(text, ['node1'], rsa, 2200)).to.equal('known');
    expect(verdict(`[fe80::1]:2222 ${words(ed)}`, ['fe80::1'], ed, 2222)).to.equal('known');
    expect(verdict(`fe80::1 ${words(ed)}`, ['fe80::1'], ed)).to.equal('known');
  });

  it('reads what ssh-keygen -H wrote', () => {
    const key = Buffer.from(sshKey.split(' ')[1] ?? '', 'base64');
    expect(verdict(hashedByKeygen, ['node1.example'], key)).to.equal('known');
    expect(verdict(hashedByKeygen, ['10.9.8.7'], key)).to.equal('known');
    expect(verdict(hashedByKeygen, ['NODE1.example'], key, 2222)).to.equal('known');
    expect(verdict(hashedByKeygen, ['node1.example'], ed, 2222)).to.equal('changed kh:3');
    expect(verdict(hashedByKeygen, ['node2.example'], key)).to.equal('unknown');
  });

  it('takes no broken hash for a match', () => {
    for (const hash of ['|1|', '|1||', '|2|c2FsdA==|aGFzaA==', '|1|c2FsdA==|', '|'])
      expect(verdict(`${hash} ${words(ed)}`, ['node1'], ed), hash).to.equal('unknown');
  });

  it('reads patterns and their negation', () => {
    const text = `*.example,!bad.example,10.0.0.? ${words(ed)}`;
    expect(verdict(text, ['node1.example'], ed)).to.equal('known');
    expect(verdict(text, ['bad.example'], ed)).to.equal('unknown');
    expect(verdict(text, ['10.0.0.7'], ed)).to.equal('known');
    expect(verdict(text, ['10.0.0.77'], ed)).to.equal('unknown');
    expect(verdict(text, ['nodexexample'], ed)).to.equal('unknown');
    expect(verdict(`!bad.example,*.example ${words(ed)}`, ['bad.example'], ed)).to.equal('unknown');
    expect(verdict(`[*.example]:22?? ${words(ed)}`, ['a.example'], ed, 2222)).to.equal('known');
  });

  it('refuses a revoked key whatever else stands there', () => {
    const text = `node1 ${words(ed)}\n@revoked * ${words(ed)}`;
    expect(verdict(text, ['node1'], ed)).to.equal('revoked kh:2');
    expect(verdict(`node1 ${words(ed)}\n@revoked node2 ${words(ed)}`, ['node1'], ed)).to.equal('known');
    expect(verdict(`[node1]:2222 ${words(ed)}\n@revoked node1 ${words(ed)}`, ['node1'], ed, 2222)).to.equal('revoked kh:2');
    expect(verdict(`@revoked node1 ${words(ed)}`, ['node1'], otherEd)).to.equal('unknown');
  });

  it('takes no certificate authority for the key of a host', () => {
    expect(verdict(`@cert-authority * ${words(ed)}`, ['node1'], ed)).to.equal('unknown');
  });

  it('gives the entries that narrow the negotiation', () => {
    const text = `node1 ${words(ed)}\n*1 ${words(rsa)}\n@revoked node1 ${words(otherEd)}\nnode2 ${words(rsa)}`;
    const types = (name: string) => entriesAbout(parseKnownHosts(text, 'f'), { names: [name], port: 22 }).map((one) => one.keyType);
    expect(types('node1')).to.deep.equal(['ssh-ed25519', 'ssh-rsa']);
    expect(types('node9')).to.deep.equal([]);
  });

  it('finds any name in a hashed list, and no other', () => {
    const name = fc.stringMatching(/^[a-z0-9.-]{1,20}$/);
    fc.assert(
      fc.property(name, name, fc.uint8Array({ minLength: 20, maxLength: 20 }), (host, other, salt) => {
        const hash = createHmac('sha1', salt).update(host).digest('base64');
        const text = `|1|${Buffer.from(salt).toString('base64')}|${hash} ${words(ed)}`;
        expect(verdict(text, [host], ed)).to.equal('known');
        expect(verdict(text, [other], ed)).to.equal(other === host ? 'known' : 'unknown');
      }),
    );
  });

  it('never throws on any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void verdict(text, ['node1'], ed)));
    expect(keyTypeOf(Buffer.from([0, 0, 0]))).to.equal(undefined);
    expect(keyTypeOf(Buffer.from([255, 255, 255, 255, 1]))).to.equal(undefined);
  });
});
