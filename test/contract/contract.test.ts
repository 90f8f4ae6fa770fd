/** One suite over every driver: the rules of agent/driver/contract.ts, on the real thing. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import type { Driver } from '../../agent/driver/contract.ts';
import { createRegistry, type Registry } from '../../agent/driver/registry.ts';
import { type Home, makeHome } from '../support/home.ts';
import { projectRoot, readSource, sourceFiles } from '../support/imports.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { caseRules, variantRules } from './case-rules.ts';
import type { Build, Rigs } from './rig.ts';
import { provisionRules } from './rules/provisioning.ts';
import { refusalRules } from './rules/refusals.ts';
import { scenarioRules } from './rules/scenarios.ts';
import { longFunctions, sourceRules, waivers } from './rules/source.ts';
import { wordRules } from './rules/words.ts';
import { createStage } from './stage.ts';
import type { Subject } from './subject.ts';

const registry = createRegistry({ folder: path.join(projectRoot, 'drivers') });
await registry.load(registry.ids);

const rigFolder = path.join(import.meta.dirname, 'rigs');

/** `fs.ext4` -> rigs/fs/ext4.ts, found by path as the driver is. */
function rigFile(id: string): string {
  return path.join(rigFolder, `${id.replace('.', '/')}.ts`);
}

async function loadRigs(id: string): Promise<Rigs | undefined> {
  return existsSync(rigFile(id)) ? ((await import(pathToFileURL(rigFile(id)).href)) as { rigs: Rigs }).rigs : undefined;
}

const rigsOf = new Map<string, Rigs | undefined>();
for (const id of registry.ids) rigsOf.set(id, await loadRigs(id));

/** Inside `describe`: a fresh world for each test, gone after it whatever happened. */
function useSubject(registry: Registry, id: string, build: Build): () => Subject {
  let home: Home | undefined;
  let subject: Subject | undefined;
  beforeEach('make a world', () => {
    home = makeHome();
    const rig = build(home);
    const stage = createStage({ registry, id, home, text: rig.text, rig });
    subject = { id, driver: registry.driver(id), rig, stage, home };
  });
  afterEach('unmake the world', () => {
    subject?.rig.undo?.();
    home?.remove();
    for (const secret of subject?.rig.secrets ?? []) expect(subject?.stage.said.join('\n')).not.to.include(secret);
    subject = undefined;
  });
  return () => {
    if (subject === undefined) throw new Error('the world exists only inside a test');
    return subject;
  };
}

function describeDriver(id: string, driver: Driver, rigs: Rigs): void {
  for (const [name, build] of Object.entries(rigs.cases)) {
    describe(name, () => caseRules(useSubject(registry, id, build), driver));
  }
  for (const [name, build] of Object.entries(rigs.variants ?? {})) {
    describe(name, () => variantRules(useSubject(registry, id, build), driver));
  }
  for (const [name, refusal] of Object.entries(rigs.refusals ?? {})) {
    const build = refusal.in === 'blank' ? rigs.blank : Object.values(rigs.cases)[0];
    if (build === undefined) throw new Error(`${id}: no world for the refusal ${name}`);
    describe(`refusal: ${name}`, () => refusalRules(useSubject(registry, id, build), name, refusal));
  }
  for (const [name, scenario] of Object.entries(rigs.scenarios ?? {})) {
    describe(`scenario: ${name}`, () => scenarioRules(useSubject(registry, id, scenario.build), scenario));
  }
  const { blank } = rigs;
  if (blank !== undefined) describe('provision', () => provisionRules(useSubject(registry, id, blank)));
}

describe('contract: every driver', () => {
  it('is found by its path', () => {
    expect(registry.ids).to.include.members(['app.simple', 'fs.ext4', 'ip.host', 'task.host', 'vg.loop']);
    expect(registry.refused).to.deep.equal([]);
  });

  it('has a rig, and each rig has its driver', () => {
    expect(registry.ids.filter((id) => rigsOf.get(id) === undefined)).to.deep.equal([]);
    const files = sourceFiles('test/contract/rigs').map((file) =>
      file.slice('test/contract/rigs/'.length, -'.ts'.length).replace('/', '.'),
    );
    expect(files.filter((id) => !registry.ids.includes(id))).to.deep.equal([]);
  });

  it('offers by a refusal each name that a driver accepts, and accepts each that is offered', () => {
    const text = sourceFiles('drivers').map(readSource).join('\n');
    expect(waivers(text, 'asked').filter((name) => !waivers(text, 'offered').includes(name))).to.deep.equal([]);
    expect(waivers(text, 'offered').filter((name) => !waivers(text, 'asked').includes(name))).to.deep.equal([]);
  });

  it('leans on a library of short functions', () => {
    expect(sourceFiles('drivers').flatMap((file) => longFunctions(file, readSource(file)))).to.deep.equal([]);
  });
});

for (const [id, rigs] of rigsOf) {
  const driver = registry.driver(id);
  describe(`contract: ${id}`, () => {
    describe('words', () => wordRules(driver));
    describe('source', () => sourceRules(`drivers/${id.replace('.', '/')}.ts`));
    it('has a world before provision when it provisions, and secrets when it keeps some', () => {
      expect(rigs?.blank !== undefined).to.equal(driver.provision !== undefined);
      expect(rigs?.scenarios !== undefined, 'scenarios of what copies').to.equal(driver.sync?.update !== undefined);
      expect(driver.provision !== undefined).to.equal(driver.provisioned !== undefined);
      const keepsSecrets = Object.values(driver.keywords).some(({ kind }) => kind === 'secret');
      expect(rigs?.keepsSecrets ?? false).to.equal(keepsSecrets);
    });
    if (rigs !== undefined) describeUnless(missing(rigs.needs), 'on the real thing', () => describeDriver(id, driver, rigs));
  });
}
