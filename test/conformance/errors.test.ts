/** The table of errors is that of the architecture: code, meaning, exit status, HTTP status, retry. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { errorKinds } from '../../agent/errors.ts';
import { errorRows } from '../support/reference.ts';
import { describeUnless } from '../support/skip.ts';
import { vectorsFolder } from '../support/vectors.ts';

const file = path.resolve(vectorsFolder() ?? '/nonexistent', '../design/architecture.md');

describeUnless(existsSync(file) ? undefined : 'no design/architecture.md beside the vectors', 'conformance: errors', () => {
  it('has the rows of the architecture, no other and none missing', () => {
    const table = Object.entries(errorKinds).map(([code, kind]) => [code, kind.meaning, String(kind.exit), String(kind.http), kind.retry]);
    expect(errorRows(readFileSync(file, 'utf8'))).to.deep.equal(table);
  });
});
