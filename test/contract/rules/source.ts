/** The source of a driver: small, without modules of its own, and its refusals have names that somebody says. */
import { expect } from 'chai';
import ts from 'typescript';
import { importsOf, readSource } from '../../support/imports.ts';
import { allowName } from './refusals.ts';

const maxLines = 250;
/** Functions are under 40 lines (design/architecture.md). */
const functionLines = 40;

const allowed = /^(agent\/driver\/(contract|keywords)\.ts|agent\/errors\.ts|drivers\/lib\/(?:[a-z0-9-]+\/)?[a-z0-9-]+\.ts)$/;

export function sourceRules(file: string): void {
  const text = readSource(file);

  it(`has at most ${maxLines} lines, in functions of less than ${functionLines}`, () => {
    expect(text.trimEnd().split('\n').length).to.be.at.most(maxLines);
    expect(longFunctions(file, text)).to.deep.equal([]);
  });

  it('imports the contract and drivers/lib, nothing else', () => {
    expect(
      importsOf(file, text)
        .filter(({ target }) => !allowed.test(target))
        .map(({ target }) => target),
    ).to.deep.equal([]);
  });

  it('keeps no state and waits by no clock of its own', () => {
    expect(text.match(/^(let|var) .*/gm) ?? [], 'state between calls').to.deep.equal([]);
    expect(
      text.match(
        /\b(setTimeout|setInterval|setImmediate|Date\.now|new Date|performance\.now|process\.(?:env|exit|hrtime|kill|cwd|on))\b.*/g,
      ) ?? [],
    ).to.deep.equal([]);
  });

  it('gives its waivers names in kebab case', () => {
    expect(waivers(text).filter((name) => !allowName.test(name))).to.deep.equal([]);
  });
}

/** Names that a source asks for (`allows('x')`) or offers (`allow: 'x'`). */
export function waivers(text: string, form: 'asked' | 'offered' | 'both' = 'both'): readonly string[] {
  const forms = { asked: /\ballows\('([^']*)'\)/g, offered: /\ballow: '([^']*)'/g, both: /\b(?:allows\(|allow: )'([^']*)'/g };
  return [...new Set([...text.matchAll(forms[form])].map(([, name = '']) => name))];
}

/** `name: lines` of the functions that are too long. */
export function longFunctions(file: string, text: string): readonly string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const long: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
      const lines = lineOf(source, node.end) - lineOf(source, node.getStart()) + 1;
      if (lines >= functionLines) long.push(`${file}:${lineOf(source, node.getStart()) + 1}: ${lines} lines`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return long;
}

function lineOf(source: ts.SourceFile, position: number): number {
  return source.getLineAndCharacterOfPosition(position).line;
}
