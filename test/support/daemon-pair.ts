/** The pair of test/support/pair.ts with a daemon on each node, and an application on node1 that can be broken for good. */
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { StatusDocument } from '../../agent/state/status-document.ts';
import { type DaemonProcess, startDaemon, svcmgrd } from './daemon.ts';
import { eventually } from './eventually.ts';
import { makePair, type Pair } from './pair.ts';

export interface DaemonPair {
  pair(): Pair;
  statusOn(node: string, ...more: readonly string[]): Promise<StatusDocument>;
  /** kill -9 to the application on node1, which cannot be started there again. */
  breakApplication(): Promise<void>;
  /** Until the monitor of node1 has looked so many times more. */
  looks(count: number): Promise<void>;
}

/** A relocation, or some looks of the monitor, on a machine on which others work. */
export const limitMs = 120_000;

/** Inside `describe`: before each test up on node1, with fresh daemons; after each never mounted on both. */
export function useDaemonPair(): DaemonPair {
  let made: Pair | undefined;
  let daemons: readonly DaemonProcess[] = [];
  const pair = (): Pair => {
    if (made === undefined) throw new Error('the pair exists only inside a test');
    return made;
  };
  const file = (node: string, name: string): string => path.join(pair().folder, node, name);
  before('make the pair', async function () {
    this.timeout(120_000);
    made = await makePair('monitor_action = switch\n');
    for (const { name, home } of made.nodes.all) {
      script(file(name, 'app'), 'exec sleep 1000000');
      script(file(name, 'other'), `echo look >>${file(name, 'looks')}; test -e ${file(name, 'up')}`);
      writeFileSync(file(name, 'looks'), '');
      const conf = home.path('services.d', 'svc1.conf');
      writeFileSync(conf, readFileSync(conf, 'utf8').replace('start = sleep 1000000', `start = ${file('{nodename}', 'app')}`) + more());
    }
  });
  /** The second application says how often the monitor has looked. */
  const more = (): string => {
    const [other, up] = [file('{nodename}', 'other'), file('{nodename}', 'up')];
    return `monitor = true\nrestart = 1\nrestart_delay = 1s\n[app#2]\ntype = forking\nmonitor = true\ncheck = ${other}\nstart = touch ${up}\nstop = rm ${up}\n`;
  };
  beforeEach('up on node1, a daemon on each', async () => {
    await pair().reset();
    if (existsSync(file('node1', 'app.away'))) renameSync(file('node1', 'app.away'), file('node1', 'app'));
    await pair().must('node1', 'thaw');
    await pair().must('node1', 'start');
    daemons = pair().nodes.all.map(({ name, home, netns }) => startDaemon(home, { SVCMGR_NODENAME: name }, [...netns.enter, svcmgrd]));
    for (const daemon of daemons) await daemon.ready();
  });
  afterEach('end the daemons', async () => {
    for (const daemon of daemons) await daemon.stop();
    const [first] = pair().splits;
    if (first !== undefined) throw new Error(`it was mounted on both nodes at ${first}`);
  });
  after('remove the pair', () => made?.remove());
  const statusOn: DaemonPair['statusOn'] = async (node, ...words) =>
    JSON.parse((await pair().must(node, 'print', 'status', '--format', 'json', ...words)).stdout) as StatusDocument;
  const count = (): number => readFileSync(file('node1', 'looks'), 'utf8').split('\n').length;
  return {
    pair,
    statusOn,
    breakApplication: async () => {
      const pid = (await statusOn('node1', '--refresh')).resources['app#1']?.facts['pid'];
      renameSync(file('node1', 'app'), file('node1', 'app.away'));
      process.kill(Number(pid), 'SIGKILL');
    },
    looks: async (wanted) => {
      const before = count();
      await eventually(() => count() >= before + wanted, limitMs);
    },
  };
}

function script(file: string, text: string): void {
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
}
