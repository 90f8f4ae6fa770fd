/** The steps of a relocation: a line on the console, a record in the journal, an entry in the result. */
import { asSvcError } from '../errors.ts';
import type { Journal } from '../journal/journal.ts';
import type { Acted } from './remote-action.ts';
import type { Run } from './run.ts';

export type StepName = 'ask' | 'readiness' | 'quiesce' | 'last sync' | 'stop' | 'start' | 'verify';

export interface RelocateStep {
  readonly name: StepName;
  readonly node: string;
  readonly outcome: 'done' | 'planned' | 'failed';
  readonly text: string;
  readonly durationMs: number;
}

export interface Steps {
  /** A step that only asks. */
  quietly<V>(name: StepName, node: string, work: () => Promise<V>): Promise<V>;
  /** A step that acts, begun durably before. That the action failed is its result; what throws is that it could not be told. */
  act(name: StepName, node: string, work: () => Promise<Acted>): Promise<Acted>;
  /** Kept in the journal. */
  note(text: string): void;
  all(): readonly RelocateStep[];
  /** An acting step was begun. */
  hasActed(): boolean;
}

/** @param journal the open journal, once the relocation has begun */
export function createSteps(run: Run, sid: string, journal: () => Journal | undefined): Steps {
  const done: RelocateStep[] = [];
  const pending: string[] = [];
  let acted = false;
  const finish = (name: StepName, node: string, begunMs: number, outcome: RelocateStep['outcome'], text: string): void => {
    const durationMs = Date.now() - begunMs;
    done.push({ name, node, outcome, text, durationMs });
    const phase = outcome === 'failed' ? 'failed' : 'end';
    journal()?.appendLazy({ kind: 'step', sid, rid: '', name: `${name} on ${node}`, phase, message: text, durationMs });
  };
  const flush = (): void => {
    for (const text of pending.splice(0)) journal()?.appendLazy({ kind: 'note', sid, level: 'warn', text });
  };
  return {
    quietly: async (name, node, work) => {
      const begunMs = Date.now();
      try {
        const value = await work();
        finish(name, node, begunMs, 'done', 'answered');
        return value;
      } catch (thrown) {
        finish(name, node, begunMs, 'failed', asSvcError(thrown).message);
        throw thrown;
      }
    },
    act: async (name, node, work) => {
      const begunMs = Date.now();
      const isPlan = journal() === undefined;
      run.log().info(`${name} on ${node}`);
      flush();
      journal()?.append({ kind: 'step', sid, rid: '', name: `${name} on ${node}`, phase: 'begin' });
      if (!isPlan) acted = true;
      try {
        const result = await work();
        const { error, changes } = result;
        const count = changes === undefined ? 'done' : `${changes} change${changes === 1 ? '' : 's'}`;
        if (error !== undefined) finish(name, node, begunMs, 'failed', error.message);
        else finish(name, node, begunMs, isPlan ? 'planned' : 'done', count);
        return result;
      } catch (thrown) {
        finish(name, node, begunMs, 'failed', asSvcError(thrown).message);
        throw thrown;
      }
    },
    note: (text) => {
      pending.push(text);
      if (journal() !== undefined) flush();
    },
    all: () => done,
    hasActed: () => acted,
  };
}
