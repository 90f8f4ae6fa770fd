/** Service files of this node: found, read, evaluated; the last good definition stands in for an invalid file (spec/config.md "Validation"). */
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import type { Problem, ServiceDefinition } from '../config/definition.ts';
import { type IniDocument, parseDocument } from '../config/document.ts';
import { evaluateService, requiredDrivers } from '../config/evaluate.ts';
import { listServices, readServiceFile } from '../config/load.ts';
import { checkServiceNames, serviceNameOf } from '../config/service-names.ts';
import { hasErrors, problemLine } from '../config/problems.ts';
import type { ServiceEnvironment } from '../config/scene.ts';
import { nearestName } from '../nearest.ts';
import { SvcError } from '../errors.ts';
import { faultText, parseSchedule } from '../state/schedule/parse.ts';
import type { Verb } from './action-state.ts';
import { withConfigSync } from './implicit-sync.ts';
import { buildInstance, type Instance } from './instance.ts';
import { keepText, serviceFolder } from './memory.ts';
import { createRun } from './run.ts';
import type { World } from './world.ts';

export interface Opened {
  readonly document: IniDocument;
  readonly definition: ServiceDefinition | undefined;
  readonly problems: readonly Problem[];
}

/** Names of the services of this node, sorted. */
export async function serviceNames(world: World): Promise<readonly string[]> {
  return [...new Set((await listServices(world.paths.services)).map((entry) => entry.name))].sort();
}

/** @throws SvcError NOT_FOUND with the nearest name, CONFIG when two files have this name or the file cannot be read */
export async function readServiceText(world: World, service: string): Promise<{ path: string; text: string; mode: number }> {
  const files = (await listServices(world.paths.services)).filter((entry) => entry.name === service);
  const [only, other] = files;
  if (only === undefined) throw await unknownService(world, service);
  if (other !== undefined)
    throw new SvcError('CONFIG', `${service} has two files: ${only.path} and ${other.path}`, { hint: 'remove one of them' });
  const { text, mode } = await readServiceFile(only.path);
  return { path: only.path, text, mode };
}

/** Evaluates a text as the file of a service, for this node or another one. */
export async function evaluateText(
  world: World,
  service: string,
  text: string,
  path: string,
  mode: number,
  node = world.node.name,
): Promise<Opened> {
  const document = parseDocument(text, path);
  const environment = await evaluationFor(world, service, document, mode, node);
  const evaluated = evaluateService(document, environment);
  const problems = [...checkServiceNames([{ name: service, path }], world.reservedNames), ...evaluated.problems];
  await loadImplied(world, evaluated.definition);
  const isValid = evaluated.definition !== undefined && !hasErrors(problems);
  return { document, definition: isValid ? await withConfigSync(evaluated.definition, environment, world.registry) : undefined, problems };
}

/** With what a document is evaluated; its drivers are loaded. */
export async function evaluationFor(
  world: World,
  service: string,
  document: IniDocument,
  mode: number,
  node = world.node.name,
): Promise<ServiceEnvironment> {
  await world.registry.load(requiredDrivers(document));
  return { name: service, node, catalog: world.registry, nodeSettings: world.node.settings, fileMode: mode, checkSchedule };
}

/** Reads and evaluates the file of a service. */
export async function openService(world: World, service: string, node?: string): Promise<Opened> {
  const { path, text, mode } = await readServiceText(world, service);
  return evaluateText(world, service, text, path, mode, node);
}

/** The keywords of a service for selectors; a file that cannot be read has none. */
export async function keywordsOf(
  world: World,
  service: string,
): Promise<{
  keyword(section: string, key: string): string | readonly string[] | undefined;
  sections: readonly string[];
  primary: boolean;
}> {
  const { document, definition } = await openService(world, service).catch(() => ({ document: undefined, definition: undefined }));
  return {
    keyword: (section, key) => plainValue(definition, section, key) ?? document?.get(section, key),
    sections: document?.sections.map((section) => section.name).filter((name) => name !== 'DEFAULT') ?? [],
    primary: definition?.settings.nodes?.[0] === world.node.name,
  };
}

function plainValue(definition: ServiceDefinition | undefined, section: string, key: string): string | readonly string[] | undefined {
  const resource = definition?.resources.find((one) => one.rid === section);
  const table: Readonly<Record<string, unknown>> | undefined =
    section === 'DEFAULT' ? definition?.settings : { ...resource?.common, ...resource?.config };
  const value = table?.[key];
  if (value === undefined) return undefined;
  return Array.isArray(value) ? value.map(String) : String(value);
}

export interface Shown {
  readonly instance: Instance;
  /** Why the present file is not valid, when the last good definition is shown. */
  readonly invalid: string | undefined;
}

/** The instance to look at: of the file, or of the last good definition when the file is not valid. */
export async function loadForStatus(world: World, service: string, options: { readonly keep?: boolean } = {}): Promise<Shown> {
  const read = await readServiceText(world, service).catch((error: unknown) => {
    if (error instanceof SvcError && error.code !== 'NOT_FOUND') return { unreadable: error };
    throw error;
  });
  if ('unreadable' in read) return fallBack(world, service, read.unreadable.message, read.unreadable);
  const opened = await evaluateText(world, service, read.text, read.path, read.mode);
  if (opened.definition === undefined) {
    const lines = opened.problems.filter((problem) => problem.severity === 'error').map(problemLine);
    return fallBack(world, service, lines[0] ?? 'unknown fault', invalidFile(service, lines), sha256Of(read.text));
  }
  if (options.keep !== false) await keepLastGood(world, service, read.text);
  return { instance: buildInstance(opened.definition, world.registry, sha256Of(read.text)), invalid: undefined };
}

/**
 * The instance to act on. A stop works with an invalid file, from the last good definition; anything else is refused
 * with every error of the file.
 */
export async function loadForAction(
  world: World,
  service: string,
  verb: Verb,
  options: { readonly keep?: boolean } = {},
): Promise<Instance> {
  const { instance, invalid } = await loadForStatus(world, service, options);
  if (invalid === undefined) return instance;
  if (verb === 'stop' || verb === 'shutdown') {
    createRun(world, instance).log().warn(`the file is not valid, stopping by the last good definition: ${invalid}`);
    return instance;
  }
  const { problems } = await openService(world, service);
  throw invalidFile(service, problems.filter((problem) => problem.severity === 'error').map(problemLine));
}

async function fallBack(world: World, service: string, invalid: string, error: SvcError, sha256: string | null = null): Promise<Shown> {
  const path = lastGoodFile(world, service);
  // What a user without the right to read either shall hear of is the file itself.
  const text = await world.doors.readText(path).catch(() => undefined);
  if (text === undefined) throw error;
  const { definition } = await evaluateText(world, service, text, path, 0o600);
  if (definition === undefined) throw error;
  return { instance: buildInstance(definition, world.registry, sha256), invalid };
}

/** The same instance as long as its file is the same: an action that has waited for its turn acts by the file as it is then. */
export async function reloadForAction(world: World, instance: Instance, verb: Verb): Promise<Instance> {
  const read = await readServiceText(world, instance.name).catch(() => undefined);
  const isSame = (read === undefined ? null : sha256Of(read.text)) === instance.configSha256;
  return isSame ? instance : loadForAction(world, instance.name, verb);
}

/** By this nodes tell whether they have the same file. */
function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** As far as this user may write; only when it changed. */
async function keepLastGood(world: World, service: string, text: string): Promise<void> {
  const path = lastGoodFile(world, service);
  const kept = await world.doors.readText(path).catch(() => undefined);
  if (kept !== text) await keepText(world, path, text, 0o600).catch(() => undefined);
}

function lastGoodFile(world: World, service: string): string {
  return join(serviceFolder(world, service), 'last-good.conf');
}

async function loadImplied(world: World, definition: ServiceDefinition | undefined): Promise<void> {
  const implied = (definition?.resources ?? []).flatMap(
    (one) => world.registry.driver(one.type).implies?.(one.config as never, one.rid) ?? [],
  );
  await world.registry.load(implied.map((one) => one.type));
}

/** Why a schedule is wrong, for the configuration layer. */
function checkSchedule(text: string): string | undefined {
  const parsed = parseSchedule(text);
  return parsed.ok ? undefined : parsed.faults.map(faultText).join('; ');
}

function invalidFile(service: string, lines: readonly string[]): SvcError {
  return new SvcError('CONFIG', `the file of ${service} is not valid:\n${lines.map((line) => `  ${line}`).join('\n')}`);
}

async function unknownService(world: World, service: string): Promise<SvcError> {
  const nearest = nearestName(service, await serviceNames(world));
  const hint = nearest === undefined ? `service files are ${world.paths.services}/NAME.conf` : `did you mean ${nearest}?`;
  return new SvcError('NOT_FOUND', `no service ${service}`, { hint });
}

/** The service name that a path of a file means. */
export function nameOfFile(path: string): string {
  return serviceNameOf(basename(path)) ?? basename(path);
}
