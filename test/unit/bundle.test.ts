/** Holds what the thin command line may contain (spec/deps.md "CLI cold start"); reads the last build, made by `npm run build`. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { projectRoot, sourceFiles } from '../support/imports.ts';
import { makeFolder } from '../support/names.ts';

interface Metafile {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<
    Record<
      string,
      {
        readonly entryPoint?: string;
        readonly imports: readonly { readonly path: string; readonly external?: boolean; readonly kind: string }[];
      }
    >
  >;
}

const dist = path.join(projectRoot, 'dist');
const readMeta = (name: string) => JSON.parse(readFileSync(path.join(dist, name), 'utf8')) as Metafile;
const maxBytes = 80 * 1024;
const heavy = /node_modules\/(winston|ajv|execa|ssh2|undici|fastify|ini|node-cron|etcd3|rotating-file-stream|write-file-atomic)\//;

describe('bundle', () => {
  before('a build must be there', () => {
    if (!existsSync(path.join(dist, 'meta-cli.json'))) throw new Error('no dist/meta-cli.json: run npm run build');
  });

  it('keeps the thin command line free of heavy packages', () => {
    const inputs = Object.keys(readMeta('meta-cli.json').inputs);
    expect(inputs).to.include('agent/cli/thin.ts');
    expect(inputs.filter((file) => heavy.test(file))).to.deep.equal([]);
    const inside = inputs.filter((file) => /^(agent\/(engine|io|journal|driver)|drivers)\//.test(file));
    // Who asks is told to the daemon.
    expect(inside.filter((file) => file !== 'agent/io/identity.ts')).to.deep.equal([]);
  });

  it('keeps it under 80 kB', () => {
    expect(statSync(path.join(dist, 'svcmgr.cjs')).size).to.be.below(maxBytes);
  });

  it('loads nothing but node itself before it needs the engine', () => {
    const output = readMeta('meta-cli.json').outputs['dist/svcmgr.cjs'];
    const eager = output?.imports.filter(({ kind }) => kind !== 'dynamic-import').map((one) => one.path.replace(/^node:/, '')) ?? [];
    expect(eager.filter((name) => !['fs', 'net', 'os', 'path', 'process', 'util', 'url'].includes(name))).to.deep.equal([]);
    expect(output?.imports.filter(({ kind }) => kind === 'dynamic-import').map((one) => one.path)).to.deep.equal(['./main.js']);
  });

  it('has one file for each driver, where the registry looks', () => {
    const drivers = sourceFiles('drivers').filter((file) => !file.startsWith('drivers/lib/'));
    const built = drivers.map((file) => path.join(dist, file.replace(/\.ts$/, '.js')));
    expect(built.filter((file) => !existsSync(file))).to.deep.equal([]);
    const folders = existsSync(path.join(dist, 'drivers')) ? readdirSync(path.join(dist, 'drivers')) : [];
    expect(folders).not.to.include('lib');
  });

  it('says which Node it needs when started by an old one', () => {
    const folder = makeFolder();
    const preload = path.join(folder, 'old.cjs');
    writeFileSync(preload, `Object.defineProperty(process.versions, 'node', { value: '18.19.0' });`);
    const done = spawnSync(process.execPath, ['--require', preload, path.join(dist, 'svcmgr.cjs'), 'ls'], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect(done.stderr).to.match(/needs Node\.js 20\.19 or newer/);
    expect(done.status).to.equal(4);
  });
});
