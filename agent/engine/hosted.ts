/** Resources that live in a container, or in its network: what they can do depends on it. */
import type { State } from '../driver/contract.ts';
import { SvcError } from '../errors.ts';
import type { Resource } from './instance.ts';
import type { Run } from './run.ts';

/** The container (rid) that must be known before anything can be said of the resource. */
export function hostOf({ container, networkOf }: Resource): string | undefined {
  return container ?? networkOf;
}

/** The container (rid) that must run before the resource can start, and does not; undefined when nothing is missing. */
export function missingHost(run: Run, resource: Resource): string | undefined {
  const host = hostOf(resource);
  const state = host === undefined ? undefined : (run.reports.get(host)?.state ?? 'undef');
  return state === 'down' || state === 'undef' ? host : undefined;
}

/** What is known of the container of an encapsulated resource; undefined for every other resource. */
export function containerState(run: Run, { container }: Resource): State | undefined {
  return container === undefined ? undefined : (run.reports.get(container)?.state ?? 'undef');
}

/** Commands of the resource can be run: it is outside, or its container is there (a container in trouble is tried). */
export function isReachable(run: Run, resource: Resource): boolean {
  const state = containerState(run, resource);
  return state === undefined || state === 'up' || state === 'warn' || state === 'n/a';
}

/** A dry-run counts on the container that it would have started: nothing in it can be looked at. */
export function isHostAssumed(run: Run, resource: Resource): boolean {
  const host = hostOf(resource);
  return host !== undefined && run.reports.get(host)?.facts?.['assumed'] === true;
}

/** @throws SvcError REFUSED when the container of an encapsulated resource is not there */
export function mustBeReachable(run: Run, resource: Resource): void {
  if (isReachable(run, resource)) return;
  const { text, mend } = whyUnreachable(run, resource);
  throw new SvcError('REFUSED', `${resource.rid} ${text}`, { hint: mend });
}

export function whyUnreachable(run: Run, resource: Resource): { readonly text: string; readonly mend: string } {
  const host = hostOf(resource) ?? '';
  const how = resource.container === undefined ? 'is in the network of' : 'lives in';
  return {
    text: `${how} ${host}, which is ${run.reports.get(host)?.state ?? 'undef'}: start that first`,
    mend: `svcmgr -s ${run.instance.name} start --rid ${host},${resource.rid}`,
  };
}
