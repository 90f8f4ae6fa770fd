/** What one command costs: our run() beside bare spawn with pipes, execa alone, and run() with its gate before exec. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execa } from 'execa';
import { run } from '../agent/io/exec.ts';
import { type Bench, measure } from './lib/measure.ts';

const program = '/bin/true';

export async function bench(): Promise<Bench> {
  const rows = await measure(
    [
      {
        name: 'bare spawn, pipes',
        isFloor: true,
        run: () => once(spawn(program, { stdio: ['ignore', 'pipe', 'pipe'], env: {} }), 'close'),
      },
      {
        name: 'bare spawn, through sh',
        run: () => once(spawn('/bin/sh', ['-c', `exec ${program}`], { stdio: ['ignore', 'pipe', 'pipe'], env: {} }), 'close'),
      },
      { name: 'execa', run: () => execa(program, { env: {}, extendEnv: false }) },
      { name: 'io run()', run: () => run([program]) },
      { name: 'io run(), gated', run: () => run([program], { beforeExec: () => undefined }) },
      { name: 'io run(), gated, dies with us', run: () => run([program], { beforeExec: () => undefined, dieWithParent: true }) },
    ],
    { rounds: 200, warmUps: 10 },
  );
  return { title: 'spawn: one command to its end', rows };
}
