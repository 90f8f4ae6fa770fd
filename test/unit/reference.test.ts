/** The manual is generated: docs/reference.md is what the tables say. */
import path from 'node:path';
import { expect } from 'chai';
import { renderApi } from '../../agent/api/manual.ts';
import { routes } from '../../agent/api/routes.ts';
import { smallestSection } from '../../agent/cli/manual/facts.ts';
import { errorsPage } from '../../agent/cli/manual/text.ts';
import { parseDocument } from '../../agent/config/document.ts';
import { evaluateNode } from '../../agent/config/evaluate-node.ts';
import { evaluateService } from '../../agent/config/evaluate.ts';
import { createRegistry } from '../../agent/driver/registry.ts';
import { errorKinds } from '../../agent/errors.ts';
import { projectRoot, readSource } from '../support/imports.ts';
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
    const [written, wanted] = [readSource('docs/reference.md').split('\n'), (await renderProjectReference()).split('\n')];
    const at = wanted.findIndex((line, index) => line !== written[index]);
    expect({ line: at + 1, text: written[at] }, 'run npm run doc').to.deep.equal({ line: at + 1, text: wanted[at] });
    expect(written.length).to.equal(wanted.length);
  });

  it('docs/api.md is what npm run doc writes now: the table of routes', () => {
    expect(readSource('docs/api.md'), 'run npm run doc').to.equal(renderApi());
    for (const { method, path: route } of Object.values(routes)) expect(renderApi()).to.include(`| ${method} | \`${route}\` |`);
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

  it('shows sections that are valid as they stand', async () => {
    const registry = createRegistry({ folder: path.join(projectRoot, 'drivers') });
    await registry.load(registry.ids);
    const nodeSettings = evaluateNode(undefined, { node: 'node1' }).definition.settings;
    for (const id of registry.ids) {
      const section = smallestSection(id, registry.driver(id).keywords);
      if (section === undefined) continue;
      const document = parseDocument(`${section}\n`, `${id}.conf`);
      const { problems } = evaluateService(document, {
        name: 'svc1',
        node: 'node1',
        catalog: registry,
        nodeSettings,
        fileMode: 0o644,
        checkSchedule: () => undefined,
      });
      // A section alone may lack what it refers to; its own words must be right.
      expect(
        problems.filter((problem) => problem.severity === 'error'),
        id,
      ).to.deep.equal([]);
    }
  });
});
