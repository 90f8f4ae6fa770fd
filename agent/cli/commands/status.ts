/** `print status`: the tree, or JSON, JSON lines, flat lines. Exits 0 whenever it could answer. */
import { statusOf } from '../../engine/service-status.ts';
import { createSemaphore } from '../../io/semaphore.ts';
import type { StatusDocument } from '../../state/status-document.ts';
import { type App, formatOf } from '../app.ts';
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
  const documents = await Promise.all(services.map((service) => gate.run(() => statusOf(app.world, service, app.signal))));
  if (format === 'jsonl') app.out(renderJsonLines(documents));
  else if (format === 'tree') app.out(documents.map((document) => treeOf(app, document)).join('\n'));
  else {
    const [only] = documents;
    const data = documents.length > 1 || isPattern(app) || only === undefined ? servicesDocument(documents) : only;
    app.out(format === 'json' ? renderJson(data) : renderFlat(data));
  }
  return 0;
}

function treeOf(app: App, document: StatusDocument): string {
  return renderTree(document, { width: app.columns, colour: app.colour, nowMs: app.world.now().getTime() });
}
