import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { SvcError } from '../../agent/errors.ts';
import { appendDurable, listFolder, makeFolder, readText, resolvePath, statFile, writeAtomic } from '../../agent/io/files.ts';
import { tryTo } from '../support/command.ts';
import { useHome } from '../support/home.ts';
import { describeUnless, missing } from '../support/skip.ts';

async function errorOf(work: Promise<unknown>): Promise<SvcError> {
  const thrown = await work.catch((error: unknown) => error);
  expect(thrown).to.be.instanceOf(SvcError);
  return thrown as SvcError;
}

describe('files', () => {
  const home = useHome();

  it('reads a small file, and nothing where nothing is', async () => {
    const file = home().path('a');
    writeFileSync(file, 'é\n');
    expect(await readText(file)).to.equal('é\n');
    expect(await readText(`${file}.none`)).to.equal(undefined);
    expect(await readText(`${file}/below`)).to.equal(undefined);
    expect(await readText('/proc/self/comm')).to.equal('node\n');
  });

  it('refuses a file above the limit, a folder, and does not hang on a named pipe', async () => {
    const file = home().path('a');
    writeFileSync(file, 'x'.repeat(11));
    expect(await readText(file, 11)).to.have.lengthOf(11);
    expect((await errorOf(readText(file, 10))).message).to.include('larger than 10 bytes');
    expect((await errorOf(readText(home().folder))).facts).to.include({ path: home().folder, errno: 'EISDIR' });
    execFileSync('mkfifo', [home().path('pipe')]);
    expect(await readText(home().path('pipe'))).to.equal('');
  });

  it('describes what is there, through links', async () => {
    const file = home().path('a');
    writeFileSync(file, 'abc');
    chmodSync(file, 0o4750);
    symlinkSync(file, home().path('link'));
    expect(await statFile(home().path('link'))).to.include({ kind: 'file', sizeBytes: 3, mode: 0o4750 });
    expect(await resolvePath(home().path('link'))).to.equal(file);
    expect((await statFile('/dev/null'))?.kind).to.equal('character');
    expect((await statFile('/'))?.kind).to.equal('directory');
    for (const look of [statFile, resolvePath]) expect(await look(home().path('none'))).to.equal(undefined);
  });

  it('lists names in order', async () => {
    for (const name of ['b', 'a', 'c']) writeFileSync(home().path('list', name), '');
    expect(await listFolder(home().path('list'))).to.deep.equal(['a', 'b', 'c']);
    expect(await listFolder(home().path('none'))).to.deep.equal([]);
  });

  it('replaces a file with its mode kept or set, through a link, leaving nothing else', async () => {
    mkdirSync(home().path('d'));
    const file = home().path('d', 'a');
    await writeAtomic(file, 'one', 0o600);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    symlinkSync('a', home().path('d', 'link'));
    await writeAtomic(home().path('d', 'link'), 'two');
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).to.deep.equal(['two', 0o600]);
    await writeAtomic(file, '');
    expect(readFileSync(file, 'utf8')).to.equal('');
    expect(readdirSync(home().path('d'))).to.deep.equal(['a', 'link']);
  });

  it('says which path cannot be written and why', async () => {
    const error = await errorOf(writeAtomic(`${home().folder}/none/x`, 'a'));
    expect([error.code, error.facts['errno']]).to.deep.equal(['COMMAND', 'ENOENT']);
    writeFileSync(home().path('file'), '');
    expect((await errorOf(makeFolder(`${home().folder}/file/x`))).message).to.include('not a folder');
  });

  it('appends', () => {
    const file = home().path('appended');
    appendDurable(file, 'a\n');
    appendDurable(file, 'b\n');
    expect(readFileSync(file, 'utf8')).to.equal('a\nb\n');
  });
});

describeUnless(missing({ root: true, tools: ['mount'] }), 'files: on a full disk', () => {
  const home = useHome();

  it('keeps the old text whole at every amount of free room', async () => {
    const folder = home().path('full', 'x').slice(0, -2);
    expect(tryTo('mount', '-t', 'tmpfs', '-o', 'size=256k', 'svt', folder)).to.equal(true);
    const old = 'old '.repeat(5000);
    const file = `${folder}/config`;
    writeFileSync(file, old);
    let refused = 0;
    for (let fillKib = 240; fillKib > 140; fillKib -= 12) {
      try {
        writeFileSync(`${folder}/fill`, Buffer.alloc(fillKib * 1024));
      } catch {
        // as full as it gets
      }
      const text = 'new '.repeat(20_000);
      const thrown = await writeAtomic(file, text).catch((error: unknown) => error);
      if (thrown === undefined) break;
      refused += 1;
      expect((thrown as SvcError).facts).to.include({ diskFull: true, path: file });
      expect(readFileSync(file, 'utf8')).to.equal(old);
      expect(readdirSync(folder).sort()).to.deep.equal(['config', 'fill']);
    }
    expect(refused).to.be.greaterThan(2);
    expect(() => appendDurable(`${folder}/fill`, 'x'.repeat(300_000)))
      .to.throw(SvcError)
      .with.property('code', 'COMMAND');
  });
});
