/** Validation of 1,000 service files; the floor only reads them and hands them to the ini package, which checks nothing. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import ini from 'ini';
import { readServiceFile } from '../agent/config/load.ts';
import { evaluateText } from '../agent/engine/services.ts';
import type { World } from '../agent/engine/world.ts';
import { type BenchHome, makeBenchHome, makeBenchWorld } from './lib/home.ts';
import { type Bench, measure } from './lib/measure.ts';

const count = 1000;

function text(at: number): string {
  return `[DEFAULT]
nodes = bench node${at % 7}
comment = service ${at} of the benchmark

[env]
base = /srv/service${at}

[ip#1]
type = host
ipname = 10.${at >> 8}.${at & 255}.1
ipdev = eth0
netmask = 24

[vg#1]
type = loop
file = {env.base}.img
size = 1g

[fs#1]
type = ext4
dev = {vg#1.file}
mnt = {env.base}
mnt_opt = noatime

[fs#2]
type = bind
dev = {fs#1.mnt}/data
mnt = {env.base}-data

[app#1]
type = simple
start = {env.base}/bin/server --port $(8000+${at % 100}) --name {svcname}
start@bench = {env.base}/bin/server --port 8000 --here
user = nobody

[task#1]
type = host
command = {env.base}/bin/report
schedule = 02:00-04:00@120
`;
}

async function readAll(home: BenchHome): Promise<void> {
  const names = await readdir(home.services);
  await Promise.all(names.map(async (name) => ini.parse(await readFile(path.join(home.services, name), 'utf8'))));
}

async function validateAll(world: World, home: BenchHome): Promise<void> {
  const names = await readdir(home.services);
  const checked = await Promise.all(
    names.map(async (name) => {
      const file = await readServiceFile(path.join(home.services, name));
      return evaluateText(world, path.basename(name, '.conf'), file.text, file.path, file.mode);
    }),
  );
  const problems = checked.flatMap((one) => one.problems).filter((problem) => problem.severity === 'error');
  if (checked.length !== count || problems.length > 0)
    throw new Error(`the files of the benchmark must be valid: ${JSON.stringify(problems[0])}`);
}

export async function bench(): Promise<Bench> {
  const home = makeBenchHome(Object.fromEntries(Array.from({ length: count }, (_, at) => [`svc${at}`, text(at)])));
  const world = await makeBenchWorld(home);
  try {
    const rows = await measure(
      [
        { name: 'floor: read, ini.parse', isFloor: true, run: () => readAll(home) },
        { name: 'read, validate, evaluate', run: () => validateAll(world, home) },
      ],
      { rounds: 10 },
    );
    return { title: `validate: ${count} files of six resources`, rows };
  } finally {
    home.remove();
  }
}
