import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { listServices, readServiceFile } from '../../../agent/config/load.ts';
import { checkServiceNames, serviceNameOf } from '../../../agent/config/service-names.ts';
import { SvcError } from '../../../agent/errors.ts';

describe('load', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'svcmgr-load-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  async function refusal(name: string, content?: string | Uint8Array): Promise<string> {
    const path = join(folder, name);
    if (content !== undefined) writeFileSync(path, content);
    const thrown: unknown = await readServiceFile(path).catch((error: unknown) => error);
    return thrown instanceof SvcError ? `${thrown.code} ${thrown.message.replace(path, 'FILE')}` : 'read';
  }

  it('reads text and mode, a byte order mark included', async () => {
    const path = join(folder, 'a.conf');
    writeFileSync(path, '\ufeff[DEFAULT]\nnodes = é\n');
    chmodSync(path, 0o600);
    expect(await readServiceFile(path)).to.deep.include({ text: '\ufeff[DEFAULT]\nnodes = é\n', mode: 0o600, problems: [] });
    chmodSync(path, 0o646);
    expect((await readServiceFile(path)).problems.map(({ severity, text }) => `${severity} ${text}`)).to.deep.equal([
      'warning everybody may write this file, and its commands run as root; chmod o-w',
    ]);
  });

  it('refuses what is no configuration file, with the reason', async () => {
    expect(await refusal('absent.conf')).to.equal('NOT_FOUND FILE does not exist');
    expect(await refusal('big.conf', '#'.repeat(1024 * 1024 + 1))).to.equal(
      'CONFIG FILE is larger than 1 MiB, the limit of a configuration file',
    );
    expect(await refusal('full.conf', '#'.repeat(1024 * 1024))).to.equal('read');
    expect(await refusal('binary.conf', 'a\0b')).to.equal('CONFIG FILE is binary: NUL byte at offset 1');
    expect(await refusal('latin.conf', Uint8Array.from([0x61, 0xe9, 0x0a]))).to.equal('CONFIG FILE is not UTF-8 text');
    mkdirSync(join(folder, 'folder.conf'));
    expect(await refusal('folder.conf')).to.equal('CONFIG FILE is not a file');
    execFileSync('mkfifo', [join(folder, 'pipe.conf')]);
    expect(await refusal('pipe.conf')).to.equal('CONFIG FILE is not a file');
  });

  it('lists the service files of a folder', async () => {
    const services = join(folder, 'services.d');
    expect(await listServices(services)).to.deep.equal([]);
    mkdirSync(services);
    for (const name of ['svc1.opensvc.com.conf', 'b.env', 'b.ini', 'README.md', '.hidden.conf', 'x.conf~', '.conf'])
      writeFileSync(join(services, name), '');
    const files = await listServices(services);
    expect(files.map(({ name }) => name)).to.deep.equal(['b', 'b', 'svc1.opensvc.com']);
    expect(checkServiceNames(files, []).map(({ text }) => text)).to.deep.equal([
      `b is already defined by ${join(services, 'b.env')}; remove one of the two files`,
    ]);
  });
});

describe('service names', () => {
  it('come from file names', () => {
    expect(['svc1.opensvc.com.conf', 'a.env', 'a.ini', 'a.txt', '.conf', '.a.conf'].map(serviceNameOf)).to.deep.equal([
      'svc1.opensvc.com',
      'a',
      'a',
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('clash with the words of the command line', () => {
    const files = ['start', 'svc 1', 'svc1', '-x'].map((name) => ({ name, path: `${name}.conf` }));
    expect(checkServiceNames(files, ['start', 'stop']).map(({ file, text }) => `${file} ${text}`)).to.deep.equal([
      'start.conf a service cannot be named start, which is a word of the command line; rename the file',
      'svc 1.conf not a service name; allowed are letters, digits, dot, - and _, beginning with a letter or digit',
      '-x.conf not a service name; allowed are letters, digits, dot, - and _, beginning with a letter or digit',
    ]);
  });
});
