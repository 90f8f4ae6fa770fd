import { expect } from 'chai';
import fc from 'fast-check';
import { evaluateKeyword } from '../../../agent/config/evaluate-keyword.ts';
import { expandText, parseReference } from '../../../agent/config/reference.ts';
import { documentOf, environment } from './stand-in.ts';

/** `[env] x` with other keys of env, evaluated on n1. */
function expanded(
  x: string,
  env: Readonly<Record<string, string>> = {},
  more: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
): string {
  const { text, problems } = evaluateKeyword(
    documentOf({ ...more, env: { x, ...env } }),
    environment({ name: 'svc1.opensvc.com' }),
    'env.x',
  );
  return problems[0] === undefined
    ? (text ?? '')
    : `FAULT ${problems[0].text}${problems[0].nearest === undefined ? '' : ` near ${problems[0].nearest}`}`;
}

describe('reference', () => {
  it('keeps braces that do not look like one', () => {
    for (const text of [
      '{}',
      '{1...3}',
      '{1,2}',
      '{a,b}',
      '{a b}',
      '{"a": 1}',
      '${HOME}/x',
      "awk '{print $1}'",
      '{',
      '}',
      '}{',
      '{{}}',
      '{.State}',
      '{{.State.Status}}',
      '{0}',
      '{x:y}',
      '$',
      '\\',
      '\\x',
      '$x',
      '{-a}',
    ]) {
      expect(expanded(text), text).to.equal(text);
    }
  });

  it('finds names, items and counts', () => {
    const env = { l: 'a b c', i: '1', name: 'l', host: 'Web Front-end' };
    expect(expanded('{env.l[1]}{l[-1]} {#env.l} {#l}', env)).to.equal('bc 3 3');
    expect(expanded('{env.l[{env.i}]} {env.{env.name}} {l[$({#l} - 1)]}', env)).to.equal('b a b c c');
    expect(expanded('{upper:host} {lower:host} {capitalize:host} {title:host}', env)).to.equal(
      'WEB FRONT-END web front-end Web front-end Web Front-End',
    );
    expect(expanded('{name} {svcname} {nodename} {short_name} {safe_name} {rid} {rindex}')).to.equal(
      'svc1.opensvc.com svc1.opensvc.com n1 svc1 svc1_opensvc_com env env',
    );
    expect(expanded('{{name}}')).to.equal('{svc1.opensvc.com}');
    expect(expanded('{"svc": "{name}"}')).to.equal('{"svc": "svc1.opensvc.com"}');
  });

  it('reads keywords of other sections: aliases, defaults, rids with dots and hyphens', () => {
    const more = { 'vg#1': { vgname: 'vg_a' }, 'fs#data-1.x': { type: 'ext4', dev: '/dev/{vg#1.name}/lv', mnt: '/srv' } };
    expect(expanded('{vg#1.name} {fs#data-1.x.dev} {fs#data-1.x.mnt_opt}', {}, more)).to.equal('vg_a /dev/vg_a/lv defaults');
    expect(expanded('{fs#data-1.x.size}', {}, more)).to.equal('FAULT reference {fs#data-1.x.size}: fs#data-1.x.size is not set');
    expect(expanded('{nodes} {DEFAULT.priority}', {}, more)).to.equal('n1 100');
  });

  it('says what is unknown, and the nearest', () => {
    expect(expanded('{env.prot}', { port: '1' })).to.equal(
      'FAULT unknown reference {env.prot}; write \\{env.prot} for the text itself near port',
    );
    expect(expanded('{fs#2.dev}', {}, { 'fs#1': { type: 'flag' } })).to.match(
      /^FAULT unknown section in reference \{fs#2.dev}.* near fs#1$/,
    );
    expect(expanded('{nodname}')).to.match(/near nodename$/);
    expect(expanded('{fs#1}', {}, { 'fs#1': { type: 'flag' } })).to.equal('FAULT reference {fs#1} names a section; write {fs#1.keyword}');
    expect(expanded('{x@n1}')).to.match(/cannot have a scope/);
    expect(expanded('{env.l[9]}', { l: 'a b' })).to.match(/has 2 words, item 9 is not among them/);
    expect(expanded('{task#1.password}', {}, { 'task#1': { command: '/bin/true', password: 'file:/x' } })).to.match(/is a secret/);
  });

  it('keeps what a backslash protects', () => {
    expect(expanded('\\{name} \\$(date) \\{1,2} \\\\')).to.equal('{name} $(date) \\{1,2} \\\\');
    expect(expanded('$(date)')).to.match(/^FAULT expression \$\(date\): a single word is no expression; write \\\$\(/);
    expect(expanded('$(cat /x)')).to.match(/^FAULT expression/);
    expect(expanded('a $(1+1')).to.match(/^FAULT \$\( without its closing/);
  });

  it('computes', () => {
    expect(expanded('v=$({#l}*2)', { l: 'a b c' })).to.equal('v=6');
    expect(expanded('$("{nodename}" == "n1")')).to.equal('true');
    expect(expanded('$((1+2)*(3))')).to.equal('9');
  });

  it('prints a loop, and ends a chain of more than 20', () => {
    expect(expanded('{a}', { a: '{b}', b: '{x}' })).to.equal('FAULT references form a loop: env.x -> env.a -> env.b -> env.x');
    expect(expanded('{x}')).to.equal('FAULT references form a loop: env.x -> env.x');
    const chain = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`a${index}`, index === 0 ? 'end' : `{a${index - 1}}`]));
    expect(expanded('{a19}', chain)).to.equal('end');
    expect(expanded('{a20}', chain)).to.equal('FAULT references are nested deeper than 20');
    expect(expanded('{a19}{a4999}', chain)).to.equal('FAULT references are nested deeper than 20');
  });

  it('does not grow without bound', () => {
    const bomb = Object.fromEntries(
      Array.from({ length: 15 }, (_, index) => [`a${index}`, index === 0 ? 'xxxxxxxxxx' : `{a${index - 1}}`.repeat(10)]),
    );
    expect(expanded('{a14}', bomb)).to.equal('FAULT the value grows over 65536 characters');
    expect(expanded('{'.repeat(2000))).to.equal('{'.repeat(2000));
    expect(expanded(`${'{'.repeat(2000)}a${'}'.repeat(2000)}`)).to.match(/^FAULT braces nested deeper/);
  });

  it('reads references of any section name', () => {
    expect(parseReference('array#hp3par1.opensvc.com.manager')).to.include({ section: 'array#hp3par1.opensvc.com', key: 'manager' });
    expect(parseReference('env.a.b')).to.include({ section: 'env', key: 'a.b' });
    expect(parseReference('#fs#1.tags')).to.include({ section: 'fs#1', key: 'tags', count: true });
  });

  it('never throws, and leaves texts without braces alone', () => {
    const part = fc.constantFrom(
      '{',
      '}',
      '$(',
      ')',
      '\\',
      '#',
      'env.',
      'x',
      '[0]',
      '"',
      "'",
      ' ',
      '1',
      '+',
      'upper:',
      '$',
      '.',
      'name',
      '@n1',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part, { maxLength: 30 }).map((parts) => parts.join('')),
        ),
        (text) => {
          const result = expandText(text, () => ({ text: 'r', height: 1 }));
          if (!/[{(\\]/.test(text)) expect(result).to.deep.equal({ text, height: 0 });
        },
      ),
      { numRuns: 3000, seed: 1 },
    );
  });
});
