/** A schedule value may hold several schedules: one per line, or a JSON list (spec/config.md "Small rulings"). */

/** The schedules of a value, or why they cannot be told apart. */
export function splitSchedules(text: string): { readonly schedules: readonly string[] } | { readonly fault: string } {
  if (!text.startsWith('[')) return { schedules: text.split('\n') };
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return { fault: 'is not a JSON list; allowed is one schedule, several on lines of their own, or ["…", "…"]' };
  }
  const isList = Array.isArray(list) && list.every((item): item is string => typeof item === 'string' && item.trim() !== '');
  return isList
    ? { schedules: (list as string[]).map((item) => item.trim()) }
    : { fault: 'is not a JSON list of texts; allowed is ["…", "…"]' };
}
