/** Why nothing automatic may touch a service now (spec/config.md, issue "Monitor and restart"). Pure. */
import type { StatusDocument } from './status-document.ts';

/** Cut in the middle, these leave what only a person can judge. A cut start is completed by the next one; a run or a sync leaves nothing. */
const settledByThemselves: ReadonlySet<string> = new Set(['start', 'boot', 'run', 'sync']);

export interface HoldScene {
  readonly status: Pick<StatusDocument, 'frozen' | 'invalid' | 'monitor'>;
  /** Keyword `disable` of the service. */
  readonly disabled: boolean;
  /** An action of this daemon runs on it. */
  readonly acting: boolean;
}

/** True while the states are on their way somewhere: they say nothing then. */
export function isMoving({ status, acting }: HoldScene): boolean {
  return acting || status.monitor.action !== null || status.monitor.interrupted?.alive === true;
}

/** Undefined: it may be touched. */
export function whyHeld(scene: HoldScene): string | undefined {
  const { frozen, invalid, monitor } = scene.status;
  if (scene.disabled) return 'the service is disabled';
  if (frozen) return 'the service is frozen: svcmgr thaw ends that';
  if (invalid !== null) return 'the service file is not valid';
  if (isMoving(scene)) return `another action is at work: ${monitor.action ?? monitor.interrupted?.verb ?? monitor.state}`;
  const cut = monitor.interrupted?.verb;
  if (cut === undefined || settledByThemselves.has(cut.split(' ')[0] ?? '')) return undefined;
  return `${cut} was interrupted: svcmgr resume or clear settles it`;
}
