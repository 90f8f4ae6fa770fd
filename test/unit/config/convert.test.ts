import { inspect } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { type ConvertContext, convertValue } from '../../../agent/config/convert.ts';
import { splitWords } from '../../../agent/config/convert-argv.ts';
import { createSecret, maskSecretText, parseSecret, type SecretSource } from '../../../agent/config/secret.ts';
import type { Secret } from '../../../agent/driver/contract.ts';
import type { Keyword, Kind } from '../../../agent/driver/keywords.ts';

function value(kind: Kind, text: string, keyword: Partial<Keyword> = {}, context: ConvertContext = {}): unknown {
  const result = convertValue(kind, text, { text: '', ...keyword, kind }, context);
  return 'fault' in result ? `FAULT ${result.fault}` : result.value;
}

const isFault = (kind: Kind, text: string, keyword: Partial<Keyword> = {}): boolean =>
  String(value(kind, text, keyword)).startsWith('FAULT');

/** Every text of the list is refused. */
function refuses(kind: Kind, texts: readonly string[], keyword: Partial<Keyword> = {}): void {
  for (const text of texts) expect(isFault(kind, text, keyword), JSON.stringify(text)).to.equal(true);
}

describe('convert', () => {
  it('integer', () => {
    expect(['0', '-7', '+3', '007'].map((text) => value('integer', text))).to.deep.equal([0, -7, 3, 7]);
    refuses('integer', ['', 'abc', '1.5', '1e3', '0x10', ' 1', '99999999999999999999']);
    expect(value('integer', '0', { min: 1 })).to.equal('FAULT is too small; the least is 1');
    expect(value('integer', '70000', { max: 65535 })).to.equal('FAULT is too large; the most is 65535');
  });

  it('boolean', () => {
    expect(['true', 'Yes', 'y', '1', 'ON'].map((text) => value('boolean', text))).to.deep.equal([true, true, true, true, true]);
    expect(['false', 'no', 'N', '0', 'off'].map((text) => value('boolean', text))).to.deep.equal([false, false, false, false, false]);
    refuses('boolean', ['', 'perhaps', '2', 'tru', 'none']);
  });

  it('duration, in milliseconds', () => {
    expect(['90', '90s', '5m', '1h30m', '2d', '1w', '500ms', '1.5h', '1D 3H', '0'].map((text) => value('duration', text))).to.deep.equal([
      90_000, 90_000, 300_000, 5_400_000, 172_800_000, 604_800_000, 500, 5_400_000, 97_200_000, 0,
    ]);
    expect(value('duration', '5', { unit: 'm' })).to.equal(300_000);
    expect(value('duration', '5s', { unit: 'm' })).to.equal(5000);
    refuses('duration', ['', 'm', 'abc', '5z', '1m1', '1s1h', '1h1h', '-1m', '1..5h', 's5', '1h ago', '9e99']);
    expect(value('duration', '10s', { min: 30_000 })).to.match(/too small/);
  });

  it('size, in bytes', () => {
    expect(['512m', '10g', '1.5T', '1,5g', '0B', '1KB', '1KiB', '1Ki', '1 GB', '100'].map((text) => value('size', text))).to.deep.equal([
      536_870_912, 10_737_418_240, 1_649_267_441_664, 1_610_612_736, 0, 1000, 1024, 1024, 1_000_000_000, 100,
    ]);
    refuses('size', ['', '5x', '50%', '-1', '1kk', '1 kb/s', '0x10', '1.2.3', '1i', '8EiB', '10g free']);
  });

  it('percentage, list, enum', () => {
    expect(['80%', '80', '0', '99.5 %'].map((text) => value('percentage', text))).to.deep.equal([80, 80, 0, 99.5]);
    refuses('percentage', ['', '101', '-1', '%', 'x']);
    expect(value('list', ' a\tb\n c ')).to.deep.equal(['a', 'b', 'c']);
    expect(value('list', '')).to.deep.equal([]);
    expect(value('list', 'nodes others', { choices: ['nodes', 'drpnodes'] })).to.equal('FAULT holds "others"; allowed are nodes, drpnodes');
    refuses('list', [''], { required: true });
    expect(value('enum', 'async', { choices: ['sync', 'async'] })).to.equal('async');
    expect(convertValue('enum', 'asinc', { kind: 'enum', text: '', choices: ['sync', 'async'] })).to.deep.equal({
      fault: 'is not known; allowed are sync, async',
      nearest: 'async',
    });
  });

  it('argv follows shell words, and no shell runs', () => {
    expect(value('argv', `/bin/sh -c 'echo "a b"; exit' x\\ y "a\\"b\\c" ''`)).to.deep.equal([
      '/bin/sh',
      '-c',
      'echo "a b"; exit',
      'x y',
      'a"b\\c',
      '',
    ]);
    expect(value('argv', '/bin/a \\\n  b\n c')).to.deep.equal(['/bin/a', 'b', 'c']);
    expect(value('argv', 'curl http://x/?a=1&b=2')).to.deep.equal(['curl', 'http://x/?a=1&b=2']);
    expect(value('argv', 'find / -exec rm {} \\;')).to.deep.equal(['find', '/', '-exec', 'rm', '{}', ';']);
    refuses('argv', [
      '',
      '  ',
      `''`,
      `/bin/echo "open`,
      `/bin/echo 'open`,
      '/bin/a \\',
      'a | b',
      'a && b',
      'a;',
      'a > /x',
      'a 2>&1',
      'a &',
      'a <x',
    ]);
  });

  it('path is absolute and comes back plain', () => {
    expect(['/', '/srv//data/', '/a/./b'].map((text) => value('path', text))).to.deep.equal(['/', '/srv/data', '/a/b']);
    refuses('path', ['', 'a/b', './a', '/a/../b', '/a\n/b']);
  });

  it('nodes, address and url', () => {
    expect(value('nodes', 'n1 n2.opensvc.com')).to.deep.equal(['n1', 'n2.opensvc.com']);
    refuses('nodes', ['n1 n1', 'n1,n2', '-n', 'n1 1.2', 'N1 n1']);
    const addresses = ['10.0.0.1', '::1', 'fe80::1%eth0', '2001:db8::10.0.0.1', '1:2:3:4:5:6:7:8', 'svc1.opensvc.com', 'a_b'];
    expect(addresses.map((text) => value('address', text))).to.deep.equal(addresses);
    refuses('address', [
      '',
      '10.0.0',
      '256.1.1.1',
      '01.2.3.4',
      '1::2::3',
      '1:2:3:4:5:6:7',
      ':::',
      'a b',
      '-a',
      'a..b',
      '10.0.0.1/24',
      'fe80::1%',
    ]);
    expect(value('url', 'https://proxy:8443/a?b')).to.equal('https://proxy:8443/a?b');
    refuses('url', ['', 'proxy:8443', 'https://', 'https://a b', 'http:/a', 'https://[::1']);
  });

  it('schedule: each of several is checked by the given function', () => {
    const checkSchedule = (text: string) => (text.startsWith('@') ? undefined : 'is no schedule');
    expect(value('schedule', '@10', {}, { checkSchedule })).to.equal('@10');
    expect(value('schedule', '@10\n@20', {}, { checkSchedule })).to.equal('@10\n@20');
    expect(value('schedule', '["@10", "x"]', {}, { checkSchedule })).to.equal('FAULT "x": is no schedule');
    expect(value('schedule', 'x', {}, { checkSchedule })).to.equal('FAULT is no schedule');
    refuses('schedule', ['', '[1]', '["a"', '[""]']);
  });

  it('requires', () => {
    expect(value('requires', 'fs#1(up) ip#2(up, stdby up) ip#3')).to.deep.equal([
      { rid: 'fs#1', states: ['up'] },
      { rid: 'ip#2', states: ['up', 'stdby up'] },
      { rid: 'ip#3', states: ['up', 'stdby up'] },
    ]);
    refuses('requires', ['', 'fs', 'fs#1(maybe)', 'fs#1(up', 'fs#1)', 'fs#1(up)x', '(up)', 'impossible']);
  });

  it('no kind throws, whatever the text', () => {
    const kinds: readonly Kind[] = [
      'string',
      'integer',
      'boolean',
      'duration',
      'size',
      'percentage',
      'list',
      'argv',
      'path',
      'enum',
      'nodes',
      'address',
      'url',
      'schedule',
      'requires',
      'secret',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (kind, text) => {
        const result = convertValue(kind, text, { kind, text: '', choices: ['a'] });
        expect('fault' in result || 'value' in result).to.equal(true);
      }),
      { numRuns: 1000, seed: 1 },
    );
  });

  it('words quoted for a shell come back the same', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (words) => {
        const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
        expect(splitWords(quoted)).to.deep.equal({ words });
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});

describe('secret', () => {
  it('is refused inline in a file that others may read', () => {
    expect(value('secret', 's3cret', {}, { fileMode: 0o644 })).to.match(/^FAULT is written in a file that others may read/);
    expect(value('secret', 's3cret', {}, {})).to.match(/^FAULT/);
    expect((value('secret', 's3cret', {}, { fileMode: 0o600 }) as Secret).reveal()).to.equal('s3cret');
    refuses('secret', ['', 'file:relative', 'env:no name', 'command:', 'command:rel x', "command:/bin/a 'open"]);
  });

  it('tells its source and reveals late, through the given function', () => {
    const asked: SecretSource[] = [];
    const revealSecret = (source: SecretSource) => {
      asked.push(source);
      return 'found';
    };
    const secret = value('secret', 'command:/bin/cat /run/x', {}, { fileMode: 0o644, revealSecret }) as Secret;
    expect(asked).to.deep.equal([]);
    expect(secret.reveal()).to.equal('found');
    expect(asked).to.deep.equal([{ from: 'command', argv: ['/bin/cat', '/run/x'] }]);
    const unread = parseSecret('env:TOKEN');
    expect(() => ('value' in unread ? unread.value.reveal() : '')).to.throw('nothing was given to read a secret');
  });

  it('never prints', () => {
    const secret = createSecret({ from: 'inline' }, () => 's3cret');
    expect([`${secret}`, JSON.stringify({ secret }), inspect({ secret }), inspect(secret, { showHidden: true })].join()).to.not.include(
      's3cret',
    );
    expect(JSON.stringify({ secret })).to.equal('{"secret":"xxxx"}');
    expect([maskSecretText('s3cret'), maskSecretText('env:A')]).to.deep.equal(['xxxx', 'env:A']);
  });
});
