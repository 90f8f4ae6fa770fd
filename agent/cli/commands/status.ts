/** `print status`: the tree, or JSON, JSON lines, flat lines. Exits 0 whenever it could answer for every service. */
import { withInstances } from '../../engine/instances.ts';
import { asSvcError, type SvcError } from '../../errors.ts';
import { createSemaphore } from '../../io/semaphore.ts';
import type { StatusDocument } from '../../state/status-document.ts';
import { type App, formatOf } from '../app.ts';
import { complaint } from '../complain.ts';
import { renderFlat } from '../render/flat.ts';
import { renderJson, renderJsonLines, servicesDocument } from '../render/json.ts';
import { renderTree } from '../render/tree.ts';
import { isPattern, selectedServices } from '../selected.ts';

/** Services looked at together. */
const parallelServices = 8;

export async function statusCommand(app: App): Promise<number> {
  const format = formatOf(app);
  const services = await selectedServices(app);
  const gate = createSemaphore(parallelServices);
  const looks = await Promise.all(services.map((service) => gate.run(() => look(app, service))));
  const documents = looks.flatMap((one) => ('document' in one ? [one.document] : []));
  const failed = looks.flatMap((one) => ('error' in one ? [one.error] : []));
  const [only] = failed;
  if (only !== undefined && looks.length === 1) throw only;
  for (const error of failed) app.note(complaint(error, app.call.switches.has('debug')));
  if (looks.length === 0) app.note(`no services in ${app.world.paths.services}\n`);
  if (format === 'jsonl') app.out(renderJsonLines(documents));
  else if (format === 'tree') app.out(documents.map((document) => treeOf(app, document)).join('\n'));
  else {
    const [one] = documents;
    const data = looks.length > 1 || isPattern(app) || one === undefined ? servicesDocument(documents) : one;
    app.out(format === 'json' ? renderJson(data) : renderFlat(data));
  }
  return failed.length === 0 ? 0 : 1;
}

/** One service that cannot be read must not hide the others. */
async function look(app: App, service: string): Promise<{ readonly document: StatusDocument } | { readonly error: SvcError }> {
  try {
    const document = await app.statusOf(service);
    const withPeers = app.call.switches.has('peers') ? await withInstances(app.world, document, app.signal) : document;
    return { document: withPeers };
  } catch (thrown) {
    return { error: asSvcError(thrown) };
  }
}

function treeOf(app: App, document: StatusDocument): string {
  return renderTree(document, { width: app.columns, colour: app.colour, nowMs: app.world.now().getTime() });
}
