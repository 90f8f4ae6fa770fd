/** `print status` answered by the daemon, a whole process each, beside node doing nothing; needs a build. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startBenchDaemon } from './lib/daemon.ts';
import { makeBenchHome } from './lib/home.ts';
import { type Bench, measure, rowOf } from './lib/measure.ts';

const aimRatio = 1.8;
const resources = Array.from({ length: 10 }, (_, at) => `[fs#${at + 1}]\ntype = flag`).join('\n\n');

export async function bench(): Promise<Bench> {
  const home = makeBenchHome({ ten: `[DEFAULT]\nnodes = bench\n\n${resources}\n` });
  const daemon = await startBenchDaemon(home);
  const start = async (...argv: readonly [string, ...string[]]) => {
    const child = spawn(argv[0], argv.slice(1), { env: daemon.env, stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.resume();
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}`);
  };
  try {
    const rows = await measure(
      [
        { name: 'floor: node -e 0', isFloor: true, run: () => start('node', '-e', '0') },
        { name: 'print status, ten resources', run: () => start(daemon.svcmgr, '-s', 'ten', 'print', 'status') },
        { name: 'print status --format json', run: () => start(daemon.svcmgr, '-s', 'ten', 'print', 'status', '--format', 'json') },
        { name: 'check', run: () => start(daemon.svcmgr, 'check') },
        { name: 'metrics', run: () => start(daemon.svcmgr, 'metrics') },
        { name: 'print status --refresh', run: () => start(daemon.svcmgr, '-s', 'ten', 'print', 'status', '--refresh') },
      ],
      { rounds: 30 },
    );
    const { ratio } = rowOf(rows, 'print status, ten resources');
    const aim = { text: `print status at most ${aimRatio} x node -e 0: ${ratio.toFixed(2)}`, met: ratio <= aimRatio };
    return { title: 'command line answered by the daemon', rows, aim };
  } finally {
    await daemon.stop();
    home.remove();
  }
}
