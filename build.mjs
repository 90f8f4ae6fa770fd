/**
 * Builds dist/ with esbuild: `svcmgr.cjs` (the thin command line, one small CommonJS file), `main.js` with its shared chunks
 * (the engine, ES modules) and one file per driver under `drivers/`, laid out as in the source so that the registry finds
 * them beside main.js. What each bundle holds is written to meta-cli.json and meta-engine.json; a test reads them.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import esbuild from 'esbuild';

const root = import.meta.dirname;
const dist = path.join(root, 'dist');
const startedAt = performance.now();

/** Bundles CommonJS packages into ES modules: they need `require` and the two names of their place. */
const requireBanner = `import { createRequire as svcmgrCreateRequire } from 'node:module';
import { fileURLToPath as svcmgrFileURLToPath } from 'node:url';
const require = svcmgrCreateRequire(import.meta.url);
const __filename = svcmgrFileURLToPath(import.meta.url);
const __dirname = svcmgrFileURLToPath(new URL('.', import.meta.url));`;

/** First line of the command line: runs on any Node that can parse old syntax, hence the low target of that bundle. */
const versionBanner = `if (+process.versions.node.split('.')[0] < 20) {
  console.error('svcmgr: needs Node.js 20.19 or newer, this is ' + process.version + ' (' + process.execPath + ')');
  process.exit(4);
}`;

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  sourcemap: true,
  metafile: true,
  write: false,
  outdir: 'dist',
  logLevel: 'warning',
  // Native add-ons of ssh2 are optional and are not bundled.
  external: ['cpu-features', '*.node'],
};

/** Paths of every driver: drivers/<group>/<type>.ts, without the shared drivers/lib. */
function driverFiles() {
  const groups = folders(path.join(root, 'drivers')).filter((group) => group !== 'lib');
  return groups.flatMap((group) =>
    readdirSync(path.join(root, 'drivers', group))
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `drivers/${group}/${name}`),
  );
}

function folders(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

/** Keeps `await import('../main.ts')` of the command line as an import at run time of the engine beside it. */
const engineBesideIt = {
  name: 'engine-beside-it',
  setup(build) {
    build.onResolve({ filter: /\/main\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './main.js', external: true } : undefined,
    );
  },
};

function buildCommandLine() {
  return esbuild.build({
    ...common,
    entryPoints: { svcmgr: 'agent/cli/thin.ts' },
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    target: 'node14',
    supported: { 'dynamic-import': true },
    minify: true,
    banner: { js: `${versionBanner}\nconst svcmgrModuleUrl = require('node:url').pathToFileURL(__filename).href;` },
    define: { 'import.meta.url': 'svcmgrModuleUrl' },
    plugins: [engineBesideIt],
  });
}

function buildEngine() {
  const drivers = driverFiles().map((file) => [file.slice(0, -'.ts'.length), file]);
  return esbuild.build({
    ...common,
    entryPoints: { main: 'agent/main.ts', svcmgrd: 'agent/daemon.ts', ...Object.fromEntries(drivers) },
    format: 'esm',
    target: 'node20',
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    keepNames: true,
    minifySyntax: true,
    minifyWhitespace: true,
    banner: { js: requireBanner },
  });
}

/** Replaces a file by rename, so that a command line started meanwhile never reads half of it; leaves an equal one alone. */
function writeOutput(file, contents) {
  if (statSync(file, { throwIfNoEntry: false })?.size === contents.length && readFileSync(file).equals(contents)) return false;
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, contents);
  renameSync(`${file}.${process.pid}`, file);
  return true;
}

/** Chunks of the build before this one: an action that runs now has not loaded all of its own yet, and must not end in the middle. */
function chunksBefore() {
  const meta = path.join(dist, 'meta-engine.json');
  if (!existsSync(meta)) return [];
  const { outputs } = JSON.parse(readFileSync(meta, 'utf8'));
  return Object.keys(outputs)
    .filter((name) => name.startsWith('dist/chunks/'))
    .map((name) => path.join(root, name));
}

/** Removes what an earlier build left and this one did not write, and folders that became empty. */
function removeStale(folder, kept) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (!entry.isDirectory()) {
      if (!kept.has(file)) rmSync(file, { force: true });
      continue;
    }
    removeStale(file, kept);
    if (readdirSync(file).length === 0) rmdirSync(file);
  }
}

const [cli, engine] = await Promise.all([buildCommandLine(), buildEngine()]).catch((error) => {
  // esbuild has printed what is wrong and where.
  if (!Array.isArray(error.errors)) throw error;
  process.exit(1);
});
const outputs = new Map([...cli.outputFiles, ...engine.outputFiles].map((file) => [file.path, Buffer.from(file.contents)]));
outputs.set(path.join(dist, 'meta-cli.json'), Buffer.from(JSON.stringify(cli.metafile)));
outputs.set(path.join(dist, 'meta-engine.json'), Buffer.from(JSON.stringify(engine.metafile)));
const before = chunksBefore();
const changed = [...outputs].filter(([file, contents]) => writeOutput(file, contents));
if (changed.length > 0) removeStale(dist, new Set([...outputs.keys(), ...before]));

const cliBytes = outputs.get(path.join(dist, 'svcmgr.cjs')).length;
const driverCount = Object.values(engine.metafile.outputs).filter((output) => output.entryPoint?.startsWith('drivers/')).length;
const tookMs = Math.round(performance.now() - startedAt);
console.log(`dist: svcmgr.cjs ${(cliBytes / 1024).toFixed(1)} kB, main.js, ${driverCount} drivers, ${outputs.size} files in ${tookMs} ms`);
