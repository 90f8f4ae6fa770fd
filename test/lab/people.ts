/** `npm run lab -- prepare | shell [NODE...]`: the lab for people. */
import { isAlive, findLeftovers, removeLeftovers } from '../support/leftovers.ts';
import { prepare } from './cache.ts';
import { type NodeName, startLab } from './lab.ts';
import type { LabNode } from './node.ts';

const usage = `npm run lab -- prepare           only makes what is absent
npm run lab -- shell [NODE...]   boots these nodes (default node1; of san, node1, node2); a shell on the first; leaving it ends all`;

const known: readonly NodeName[] = ['san', 'node1', 'node2'];

async function main([verb, ...names]: readonly string[]): Promise<number> {
  const nodes = known.filter((name) => names.includes(name));
  const isUsual = (verb === 'prepare' && names.length === 0) || (verb === 'shell' && nodes.length === names.length);
  if (!isUsual) {
    console.error(usage);
    return 2;
  }
  removeLeftovers(findLeftovers((pid) => !isAlive(pid)));
  const begun = Date.now();
  const say = (line: string) => console.error(line);
  if (verb === 'prepare') {
    await prepare(say);
    console.error(`lab: prepared, ${seconds(begun)}`);
    return 0;
  }
  const lab = await startLab({ nodes: nodes.length === 0 ? ['node1'] : nodes }, say);
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void lab.stop().finally(() => process.exit(130)));
  console.error(`lab: ${lab.all.map(({ name }) => name).join(', ')} booted, ${seconds(begun)}; exit ends all`);
  return await shell(lab.node((names[0] as NodeName | undefined) ?? 'node1')).finally(() => lab.stop());
}

function seconds(begun: number): string {
  return `${((Date.now() - begun) / 1000).toFixed(1)} s`;
}

/** `script` gives the shell a terminal; without one here, commands come from stdin. */
async function shell(node: LabNode): Promise<number> {
  const { stdin, stdout } = process;
  const size = `stty rows ${stdout.rows ?? 24} cols ${stdout.columns ?? 80}`;
  const argv = stdin.isTTY ? ['script', '-qec', `${size}; exec bash -l`, '/dev/null'] : ['bash', '-l'];
  const command = node.start(argv, {
    cwd: '/root',
    env: { TERM: process.env['TERM'] ?? 'dumb', PS1: `${node.name}:\\w# ` },
    input: { open: true },
    timeoutMs: 2 ** 31 - 60_000,
    onOutput: (data, stream) => void (stream === 'stdout' ? stdout : process.stderr).write(data),
  });
  if (stdin.isTTY) stdin.setRawMode(true);
  stdin.on('data', (data: Buffer) => command.write(data));
  stdin.on('end', () => command.end());
  try {
    return (await command.done).code ?? 1;
  } finally {
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.destroy();
  }
}

process.exitCode = await main(process.argv.slice(2));
