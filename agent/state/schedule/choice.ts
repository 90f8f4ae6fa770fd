/** When may one window run: interval, once per window, random instant, exclusions. */
import type { Span, Window } from './windows.ts';

/** What happened before, and how `~` draws. Times are milliseconds since 1970. */
export interface Past {
  readonly nowMs: number;
  /** Start of the last run. */
  readonly lastMs?: number | undefined;
  /** Draws the instant of a `~` range that opens at `opensMs`: 0 (its begin) up to, not including, 1. Default 0. Use stableRandom. */
  readonly random?: ((opensMs: number) => number) | undefined;
}

/** Intervals are counted in whole seconds: a beat that comes 2 ms earlier than the one before is not "too soon". */
function wholeSecond(atMs: number): number {
  return Math.floor(atMs / 1000) * 1000;
}

/** True when a window that runs once has had its run. */
export function hasRun(window: Window, lastMs: number | undefined): boolean {
  const from = window.spans[0]?.fromMs;
  const to = window.spans.at(-1)?.toMs;
  return window.once && lastMs !== undefined && from !== undefined && to !== undefined && lastMs >= from && lastMs < to;
}

/** First instant that the interval allows. A last run further ahead than one interval was written by a wrong clock and is not believed. */
export function restUntilMs(window: Window, past: Past): number {
  const { intervalMs } = window;
  if (intervalMs === undefined || past.lastMs === undefined) return Number.NEGATIVE_INFINITY;
  const last = wholeSecond(past.lastMs);
  return last - past.nowMs >= intervalMs ? Number.NEGATIVE_INFINITY : last + intervalMs;
}

/** The instant that `~` draws in a window, to the second; it stays drawn however often it is asked. */
export function drawnMs(window: Window, past: Past): number {
  const opensMs = window.spans[0]?.fromMs;
  if (!window.random || opensMs === undefined) return Number.NEGATIVE_INFINITY;
  const lengthS = window.spans.reduce((sum, span) => sum + (span.toMs - span.fromMs) / 1000, 0);
  const fraction = Math.min(Math.max(past.random?.(opensMs) ?? 0, 0), 1);
  let skipMs = Math.floor(Math.max(lengthS - 2, 0) * fraction) * 1000;
  for (const span of window.spans) {
    if (skipMs < span.toMs - span.fromMs) return span.fromMs + skipMs;
    skipMs -= span.toMs - span.fromMs;
  }
  return opensMs;
}

/** The closed span around an instant, if any. */
export function closedAround(closed: readonly Span[], atMs: number): Span | undefined {
  return closed.find((span) => atMs >= span.fromMs && atMs < span.toMs);
}

function skipClosed(closed: readonly Span[], fromMs: number): number {
  let atMs = fromMs;
  for (let span = closedAround(closed, atMs); span !== undefined; span = closedAround(closed, atMs)) atMs = span.toMs;
  return atMs;
}

/** First instant at or after `past.nowMs` at which a window may run; undefined when none is left in it. */
export function earliestIn(window: Window, past: Past, closed: readonly Span[]): number | undefined {
  if (window.intervalMs === 0 || hasRun(window, past.lastMs)) return undefined;
  const notBefore = Math.max(past.nowMs, restUntilMs(window, past), drawnMs(window, past));
  for (const span of window.spans) {
    const atMs = skipClosed(closed, Math.max(notBefore, span.fromMs));
    if (atMs < span.toMs) return atMs;
  }
  return undefined;
}

/** Last second in which a run that may start at `atMs` may still start; undefined for a moment. */
export function latestIn(window: Window, atMs: number, closed: readonly Span[]): number | undefined {
  if (window.moment) return undefined;
  const span = window.spans.find((candidate) => atMs >= candidate.fromMs && atMs < candidate.toMs);
  if (span === undefined) return undefined;
  const closing = closed.filter((other) => other.fromMs > atMs).map((other) => other.fromMs);
  return Math.min(span.toMs, ...closing) - 1000;
}

/** Spans of the exclusions that bind a member: those before it in the text ("! only excludes if reached first"). */
export function closedFor(member: number, windows: readonly Window[]): readonly Span[] {
  return windows.filter((window) => window.exclude && window.member < member).flatMap((window) => window.spans);
}
