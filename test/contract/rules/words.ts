/** The words of a driver: its keyword table, summary and label, from which manual, validation and completion are made. */
import { expect } from 'chai';
import { convertValue } from '../../../agent/config/convert.ts';
import { resourceKeywords, serviceKeywords } from '../../../agent/config/tables.ts';
import type { Driver } from '../../../agent/driver/contract.ts';
import type { Keyword } from '../../../agent/driver/keywords.ts';

export function wordRules(driver: Driver): void {
  const table = Object.entries<Keyword>(driver.keywords);
  const check = (fault: (keyword: Keyword, name: string) => string | false | undefined) => {
    const faults = table.flatMap(([name, keyword]) => {
      const text = fault(keyword, name);
      return text ? [`${name}: ${text}`] : [];
    });
    expect(faults).to.deep.equal([]);
  };

  it('says what it is in one sentence', () => {
    expect(faultOfSentence(driver.summary)).to.equal(undefined);
  });

  it('describes each keyword in a sentence of its own', () => {
    check(({ text }) => faultOfSentence(text));
    const texts = table.map(([, { text }]) => text.toLowerCase());
    expect(texts.filter((text, at) => texts.indexOf(text) !== at)).to.deep.equal([]);
  });

  it('names keywords alike, and none that every resource has', () => {
    check((_keyword, name) => !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name) && 'is no keyword name');
    // A driver may give a common keyword its own default, of the same kind.
    const common: Readonly<Record<string, Keyword>> = resourceKeywords;
    check(({ kind }, name) => common[name] !== undefined && common[name].kind !== kind && `means something else on every resource`);
  });

  it('has defaults and examples that its own kinds accept', () => {
    check((keyword) => faultOfValue(keyword, keyword.default));
    check((keyword) => faultOfValue(keyword, keyword.example));
    check(({ required, default: value }) => required && value !== undefined && 'is required and has a default');
    check(({ required, example }) => required && example === undefined && 'is required and shows no example');
  });

  it('has choices where its kind needs them, each once', () => {
    check(({ kind, choices }) => kind === 'enum' && (choices?.length ?? 0) < 2 && 'is an enum without choices');
    check(({ choices = [] }) => new Set(choices).size !== choices.length && 'has a choice twice');
    check(({ kind, unit }) => unit !== undefined && kind !== 'duration' && 'has a unit and is no duration');
    check(({ min, max }) => min !== undefined && max !== undefined && min > max && 'allows nothing');
  });

  it('has other spellings that lead somewhere, and to one place', () => {
    const names = table.map(([name]) => name);
    const spellings = [...names, ...table.flatMap(([, { alias = [] }]) => alias)];
    expect(spellings.filter((name, at) => spellings.indexOf(name) !== at)).to.deep.equal([]);
    check(
      ({ replacedBy }, name) =>
        replacedBy !== undefined && (replacedBy === name || !names.includes(replacedBy)) && `${replacedBy} is no keyword`,
    );
    check(
      ({ inherits }) => inherits !== undefined && !Object.hasOwn(serviceKeywords, inherits) && `${inherits} is no keyword of [DEFAULT]`,
    );
  });
}

/** Undefined when it is one or more sentences on one line. */
function faultOfSentence(text: string): string | undefined {
  if (!/^[A-Z0-9`]/.test(text)) return 'does not begin like a sentence';
  if (!/[^.\s]\.$/.test(text)) return 'does not end like a sentence';
  return /\s\s|[\n\t]| $/.test(text) ? 'has stray white space' : undefined;
}

function faultOfValue(keyword: Keyword, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const converted = convertValue(keyword.kind, text, keyword, { fileMode: 0o600 });
  return 'fault' in converted ? `${text} ${converted.fault}` : undefined;
}
