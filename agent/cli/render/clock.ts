/** Times and ages as people read them. */

const dayMs = 86_400_000;

/** Local time of day, `13:29:15`; with the date in front when it is not of the same day as `nowMs`. Empty for no date. */
export function timeText(iso: string, nowMs: number): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return '';
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(':');
  return sameDay(time, new Date(nowMs)) ? clock : `${dateText(time)} ${clock}`;
}

/** `45s`, `2m`, `3h`, `5d`: the largest unit only; never negative. */
export function ageText(ageMs: number): string {
  const seconds = Math.max(0, Math.floor(ageMs / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  return seconds < dayMs / 1000 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor((seconds * 1000) / dayMs)}d`;
}

function dateText(time: Date): string {
  return `${time.getFullYear()}-${twoDigits(time.getMonth() + 1)}-${twoDigits(time.getDate())}`;
}

function sameDay(a: Date, b: Date): boolean {
  return a.getFullYear() === b.getFullYear() && a.getMonth() === b.getMonth() && a.getDate() === b.getDate();
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
