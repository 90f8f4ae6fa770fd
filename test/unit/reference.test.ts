/** The manual is generated: docs/reference.md is what the tables say. */
import { expect } from 'chai';
import { errorsPage } from '../../agent/cli/manual/text.ts';
import { errorKinds } from '../../agent/errors.ts';
import { readSource } from '../support/imports.ts';
import { errorRows, renderProjectReference } from '../support/reference.ts';

const table = Object.entries(errorKinds).map(([code, { meaning, exit, http, retry }]) => [
  code,
  meaning,
  String(exit),
  String(http),
  retry,
]);

describe('unit: reference', () => {
  it('docs/reference.md is what npm run doc writes now', async () => {
    expect(readSource('docs/reference.md'), 'run npm run doc').to.equal(await renderProjectReference());
  });

  it('lists the errors of the code', async () => {
    expect(errorRows(await renderProjectReference())).to.deep.equal(table);
  });

  it('svcmgr doc errors tells each code with its meaning and exit status, within the terminal', () => {
    const page = errorsPage(60);
    for (const line of page.split('\n')) expect(line.length, line).to.be.at.most(60);
    const flat = page.replace(/\s+/g, ' ');
    for (const [code, meaning, exit, http, retry] of table)
      expect(flat).to.include(`${code} ${meaning} exit ${exit}, HTTP ${http}, retry: ${retry}`);
  });
});
