import { expect } from 'chai';
import { convertValue } from '../../../agent/config/convert.ts';
import {
  alertKeywords,
  apiKeywords,
  arrayKeywords,
  clusterKeywords,
  hostKeywords,
  logKeywords,
} from '../../../agent/config/node-tables.ts';
import { inheritedKeywords, nodeKeywords, resourceKeywords, serviceKeywords, subsetKeywords } from '../../../agent/config/tables.ts';
import type { Keywords } from '../../../agent/driver/keywords.ts';

const tables: Readonly<Record<string, Keywords>> = {
  DEFAULT: serviceKeywords,
  resource: resourceKeywords,
  subset: subsetKeywords,
  node: nodeKeywords,
  host: hostKeywords,
  array: arrayKeywords,
  cluster: clusterKeywords,
  api: apiKeywords,
  alert: alertKeywords,
  log: logKeywords,
};

describe('keyword tables', () => {
  for (const [name, table] of Object.entries(tables)) {
    it(`${name}: a sentence for each keyword, and defaults and examples that convert`, () => {
      const texts = Object.values(table).map(({ text }) => text);
      expect(new Set(texts).size).to.equal(texts.length);
      for (const [key, keyword] of Object.entries(table)) {
        expect(keyword.text, key).to.match(/^[A-Z].*\.$/);
        for (const text of [keyword.default, keyword.example]) {
          if (text === undefined || text.includes('{')) continue;
          expect(convertValue(keyword.kind, text, keyword, { fileMode: 0o600 }), `${key} = ${text}`).to.have.property('value');
        }
        if (keyword.kind === 'enum') expect(keyword.choices?.length, key).to.be.greaterThan(1);
      }
    });
  }

  it('inherit only keywords that resources have', () => {
    expect([...inheritedKeywords].filter((name) => !Object.hasOwn(resourceKeywords, name))).to.deep.equal([]);
  });

  it('has every trigger on services and resources', () => {
    for (const table of [serviceKeywords, resourceKeywords]) {
      expect(
        Object.keys(table).filter((name) => /^(blocking_)?(pre|post)_(start|stop|sync|provision|unprovision|run)$/.test(name)),
      ).to.have.length(24);
    }
  });
});
