/** Why a sync resource is not sent from this node now (spec/storage-drivers.md §6). Pure; none of these is an error. */
import type { Status } from './status.ts';

export interface SyncScene {
  /** Its start makes a replica writable: it knows by itself which side it may act on, and is never held off. */
  readonly promotes: boolean;
  /** Set for a copy that somebody has paused: since when, by whom and why. */
  readonly paused?: string | undefined;
  /** It may be sent from a service that is down, because it never overwrites what is newer; and the operator named this very rid. */
  readonly named: boolean;
  /** Role of this node. */
  readonly role: 'nodes' | 'drpnodes' | undefined;
  /** The service here without app, sync and task. */
  readonly service: Status;
  readonly serviceEnv: string | undefined;
  readonly nodeEnv: string;
  /** Topology flex, and another node is the primary. */
  readonly isSecondary: boolean;
  /** Everything that data lies on (vg, fs) is up, whatever became of the rest. */
  readonly isDataUp?: boolean;
  /** Names given to --allow. */
  readonly allow: readonly string[];
}

/** Undefined: it may be sent. */
export function whyNotSync(scene: SyncScene): string | undefined {
  if (scene.paused !== undefined && !scene.allow.includes('paused')) return `${scene.paused} (--allow paused)`;
  if (scene.promotes) return undefined;
  if (scene.serviceEnv === 'PRD' && scene.nodeEnv !== 'PRD') return `won't sync a PRD service from a ${scene.nodeEnv} node`;
  if (scene.role === 'drpnodes') return "won't sync from a node of drpnodes";
  if (scene.isSecondary) return "won't sync from a node that is not the primary of a flex service";
  if (scene.service === 'up' || scene.named) return undefined;
  // A relocation has stopped what writes for the last copy, and left what was written to.
  if (scene.isDataUp === true && scene.allow.includes('quiesced')) return undefined;
  if (scene.service === 'warn' || scene.service === 'undef') {
    return scene.allow.includes('degraded')
      ? undefined
      : `won't sync this resource for a service in ${scene.service} status (--allow degraded)`;
  }
  return "won't sync this resource for a service not up";
}
