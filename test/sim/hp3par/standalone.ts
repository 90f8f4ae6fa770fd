/** `npm run sim:hp3par`: the simulator as a process of its own, for demonstrations and for nodes in other network namespaces. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { documentPair, type SimConfig } from './config.ts';
import { connectControls } from './control-socket.ts';
import { controlNames } from './controls.ts';
import type { User } from './model.ts';
import { startHp3par } from './simulator.ts';

const help = `npm run sim:hp3par -- [options]             starts two simulated HP 3PAR arrays and says how to reach them
npm run sim:hp3par -- ctl SOCKET CALL [ARG…]  calls a control of a running one; an argument is JSON or a word

  --config FILE    a description as JSON (test/sim/hp3par/config.ts); default: the pair of the OpenSVC document
  --folder FOLDER  where images, devices and sockets are; default: a new one, removed at the end
  --size-mb N      bytes for the volumes of the document's pair; default 16
  --devices        show volumes as loop devices (root)
  --clock MODE     real (default), stepped, manual
  --key FILE       public key of the array user opensvc; default: a new key pair in the folder

Calls: ${controlNames.join(' ')}

  ssh -p PORT -i KEY opensvc@127.0.0.1 showrcopy
  npm run sim:hp3par -- ctl SOCKET links hp3par1.opensvc.com hp3par2.opensvc.com false`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', default: false },
    config: { type: 'string' },
    folder: { type: 'string' },
    'size-mb': { type: 'string', default: '16' },
    devices: { type: 'boolean', default: false },
    clock: { type: 'string', default: 'real' },
    key: { type: 'string' },
  },
});

if (values.help) console.log(help);
else if (positionals[0] === 'ctl') await control(positionals.slice(1));
else await serve();

async function serve(): Promise<void> {
  const folder = values.folder ?? mkdtempSync(path.join(tmpdir(), 'hp3par-'));
  const sim = await startHp3par(configuration(folder), folder);
  const arrays = Object.keys(sim.controls.state()).map((name) => ({ name, ...pick(sim.ssh(name)) }));
  console.log(JSON.stringify({ ready: true, folder, control: sim.controlSocket, cli: sim.cli, arrays }, undefined, 2));
  const end = async () => {
    await sim.close();
    if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end());
}

function pick({ address, port, publicHostKey }: { address: string; port: number; publicHostKey: string }) {
  return { address, port, publicHostKey };
}

function configuration(folder: string): SimConfig {
  const { clock } = values;
  if (clock !== 'real' && clock !== 'stepped' && clock !== 'manual') throw new Error(`--clock ${clock}: real, stepped or manual`);
  const base = values.config === undefined ? example(folder) : (JSON.parse(readFileSync(values.config, 'utf8')) as SimConfig);
  return { ...base, clock, devices: values.devices || (base.devices ?? false) };
}

function example(folder: string): SimConfig {
  const key = path.join(folder, 'id_ed25519');
  if (values.key === undefined && !existsSync(key)) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const text = readFileSync(values.key ?? `${key}.pub`, 'utf8');
  const user: User = { name: 'opensvc', role: 'Super', password: 'opensvc', keys: [text.split(' ').slice(0, 2).join(' ').trim()] };
  return documentPair(user, Number(values['size-mb']));
}

async function control([socket = '', call = '', ...args]: readonly string[]): Promise<void> {
  const controls = await connectControls(socket);
  const found = Object.entries(controls).find(([name]) => name === call);
  if (found === undefined) throw new Error(`no control ${call}: ${controlNames.join(' ')}`);
  const run = found[1] as (...all: readonly unknown[]) => Promise<unknown>;
  console.log(JSON.stringify(await run(...args.map(argument)), undefined, 2) ?? 'done');
  controls.disconnect();
}

function argument(word: string): unknown {
  try {
    return JSON.parse(word);
  } catch {
    return word;
  }
}
