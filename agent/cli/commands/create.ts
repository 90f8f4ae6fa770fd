/** `create`: a new service file from keywords or a copy of another file; installed only when valid. */
import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseDocument, type IniDocument } from '../../config/document.ts';
import { readServiceFile } from '../../config/load.ts';
import { checkServiceNames } from '../../config/service-names.ts';
import { applySet } from '../../config/operations.ts';
import { problemLine } from '../../config/problems.ts';
import { noteInJournal } from '../../engine/journal-notes.ts';
import { evaluateText, serviceNames } from '../../engine/services.ts';
import { SvcError } from '../../errors.ts';
import { type App, formatOf, sayData, optionOf } from '../app.ts';

export async function createCommand(app: App): Promise<number> {
  const { world } = app;
  const service = app.call.selector;
  if (service === undefined) throw new SvcError('CONFIG', 'create: which name?', { hint: app.call.verb.example });
  const [fault] = checkServiceNames([{ name: service, path: join(world.paths.services, `${service}.conf`) }], world.reservedNames);
  if (fault !== undefined) throw new SvcError('CONFIG', `${service}: ${fault.text}`);
  if ((await serviceNames(world)).includes(service))
    throw new SvcError('REFUSED', `${service} exists already`, { hint: `svcmgr -s ${service} edit` });
  const path = join(world.paths.services, `${service}.conf`);
  const document = await draft(app, path);
  const { problems } = await evaluateText(world, service, document.toText(), path, 0o644);
  const errors = problems.filter((problem) => problem.severity === 'error');
  if (errors.length > 0)
    throw new SvcError('CONFIG', `${service} is not created:\n${errors.map((problem) => `  ${problemLine(problem)}`).join('\n')}`);
  for (const problem of problems) app.note(`${problemLine(problem)}\n`);
  const dryRun = app.call.switches.has('dry-run');
  if (!dryRun) await install(app, service, path, document);
  if (formatOf(app) !== 'tree') sayData(app, { schema: 1, service, file: path, dryRun });
  else app.out(`${service}: ${path} ${dryRun ? 'would be created; nothing was done' : 'created'}\n`);
  return 0;
}

async function draft(app: App, path: string): Promise<IniDocument> {
  const template = optionOf(app, 'template');
  const text = template === undefined ? `[DEFAULT]\nnodes = ${app.world.node.name}\n` : (await readServiceFile(resolve(template))).text;
  return (app.call.values.kw ?? []).reduce(applySet, parseDocument(text, path));
}

async function install(app: App, service: string, path: string, document: IniDocument): Promise<void> {
  const { world } = app;
  await mkdir(world.paths.services, { recursive: true });
  const taken = await access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
  if (taken) throw new SvcError('REFUSED', `${path} exists already`);
  noteInJournal(world, service, 'created', optionOf(app, 'reason'));
  await world.doors.writeAtomic(path, document.toText(), 0o644);
}
