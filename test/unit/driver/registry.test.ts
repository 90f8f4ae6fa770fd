import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Driver } from '../../../agent/driver/contract.ts';
import { abilitiesOf, createRegistry, type Registry } from '../../../agent/driver/registry.ts';
import { type Home, useHome } from '../../support/home.ts';
import { skipSuite } from '../../support/skip.ts';
import { errorOf } from './table-doors.ts';

const body = `export default { summary: 'A.', needs: [], keywords: {}, reads: () => [], label: () => 'a', status: async () => ({ state: 'up' }) };`;

const double: Driver = {
  summary: 'A double.',
  needs: [],
  keywords: { file: { kind: 'path', text: 'A file.' } },
  reads: () => [],
  label: () => 'double',
  status: async () => ({ state: 'down' }),
  start: async () => undefined,
  sync: { update: async () => [], swap: async () => [] },
};

/** Writes a driver, `own/fs/a.mjs`, private to this account. */
function writeDriver(home: Home, name: string, text = body): string {
  const file = home.path(...name.split('/'));
  writeFileSync(file, text, { mode: 0o644 });
  return file;
}

describe('unit: driver registry', () => {
  const home = useHome();
  const create = (options: Partial<Parameters<typeof createRegistry>[0]> = {}): Registry =>
    createRegistry({ folder: `${home().folder}/own`, ...options });
  const outside = () => create({ driverPath: [`${home().folder}/out`] });

  it('finds drivers by their path, and nothing else', () => {
    for (const name of [
      'own/fs/b.mjs',
      'own/fs/a-b_c.js',
      'own/vg/a.ts',
      'own/lib/x.mjs',
      'own/fs/A.mjs',
      'own/fs/a.d.ts',
      'own/fs/readme.md',
      'own/x.mjs',
    ])
      writeDriver(home(), name);
    expect(create().ids).to.deep.equal(['fs.a-b_c', 'fs.b', 'vg.a']);
    expect(create().types('fs')).to.deep.equal(['a-b_c', 'b']);
    expect(create({ folder: `${home().folder}/nowhere` }).ids).to.deep.equal([]);
  });

  it('loads a driver when it is asked for, once, and knows none before', async () => {
    writeDriver(home(), 'own/fs/a.mjs');
    const registry = create();
    expect(registry.card('fs.a')).to.equal(undefined);
    expect(() => registry.driver('fs.a'))
      .to.throw('no driver fs.a')
      .with.property('code', 'NOT_FOUND');
    await registry.load(['fs.a', 'fs.a', 'fs.unknown']);
    expect(registry.driver('fs.a').summary).to.equal('A.');
    expect(registry.card('fs.a')).to.deep.include({ id: 'fs.a', abilities: [] });
    expect(registry.card('fs.a')).to.equal(registry.card('fs.a'));
    expect(registry.card('fs.unknown')).to.equal(undefined);
  });

  it('takes doubles as objects; they win over files', async () => {
    writeDriver(home(), 'own/app/double.mjs');
    const registry = create({ extra: { 'app.double': double } });
    await registry.load(['app.double']);
    expect(registry.driver('app.double')).to.equal(double);
    expect(registry.ids).to.deep.equal(['app.double']);
  });

  it('tells abilities from the functions there are', () => {
    expect(abilitiesOf(double)).to.deep.equal(['start', 'sync.update', 'sync.swap']);
  });

  it('says what is wrong with a driver: what it lacks, has of another type, or that it does not load', async () => {
    const wrong: Readonly<Record<string, readonly [text: string, says: RegExp]>> = {
      'fs.empty': ['', /driver fs\.empty lacks summary, needs, keywords, reads, label, status$/],
      'fs.named': ['export const driver = 1;', /lacks summary/],
      'fs.typed': [body.replace('reads: () => []', 'reads: []').replace('needs: []', 'needs: null'), /lacks needs, reads$/],
      'fs.broken': ['export default {', /driver fs\.broken cannot be loaded: SyntaxError/],
      'fs.absent': ["import 'svt-no-such-package';", /cannot be loaded: .*svt-no-such-package/],
    };
    for (const [id, [text]] of Object.entries(wrong)) writeDriver(home(), `own/${id.replace('.', '/')}.mjs`, text);
    const registry = create();
    for (const [id, [, says]] of Object.entries(wrong)) {
      const error = await errorOf(registry.load([id]));
      expect(error, id).to.include({ code: 'CONFIG' });
      expect(error.message).to.match(says).and.to.include(home().folder);
    }
  });

  it('adds outside drivers, but none in the place of its own', async () => {
    writeDriver(home(), 'own/fs/a.mjs');
    writeDriver(home(), 'out/fs/a.mjs');
    writeDriver(home(), 'out/fs/c.mjs');
    const registry = outside();
    await registry.load(registry.ids);
    expect(registry.ids).to.deep.equal(['fs.a', 'fs.c']);
    expect(registry.refused).to.deep.equal([`${home().folder}/out/fs/a.mjs: fs.a exists already`]);
    expect(registry.driver('fs.c').label({})).to.equal('a');
  });

  it('refuses an outside driver that others may write, in itself or in a folder above it', () => {
    const file = writeDriver(home(), 'out/fs/c.mjs');
    for (const place of [file, path.dirname(file), `${home().folder}/out`]) {
      for (const mode of [0o020, 0o002]) {
        const before = place === file ? 0o644 : 0o755;
        chmodSync(place, before | mode);
        expect(outside().ids).to.deep.equal([]);
        expect(outside().refused).to.deep.equal([`${file}: ${place} is writable by others (chmod go-w)`]);
        chmodSync(place, before);
      }
    }
    expect(outside().ids).to.deep.equal(['fs.c']);
  });

  it('refuses an outside driver of another account', function () {
    if (process.getuid?.() !== 0) skipSuite(this, 'needs root');
    const file = writeDriver(home(), 'out/fs/c.mjs');
    for (const place of [file, path.dirname(file)]) {
      chownSync(place, 65534, 65534);
      expect(outside().ids).to.deep.equal([]);
      expect(outside().refused).to.deep.equal([`${file}: ${place} is owned by uid 65534, not by root`]);
      chownSync(place, 0, 0);
    }
    expect(outside().ids).to.deep.equal(['fs.c']);
  });

  it('judges a link by what it leads to, and says of a link that leads nowhere', () => {
    const real = writeDriver(home(), 'elsewhere/real.mjs');
    mkdirSync(`${home().folder}/out/fs`, { recursive: true });
    symlinkSync(real, `${home().folder}/out/fs/c.mjs`);
    symlinkSync(`${home().folder}/none`, `${home().folder}/out/fs/d.mjs`);
    expect(outside().ids).to.deep.equal(['fs.c']);
    expect(outside().refused).to.deep.equal([`${home().folder}/out/fs/d.mjs: ${home().folder}/out/fs/d.mjs leads nowhere`]);
    chmodSync(real, 0o666);
    expect(outside().ids).to.deep.equal([]);
  });

  it('says of a driver_path that is not there', () => {
    expect(outside().refused).to.deep.equal([`${home().folder}/out: no such folder`]);
  });
});
