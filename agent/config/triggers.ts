/** Keywords of the commands around an action: `pre_start`, `blocking_post_sync` … (spec/config.md). */

export const triggerVerbs = ['start', 'stop', 'sync', 'provision', 'unprovision', 'run'] as const;

type TriggerVerb = (typeof triggerVerbs)[number];
type Phase = 'pre' | 'post';
export type TriggerName = `${Phase}_${TriggerVerb}` | `blocking_${Phase}_${TriggerVerb}`;
export type TriggerKeywords = {
  readonly [Name in TriggerName]: { readonly kind: 'argv'; readonly text: string; readonly example: string };
};

/** The trigger keywords of `[DEFAULT]` ("the service") or of a resource ("the resource"). */
export function triggerKeywords(subject: string): TriggerKeywords {
  const table: Partial<Record<TriggerName, TriggerKeywords[TriggerName]>> = {};
  for (const verb of triggerVerbs) {
    for (const phase of ['pre', 'post'] as const) {
      const when = `${phase === 'pre' ? 'before' : 'after'} the ${verb} of ${subject}`;
      const example = `/usr/local/bin/${phase}-${verb}`;
      table[`${phase}_${verb}`] = { kind: 'argv', text: `Command run ${when}; a failure is only logged.`, example };
      table[`blocking_${phase}_${verb}`] = { kind: 'argv', text: `Command run ${when}; a failure aborts the action.`, example };
    }
  }
  return table as TriggerKeywords;
}
