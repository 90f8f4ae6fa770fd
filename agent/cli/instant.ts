/** Instants on the command line: `2026-11-21`, `2026-11-21 12:00[:30]`, with T, or ISO 8601 with its own offset. */
import { SvcError } from '../errors.ts';
import type { Zone } from '../state/schedule/zone.ts';

const localForm = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(:\d\d)?)?$/;

/** Milliseconds since 1970; undefined for an option that was not given. @throws SvcError CONFIG for anything else */
export function instantOption(name: string, text: string | undefined, zone: Zone): number | undefined {
  if (text === undefined) return undefined;
  const local = localForm.exec(text);
  const utcMs = local === null ? Date.parse(text) : Date.parse(`${local[1]}T${local[2] ?? '00:00'}${local[3] ?? ':00'}Z`);
  if (Number.isNaN(utcMs) || (local === null && !/(Z|[+-]\d\d:?\d\d)$/.test(text))) {
    throw new SvcError('CONFIG', `--${name} ${text}: not a time`, { hint: 'write 2026-11-21 12:00, or 2026-11-21T12:00:00Z' });
  }
  if (local === null) return utcMs;
  // The offset that holds at the instant itself: asked twice, because the first guess may lie on the other side of a change.
  const guess = utcMs - zone.offsetAtMs(utcMs);
  return utcMs - zone.offsetAtMs(guess);
}
