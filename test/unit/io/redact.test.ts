import { expect } from 'chai';
import fc from 'fast-check';
import { maskSecrets, quoteArgv } from '../../../agent/io/redact.ts';

describe('quoteArgv', () => {
  it('leaves plain words alone and quotes the rest', () => {
    expect(quoteArgv(['mount', '-t', 'ext4', '/dev/vg/lv', '/a b'])).to.equal("mount -t ext4 /dev/vg/lv '/a b'");
    expect(quoteArgv(['echo', "it's", '', '$HOME', '#x', 'a\nb'])).to.equal("echo 'it'\\''s' '' '$HOME' '#x' $'a\\nb'");
    expect(quoteArgv(['x', 'fs#1', 'key=value', '10.0.0.1/24'])).to.equal('x fs#1 key=value 10.0.0.1/24');
  });

  it('never shows a control character', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (words) => {
        expect(quoteArgv(words)).not.to.match(/[\x00-\x1f\x7f]/);
      }),
    );
  });
});

describe('maskSecrets', () => {
  it('masks every occurrence, the longest secret first', () => {
    expect(maskSecrets('a=hunter2 b=hunter22', ['hunter2', 'hunter22'])).to.equal('a=**** b=****');
  });

  it('masks quoted, URL-encoded, JSON and base64 forms', () => {
    const secret = 'p\'a ss/w"d';
    const text = [quoteArgv([secret]), encodeURIComponent(secret), JSON.stringify(secret), Buffer.from(secret).toString('base64')].join(
      ' ',
    );
    const masked = maskSecrets(text, [secret]);
    for (const part of ['ss/w', 'a%20ss', Buffer.from(secret).toString('base64')]) expect(masked).not.to.include(part);
  });

  it('masks the lines of a secret of several lines', () => {
    expect(maskSecrets('read line MIIEpAIBAAKC end', ['-----BEGIN-----\nMIIEpAIBAAKC\n-----END-----'])).to.equal('read line **** end');
  });

  it('ignores empty secrets and empty text', () => {
    expect(maskSecrets('abc', [''])).to.equal('abc');
    expect(maskSecrets('', ['x'])).to.equal('');
  });

  it('leaves no secret in a quoted command line', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 5 }), fc.array(fc.string()), (secret, others) => {
        fc.pre(!'****'.includes(secret) && !secret.includes('*'));
        expect(maskSecrets(`${secret} ${others.join(' ')}`, [secret])).not.to.include(secret);
        expect(maskSecrets(quoteArgv(['x', secret]), [secret])).not.to.include(secret);
      }),
    );
  });
});
