/** `boot` and `shutdown`: what the unit calls when the machine comes up and goes down (spec/cli.md). */
import type { ActionRequest } from '../../engine/action-state.ts';
import { isFrozen } from '../../engine/kept-state.ts';
import type { Instance } from '../../engine/instance.ts';
import { isSameNode } from '../../config/scope.ts';
import { loadForStatus } from '../../engine/services.ts';
import { type App, formatOf } from '../app.ts';
import { selectedServices } from '../selected.ts';
import { requestOf, runOnAll } from './action.ts';

interface Candidate {
  readonly service: string;
  /** Undefined when nothing of the service can be read: the action itself says so. */
  readonly instance: Instance | undefined;
  readonly frozen: boolean;
}

export async function bootCommand(app: App): Promise<number> {
  const candidates = await inOrder(app);
  const chosen = new Map(candidates.map((candidate) => [candidate.service, bootRequest(app, candidate)]));
  return onAll(app, candidates, (service) => chosen.get(service) ?? 'nothing to do');
}

/** The other way round: what came up last goes down first. A frozen service is stopped too: the machine goes down. */
export async function shutdownCommand(app: App): Promise<number> {
  const candidates = (await inOrder(app)).toReversed();
  return onAll(app, candidates, () => requestOf(app, 'shutdown'));
}

async function onAll(app: App, candidates: readonly Candidate[], requestFor: (service: string) => ActionRequest | string): Promise<number> {
  if (candidates.length > 0) {
    return runOnAll(
      app,
      candidates.map(({ service }) => service),
      requestFor,
    );
  }
  if (formatOf(app) === 'tree') app.note(`no services in ${app.world.paths.services}\n`);
  return 0;
}

/** Standby resources come up on every node; the service itself where the file says so, on the first of its nodes. */
function bootRequest(app: App, { instance, frozen }: Candidate): ActionRequest | string {
  if (frozen) return 'frozen';
  if (instance === undefined) return requestOf(app, 'boot');
  const { orchestrate, nodes, topology } = instance.definition.settings;
  const isOurs = topology === 'flex' || isSameNode(nodes[0] ?? '', instance.node);
  return requestOf(app, orchestrate === 'start' && isOurs ? 'start' : 'boot');
}

/** By `priority`, then by name. */
async function inOrder(app: App): Promise<readonly Candidate[]> {
  const services = await selectedServices(app, app.call.selector ?? 'allservices', { emptyIsFine: true });
  const candidates = await Promise.all(
    services.map(async (service) => ({
      service,
      instance: await loadForStatus(app.world, service).then(
        (shown) => shown.instance,
        () => undefined,
      ),
      frozen: await isFrozen(app.world, service),
    })),
  );
  const priorityOf = ({ instance }: Candidate): number => instance?.definition.settings.priority ?? Number.MAX_SAFE_INTEGER;
  return candidates.sort((a, b) => priorityOf(a) - priorityOf(b) || (a.service < b.service ? -1 : 1));
}
