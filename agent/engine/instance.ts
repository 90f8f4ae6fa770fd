/** An instance: the definition of a service on this node, with its drivers. */
import type { Config } from '../driver/keywords.ts';
import type { ResourceDefinition, ServiceDefinition } from '../config/definition.ts';
import type { resourceKeywords } from '../config/tables.ts';
import type { Driver } from '../driver/contract.ts';
import type { Registry } from '../driver/registry.ts';
import { type Traits, traitsOf } from '../state/traits.ts';

export interface Resource {
  readonly rid: string;
  readonly group: string;
  readonly index: string;
  /** Driver id. */
  readonly type: string;
  readonly driver: Driver;
  readonly common: Config<typeof resourceKeywords>;
  readonly traits: Traits;
  readonly config: Readonly<Record<string, unknown>>;
  readonly label: string;
  readonly optionalInFile: boolean;
  readonly depth: number | undefined;
  /** Set when another resource brought this one along. */
  readonly implied: { readonly of: string; readonly order: 'before' | 'after' } | undefined;
  /** The container it lives in, when encapsulated, and the node name that its keywords were read for. */
  readonly inside: { readonly container: string; readonly node: string } | undefined;
  /** Rid of that container. */
  readonly container: string | undefined;
  /** The container in whose network it is, though it is not encapsulated. */
  readonly networkOf: string | undefined;
}

export interface Instance {
  readonly name: string;
  readonly node: string;
  readonly definition: ServiceDefinition;
  readonly resources: readonly Resource[];
  /** Of the text of the service file; null when it cannot be read, and the last good one stands in. */
  readonly configSha256: string | null;
}

/** Joins a definition with its drivers (all loaded before), implied resources included. */
export function buildInstance(definition: ServiceDefinition, registry: Registry, configSha256: string | null = null): Instance {
  const { resources: all, settings } = definition;
  const isDisabled = ({ common, inside }: ResourceDefinition): boolean =>
    settings.disable || common.disable || all.some((other) => other.rid === inside?.container && isDisabled(other));
  const resources = definition.resources.flatMap((resource) => {
    const driver = registry.driver(resource.type);
    const own = buildResource(resource, driver, isDisabled(resource));
    return [own, ...impliedOf(own, registry)];
  });
  return { name: definition.name, node: definition.node, definition, resources, configSha256 };
}

function buildResource(resource: ResourceDefinition, driver: Driver, disabled: boolean): Resource {
  const { inside } = resource;
  const common = traitsOf(resource.group, resource.common);
  // Without its start everything above would stand on a side that is read-only, or older.
  const optional = driver.promotes === true && !resource.optionalInFile ? common.noaction : common.optional;
  const traits = { ...common, optional, disabled, encap: inside !== undefined };
  return {
    rid: resource.rid,
    group: resource.group,
    index: resource.index,
    type: resource.type,
    driver,
    common: resource.common,
    traits,
    config: resource.config,
    label: labelOf(driver, resource.config, resource.type),
    optionalInFile: resource.optionalInFile,
    depth: driver.depth?.(resource.config as never),
    implied: undefined,
    inside,
    container: inside?.container,
    networkOf: inside === undefined ? driver.inNetworkOf?.(resource.config as never) : undefined,
  };
}

/** A label is only decoration: an outside driver that cannot make one must not cost the service its status. */
function labelOf(driver: Driver, config: Readonly<Record<string, unknown>>, type: string): string {
  try {
    const label: unknown = driver.label(config as never);
    return typeof label === 'string' ? label : type;
  } catch {
    return type;
  }
}

function impliedOf(owner: Resource, registry: Registry): readonly Resource[] {
  return (owner.driver.implies?.(owner.config as never, owner.rid) ?? []).map((implied) => {
    const driver = registry.driver(implied.type);
    return {
      ...owner,
      rid: implied.rid,
      index: implied.rid.split('#')[1] ?? '',
      type: implied.type,
      driver,
      config: implied.values,
      label: labelOf(driver, implied.values, implied.type),
      depth: undefined,
      implied: { of: owner.rid, order: implied.order },
    };
  });
}

/** The scope (cgroup, marker) of a resource's processes. */
export function scopeName(service: string, rid: string): string {
  return `${service}.${rid.replace('#', '.')}`;
}
