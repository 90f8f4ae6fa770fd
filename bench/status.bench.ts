/** The command line as a process, without a daemon, beside node doing nothing; needs a build (npm run bench makes it). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { makeBenchHome } from './lib/home.ts';
import { type Bench, measure } from './lib/measure.ts';

const svcmgr = path.resolve(import.meta.dirname, '../bin/svcmgr');

const resources = ['[fs#1]\ntype = flag', '[fs#2]\ntype = directory\npath = /tmp', '[fs#3]\ntype = tmpfs\nmnt = /tmp/svt-never-mounted'];
const services = {
  one: `[DEFAULT]\nnodes = bench\n\n${resources[0]}\n`,
  ten: `[DEFAULT]\nnodes = bench\n\n${resources.join('\n\n')}\n\n${[4, 5, 6, 7, 8, 9, 10].map((at) => `[fs#${at}]\ntype = flag`).join('\n\n')}\n`,
};

export async function bench(): Promise<Bench> {
  const home = makeBenchHome(services);
  const env = { PATH: process.env['PATH'], HOME: '/', SVCMGR_HOME: home.folder, SVCMGR_NODENAME: 'bench' };
  const start = async (...argv: readonly [string, ...string[]]) => {
    const child = spawn(argv[0], argv.slice(1), { env, stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.resume();
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}`);
  };
  try {
    const rows = await measure(
      [
        { name: 'floor: node -e 0', isFloor: true, run: () => start('node', '-e', '0') },
        { name: 'svcmgr --version', run: () => start(svcmgr, '--version') },
        { name: 'svcmgr ls', run: () => start(svcmgr, 'ls') },
        { name: 'print status, one resource', run: () => start(svcmgr, '-s', 'one', 'print', 'status') },
        { name: 'print status, ten resources', run: () => start(svcmgr, '-s', 'ten', 'print', 'status') },
      ],
      { rounds: 20 },
    );
    return { title: 'command line: a whole process, no daemon', rows };
  } finally {
    home.remove();
  }
}
