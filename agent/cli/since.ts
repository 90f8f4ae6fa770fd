/** `--since`: an instant, or how long ago. */
import { parseDuration } from '../config/convert-duration.ts';
import { openZone } from '../state/schedule/zone.ts';
import type { App } from './app.ts';
import { instantOption } from './instant.ts';

/** Milliseconds since 1970; 0 when not given. @throws SvcError CONFIG for what is neither a time nor a duration */
export function sinceOption(app: App, text: string | undefined): number {
  if (text === undefined) return 0;
  const agoMs = parseDuration(text);
  return agoMs === undefined ? (instantOption('since', text, openZone(undefined)) ?? 0) : app.world.now().getTime() - agoMs;
}
