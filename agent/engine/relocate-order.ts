/** One action on one node, as a step of a relocation. */
import type { Relocation } from './relocate.ts';
import type { StepName } from './relocate-record.ts';
import type { Acted } from './remote-action.ts';
import { actOn, type Order } from './sites.ts';

/** @throws the error of the action when it failed */
export async function order(relocation: Relocation, name: StepName, node: string, what: Omit<Order, 'sid'>): Promise<void> {
  const { error } = await tryOrder(relocation, name, node, what);
  if (error !== undefined) throw error;
}

/** That the action failed is an answer. */
export async function tryOrder(relocation: Relocation, name: StepName, node: string, what: Omit<Order, 'sid'>): Promise<Acted> {
  const sid = `${relocation.sid}.${relocation.steps.all().length}.${name.replace(' ', '-')}`;
  return relocation.steps.act(name, node, () => actOn(relocation, node, { ...what, sid }));
}
