/** Which running action ends for which: a copy that may take hours does not keep an operator from stopping the service. Pure. */

/** Copies: cut at any moment, the next one completes them. What changes roles (break, swap, resume …) is never cut. */
const copies: ReadonlySet<string> = new Set(['sync all', 'sync update', 'sync full', 'sync verify']);

/** @param verb the running action as its lock names it */
export function makesWay(verb: string): boolean {
  return copies.has(verb);
}

/** Another copy, or a task, waits for its turn. */
export function wantsWay(verb: string): boolean {
  const [first = ''] = verb.split(' ');
  return first !== 'sync' && first !== 'run';
}
