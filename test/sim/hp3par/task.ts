/** Tasks of an array: they take time, may fail, and hold their group meanwhile. */
import { type Half, Refusal, type StorageArray, type Task } from './model.ts';
import { observe } from './replicate.ts';
import { heard } from './start-stop.ts';
import { settleAccess, type TaskFault, type World } from './world.ts';

export interface Work {
  /** `remote_copy_reverse` … */
  readonly type: string;
  readonly user: string;
  readonly durationMs: number;
  /** Done at the beginning; a Refusal thrown here refuses the command. */
  readonly begin?: () => void;
  /** Done at the end; a Refusal thrown here fails the task and must have changed nothing. */
  readonly end: () => void;
}

export function startTask(world: World, half: Half, work: Work): Task {
  work.begin?.();
  const { array, group } = half;
  const task: Task = {
    id: array.nextTask++,
    type: work.type,
    name: group.name,
    user: work.user,
    startMs: world.clock.nowMs(),
    status: 'active',
    finishMs: undefined,
    detail: ['Task created.', `Operation ${work.type} on group ${group.name} begins.`],
  };
  array.tasks.push(task);
  for (const one of heard(world, half)) one.group.busy = holder(array, task);
  const fault = nextFault(world.taskFaults);
  if (fault?.kind !== 'never') {
    world.clock.after(work.durationMs + (fault?.kind === 'slow' ? fault.ms : 0), () => finish(world, half, task, work, fault));
  }
  settleAccess(world, `task ${task.id} began`);
  return task;
}

export function isOver(task: Task): boolean {
  return task.status !== 'active';
}

export function taskWithId(array: StorageArray, id: string): Task {
  const found = array.tasks.find((task) => String(task.id) === id);
  if (found === undefined) throw new Refusal(`Task ${id} does not exist`);
  return found;
}

/** Ends a task from outside; what it would have done is not done. */
export function cancelTask(world: World, array: StorageArray, task: Task): void {
  if (isOver(task)) throw new Refusal(`Task ${task.id} is not active`);
  close(world, array, task, 'cancelled', 'Task cancelled.');
}

function finish(world: World, half: Half, task: Task, work: Work, fault: TaskFault | undefined): void {
  if (isOver(task)) return;
  observe(world, `end of task ${task.id}`);
  const { array, group } = half;
  try {
    if (!array.alive) throw new Refusal('The system went down.');
    if (fault?.kind === 'fail') throw new Refusal('Failed to switch target group.');
    work.end();
    close(world, array, task, 'done', `Switched Group ${group.name} successfully.`);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    close(world, array, task, 'failed', `Task has failed (${error.message}).`);
  }
}

function close(world: World, array: StorageArray, task: Task, status: Task['status'], words: string): void {
  task.status = status;
  task.finishMs = world.clock.nowMs();
  task.detail.push(words);
  for (const group of world.arrays.flatMap((one) => one.groups)) {
    if (group.busy === holder(array, task)) group.busy = undefined;
  }
  settleAccess(world, `task ${task.id} of ${array.name} is ${status}`);
}

function holder(array: StorageArray, task: Task): string {
  return `${array.name} ${task.id}`;
}

function nextFault(faults: TaskFault[]): TaskFault | undefined {
  const fault = faults[0];
  if (fault === undefined) return undefined;
  fault.times--;
  if (fault.times <= 0) faults.shift();
  return fault;
}
