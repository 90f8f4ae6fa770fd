/** Does this verb start the resource in the end? A provision does: its blockers are those of a start, and its own. */
export function includesStart(verb: string): boolean {
  return verb === 'start' || verb === 'provision';
}
