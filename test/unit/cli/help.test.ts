/** Help: every verb has an example that is a command line, and everything fits a terminal of 80 columns. */
import { expect } from 'chai';
import { renderHelp, renderVerbHelp } from '../../../agent/cli/help.ts';
import { optionSpecs } from '../../../agent/cli/option-specs.ts';
import { parseCommandLine } from '../../../agent/cli/parse.ts';
import { type VerbSpec, verbs } from '../../../agent/cli/verbs.ts';

const all: readonly VerbSpec[] = verbs;

/** Words of a shell line: quotes joined, a redirection left away. */
function argvOf(example: string): string[] {
  const [line = ''] = example.split(' > ');
  return [...line.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", '')).slice(1);
}

function expectFits(text: string): void {
  expect(text).to.match(/[^\n]\n$/);
  for (const line of text.split('\n')) {
    expect(line.length, line).to.be.at.most(80);
    expect(line, 'trailing blanks').not.to.match(/\s$/);
  }
}

describe('unit: help', () => {
  for (const verb of all) {
    it(`${verb.name} has an example that is a call of it`, () => {
      expect(verb.example).to.match(/^svcmgr /);
      const parsed = parseCommandLine(argvOf(verb.example));
      expect(parsed.kind === 'call' ? parsed.call.verb.name : parsed.kind).to.equal(verb.name);
    });

    it(`${verb.name} --help shows its options and the example, in 80 columns`, () => {
      const text = renderVerbHelp(verb);
      for (const name of [...verb.options, 'format', 'debug', 'quiet', 'color']) expect(text).to.include(`--${name}`);
      expect(text).to.include(verb.example);
      expectFits(text);
    });
  }

  it('lists every verb, in 80 columns', () => {
    const text = renderHelp('1.2.3');
    for (const verb of all) expect(text).to.include(`  ${verb.name} `);
    expectFits(text);
  });

  it('lists the verbs that begin with a word', () => {
    const text = renderHelp('1.2.3', 'node');
    expect(text).to.include('node doctor').and.to.include('node print config').and.not.to.include('print status');
  });

  it('has an option table without an option that no verb takes', () => {
    const used = new Set([...all.flatMap((verb) => verb.options), 'service', 'help', 'version', 'format', 'debug', 'quiet', 'color']);
    expect(Object.keys(optionSpecs).filter((name) => !used.has(name))).to.deep.equal([]);
    expect([...used].filter((name) => !Object.hasOwn(optionSpecs, name))).to.deep.equal([]);
  });
});
