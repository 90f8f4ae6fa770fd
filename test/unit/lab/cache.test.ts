/** Folders that a node of the lab would not see are refused before anything is downloaded or booted. */
import { mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { prepare, refuseHidden } from '../../lab/cache.ts';

describe('unit: lab: cache', () => {
  const cache = process.env['SVCMGR_LAB_CACHE'];
  const made: string[] = [];
  const makeIn = (parent: string) => {
    const folder = mkdtempSync(path.join(parent, `svt-${process.pid}-`));
    made.push(folder);
    return folder;
  };
  afterEach('folders, setting', () => {
    for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
    if (cache === undefined) delete process.env['SVCMGR_LAB_CACHE'];
    else process.env['SVCMGR_LAB_CACHE'] = cache;
  });

  it('is refused below a folder that a node has for itself, with what to do', async () => {
    process.env['SVCMGR_LAB_CACHE'] = path.join(makeIn('/tmp'), 'cache');
    const refused = await prepare(() => undefined).catch((error: unknown) => String(error));
    expect(refused).to.match(/^Error: the lab cannot use \S+: a node has a \/tmp of its own and would not see it; set SVCMGR_LAB_CACHE/);
  });

  it('is refused behind a link there too, and nowhere else', () => {
    const elsewhere = makeIn('/var/tmp');
    const link = path.join(elsewhere, 'link');
    symlinkSync(makeIn('/run'), link);
    expect(() => refuseHidden(link, 'mend it')).to.throw(/a node has a \/run of its own .* mend it$/);
    expect(() => refuseHidden(realpathSync(elsewhere), '')).not.to.throw();
  });
});
