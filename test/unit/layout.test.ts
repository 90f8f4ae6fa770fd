/** Holds the layout of design/architecture.md: directions of imports, sizes, names, and what a commit may not say. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { type Import, importsOf, projectRoot, readSource, sourceFiles } from '../support/imports.ts';

/** What each part may import, besides itself; parts are folders of agent/ or single files of it. `type:` = only its types. */
const directions: Readonly<Record<string, readonly string[]>> = {
  'agent/errors.ts': [],
  'agent/nearest.ts': [],
  'agent/paths.ts': ['agent/errors.ts'],
  'agent/log.ts': ['agent/errors.ts', 'type:agent/driver/'],
  'agent/config/': ['agent/errors.ts', 'agent/nearest.ts', 'agent/driver/keywords.ts', 'type:agent/driver/'],
  'agent/driver/': ['agent/errors.ts', 'agent/config/', 'agent/io/', 'type:agent/log.ts'],
  'agent/io/': ['agent/errors.ts', 'type:agent/log.ts', 'type:agent/driver/'],
  'agent/journal/': ['agent/errors.ts', 'agent/io/'],
  'agent/state/': ['agent/errors.ts', 'agent/nearest.ts', 'type:agent/driver/', 'type:agent/config/definition.ts'],
  'agent/engine/': [
    'agent/errors.ts',
    'agent/nearest.ts',
    'agent/paths.ts',
    'agent/log.ts',
    ...parts('config', 'driver', 'io', 'journal', 'state'),
  ],
  'agent/cli/': [
    'agent/errors.ts',
    'agent/nearest.ts',
    'agent/paths.ts',
    'agent/log.ts',
    'agent/api/',
    ...parts('config', 'driver', 'engine', 'io', 'journal', 'state'),
  ],
  'agent/api/': [
    'agent/errors.ts',
    'agent/cli/verbs.ts',
    'agent/cli/option-specs.ts',
    'agent/cli/version.ts',
    ...parts('driver', 'engine', 'io', 'state'),
  ],
  'agent/build-world.ts': ['agent/'],
  'agent/daemon.ts': ['agent/'],
  'agent/daemon-parts.ts': ['agent/'],
  'agent/main.ts': ['agent/'],
  'drivers/lib/': ['agent/errors.ts', 'agent/driver/contract.ts', 'agent/driver/keywords.ts'],
  'drivers/': ['agent/errors.ts', 'agent/driver/contract.ts', 'agent/driver/keywords.ts', 'drivers/lib/'],
};

/** Built-in modules that only some files may import, besides nobody in drivers/ and state/. */
const guardedBuiltins: Readonly<Record<string, readonly string[]>> = {
  // The editor of `svcmgr edit` works on the user's terminal.
  'node:child_process': ['agent/io/', 'agent/cli/commands/edit.ts'],
  'node:net': ['agent/io/', 'agent/api/'],
  'node:http': ['agent/io/', 'agent/api/'],
  'node:https': ['agent/io/', 'agent/api/'],
};

const topLevel = new Set(
  [
    '.ci .gitignore .mocharc.json .npmrc CHANGELOG.md LICENSE README.md agent bench bin biome.json build.mjs docs drivers etc eslint.config.mjs',
  ]
    .concat('package-lock.json package.json services.d test tsconfig.json')
    .flatMap((names) => names.split(' ')),
);

function parts(...names: readonly string[]): string[] {
  return names.map((name) => `agent/${name}/`);
}

function partOf(file: string): string {
  const key = Object.keys(directions).find((part) => part === file || (part.endsWith('/') && file.startsWith(part)));
  return key ?? 'a part that design/architecture.md does not know';
}

function isAllowed({ from, target, kind }: Import): boolean {
  if (from === 'agent/cli/thin.ts' && target === 'agent/main.ts') return kind === 'dynamic';
  if (target === 'agent/main.ts' || target === 'agent/daemon.ts') return false;
  const part = partOf(from);
  if (part !== 'drivers/' && part.endsWith('/') && target.startsWith(part)) return true;
  return (directions[part] ?? []).some((rule) => {
    const [allowed, typeOnly] = rule.startsWith('type:') ? [rule.slice('type:'.length), true] : [rule, false];
    return (allowed === target || (allowed.endsWith('/') && target.startsWith(allowed))) && (!typeOnly || kind === 'type');
  });
}

/** Why a built-in module may not be imported there, or undefined. Types are free: they leave no trace at run time. */
function builtinFault({ from, target, kind }: Import): string | undefined {
  if (kind === 'type') return undefined;
  if (from.startsWith('drivers/')) return 'drivers import no node module';
  if (from.startsWith('agent/state/')) return 'state/ is pure';
  const owners = guardedBuiltins[target];
  return owners === undefined || owners.some((owner) => from.startsWith(owner))
    ? undefined
    : `${from} imports ${target}, which only ${owners.join(', ')} may`;
}

const files = sourceFiles('agent', 'drivers');
const imports = files.flatMap((file) => importsOf(file, readSource(file)));
const isFile = (target: string) => target.startsWith('agent/') || target.startsWith('drivers/');
const isPackage = (target: string) => !isFile(target) && !target.startsWith('node:');

describe('layout', () => {
  it('reads every form of import', () => {
    const text = `import a, {\n  b,\n} from './b.ts';\nimport type { C } from "../c.ts";\nexport { d } from 'ajv/dist/2020.js';\nimport '@x/y/z';\nconst e = await import('node:fs');`;
    expect(importsOf('agent/io/a.ts', text).map(({ target, kind }) => `${target} ${kind}`)).to.deep.equal([
      'agent/io/b.ts value',
      'agent/c.ts type',
      'ajv value',
      '@x/y value',
      'node:fs dynamic',
    ]);
  });

  it('lets a wrong direction fail', () => {
    expect(isAllowed({ from: 'agent/state/a.ts', target: 'agent/io/exec.ts', kind: 'type' })).to.equal(false);
    expect(isAllowed({ from: 'agent/state/a.ts', target: 'agent/driver/contract.ts', kind: 'value' })).to.equal(false);
    expect(isAllowed({ from: 'drivers/fs/ext4.ts', target: 'drivers/fs/xfs.ts', kind: 'value' })).to.equal(false);
    expect(isAllowed({ from: 'agent/engine/a.ts', target: 'agent/main.ts', kind: 'value' })).to.equal(false);
    expect(builtinFault({ from: 'agent/engine/a.ts', target: 'node:child_process', kind: 'value' })).to.match(/agent\/io/);
  });

  it('imports only in the allowed directions', () => {
    const wrong = imports.filter(({ target }) => isFile(target)).filter((one) => !isAllowed(one));
    expect(wrong.map(({ from, target, kind }) => `${from} -> ${target} (${kind})`)).to.deep.equal([]);
  });

  it('keeps the built-in modules behind their doors', () => {
    const builtins = imports.filter(({ target }) => target.startsWith('node:'));
    expect(builtins.flatMap((one) => builtinFault(one) ?? [])).to.deep.equal([]);
  });

  it('has one importing file for each package, and each package among the dependencies', () => {
    const importers = new Map<string, Set<string>>();
    for (const { from, target } of imports.filter((one) => isPackage(one.target))) {
      importers.set(target, (importers.get(target) ?? new Set()).add(from));
    }
    const shared = [...importers].filter(([, from]) => from.size > 1).map(([name, from]) => `${name}: ${[...from].join(', ')}`);
    expect(shared).to.deep.equal([]);
    const manifest = JSON.parse(readSource('package.json')) as { dependencies: Record<string, string> };
    expect([...importers.keys()].filter((name) => manifest.dependencies[name] === undefined)).to.deep.equal([]);
  });

  it('reads the disk in one file of config/', () => {
    const readers = imports.filter(({ from, target }) => from.startsWith('agent/config/') && target.startsWith('node:fs'));
    expect(new Set(readers.map(({ from }) => from)).size).to.be.at.most(1);
  });

  it('has files of at most 250 lines', () => {
    const long = files.map((file) => [file, readSource(file).trimEnd().split('\n').length] as const).filter(([, lines]) => lines > 250);
    expect(long).to.deep.equal([]);
  });

  it('names files by their idea, in kebab case', () => {
    const odd = files.filter(
      (file) => /(^|[/-])(index|utils?|helpers?|managers?|misc|common)[./-]/.test(file) || !/^[a-z0-9/.-]+$/.test(file),
    );
    expect(odd).to.deep.equal([]);
  });

  it('has no default export in agent/, and one in each driver', () => {
    const isDefault = (file: string) => /^export default |^export \{[^}]*\bas default\b/m.test(readSource(file));
    expect(files.filter((file) => file.startsWith('agent/') && isDefault(file))).to.deep.equal([]);
    const drivers = files.filter((file) => file.startsWith('drivers/') && !file.startsWith('drivers/lib/'));
    expect(drivers.filter((file) => !isDefault(file))).to.deep.equal([]);
  });
});

describe('layout: committed text', () => {
  const committed = listCommitted();

  it('has only the folders of the plan', () => {
    expect([...new Set(committed.map((file) => file.split('/')[0] ?? ''))].filter((name) => !topLevel.has(name))).to.deep.equal([]);
  });

  it('names no path of a machine it was written on', () => {
    // The ssh key of the account root is at the same place on every machine.
    const place = new RegExp(`(^|[\\s'"\`(=:,])/(?:${['work', 'root'].join('|')})/(?!\\.ssh/)`, 'm');
    expect(committed.filter((file) => place.test(readCommitted(file)))).to.deep.equal([]);
  });

  it('names no registry: the lock file holds versions and hashes only', () => {
    const lock = readSource('package-lock.json');
    expect(lock).to.include('"integrity"');
    expect(lock).not.to.match(/"resolved"/);
    const host = new RegExp(`${['https?:', '', '[^\\s/"\']*(?:registry|npmjs|artifactory|nexus|verdaccio)'].join('/')}`, 'i');
    expect(committed.filter((file) => host.test(readCommitted(file)))).to.deep.equal([]);
    expect(readSource('.npmrc'))
      .to.match(/^omit-lockfile-registry-resolved=true$/m)
      .and.not.match(/^\s*(\S+:)?(registry|_auth\w*)\s*=/m);
  });
});

/** Files that are committed or about to be; none in an unpacked archive without git. */
function listCommitted(): string[] {
  const argv = ['-c', 'safe.directory=*', 'ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const names = execFileSync('git', argv, { cwd: projectRoot, encoding: 'utf8' });
  return names.split('\0').filter((name) => name !== '');
}

function readCommitted(file: string): string {
  try {
    return readFileSync(path.join(projectRoot, file), 'utf8');
  } catch {
    return '';
  }
}
