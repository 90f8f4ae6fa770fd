/** Runs every bench/*.bench.ts (or those whose name contains a given word), prints tables, writes bench/results/<date>.json. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Bench } from './lib/measure.ts';
import { renderBench } from './lib/table.ts';

// Costs node 40 ms at every start (spec/floors.md §0); children must not inherit it.
delete process.env['NODE_EXTRA_CA_CERTS'];

const folder = import.meta.dirname;
const wanted = process.argv.slice(2);
const files = readdirSync(folder).filter((name) => name.endsWith('.bench.ts'));
const chosen = files.filter((name) => wanted.length === 0 || wanted.some((word) => name.includes(word))).sort();
if (chosen.length === 0) throw new Error(`no benchmark named like ${wanted.join(', ')}; there are ${files.join(', ')}`);

const results: Bench[] = [];
for (const name of chosen) {
  const module = (await import(pathToFileURL(path.join(folder, name)).href)) as { bench?: () => Promise<Bench> };
  if (module.bench === undefined) throw new Error(`${name} exports no function bench`);
  const result = await module.bench();
  console.log(renderBench(result));
  results.push(result);
}

const machine = { node: process.version, kernel: release(), cpu: cpus()[0]?.model, cores: availableParallelism(), load: loadavg() };
const date = new Date().toISOString();
mkdirSync(path.join(folder, 'results'), { recursive: true });
const file = path.join(folder, 'results', `${date.slice(0, 19).replaceAll(':', '')}.json`);
writeFileSync(file, `${JSON.stringify({ date, machine, results }, undefined, 1)}\n`);
console.log(`written to ${path.relative(process.cwd(), file)}`);
process.exitCode = results.every((result) => result.aim?.met !== false) ? 0 : 1;
