import {
  type Argv,
  type Blocker,
  defineDriver,
  type Entrance,
  type Note,
  type Observe,
  type Reader,
  type Report,
} from '../../agent/driver/contract.ts';
import type { Config, Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { attachArgv, lxcPlace } from '../lib/lxc.ts';
import { findAbsent, readConfig, readInfo } from '../lib/lxc-look.ts';
import { startContainer } from '../lib/lxc-start.ts';
import { stopContainer } from '../lib/lxc-stop.ts';
import { asArgv } from '../lib/argv.ts';
import { linkReads } from '../lib/links.ts';
import { includesStart } from '../lib/verbs.ts';

const keywords = {
  name: {
    kind: 'string',
    required: true,
    text: 'Name of the container, and of the node that encapsulated sections are read for.',
    example: 'ct1',
  },
  cf: { kind: 'path', text: 'Configuration file of the container; NAME/config below lxcpath when not set.', example: '/srv/svc1/ct1.conf' },
  rootfs: {
    kind: 'path',
    text: 'Root folder of the container, in place of the one that its configuration names.',
    example: '/srv/svc1/root',
  },
  lxcpath: { kind: 'path', text: 'Folder where LXC keeps its containers; /var/lib/lxc when not set.', example: '/srv/lxc' },
  start_timeout: { kind: 'duration', default: '4m', text: 'How long a start waits for the container to be up, and then to run commands.' },
  stop_timeout: { kind: 'duration', default: '2m', text: 'How long a stop waits for the container to shut down before it is killed.' },
  rcmd: {
    kind: 'argv',
    text: 'Command that runs the words behind it inside the container, in place of lxc-attach.',
    example: 'lxc-attach -n ct1 --',
  },
} as const satisfies Keywords;

type At = Observe<typeof keywords>;

/** A command that is everywhere and does nothing. */
const trial: Argv = ['pwd'];

async function status(at: At): Promise<Report> {
  const place = lxcPlace(at.config);
  const { state, pid } = await readInfo(at.local, place);
  const notes = await configNotes(at);
  if (state === 'STOPPED') return { state: 'down', notes };
  if (state === 'RUNNING') return { state: 'up', notes, facts: { pid: pid ?? 0 } };
  const mend = state === 'FROZEN' ? { mend: `lxc-unfreeze -n ${place.name}` } : {};
  return { state: 'warn', notes: [{ level: 'warn', text: `the container is ${state.toLowerCase()}`, ...mend }, ...notes] };
}

/** A container that LXC starts at boot would run on two nodes. */
async function configNotes(at: At): Promise<readonly Note[]> {
  const place = lxcPlace(at.config);
  const config = await readConfig(at.local, place);
  if (config?.autoBoot !== true) return [];
  return [{ level: 'warn', text: `container auto boot is on: lxc.start.auto in ${place.cf}` }];
}

async function blockers(at: At, verb: string): Promise<readonly Blocker[]> {
  if (!includesStart(verb)) return [];
  const place = lxcPlace(at.config);
  if ((await readInfo(at.local, place)).state !== 'STOPPED') return [];
  // What lies on a filesystem of this service comes with it; the start looks again.
  return (await findAbsent(at, place)).filter((absent) => absent.hiddenBy === undefined).map(({ text }) => ({ text }));
}

async function enter(at: At): Promise<Entrance> {
  const place = lxcPlace(at.config);
  const { rcmd } = at.config;
  const { state, pid } = await readInfo(at.local, place);
  if (pid === undefined || state === 'STOPPED') throw new SvcError('UNREACHABLE', `container ${place.name} does not run`);
  if (rcmd === undefined) return { init: pid, keeps: true, inside: (argv, visit) => attachArgv(place, argv, visit) };
  return {
    init: pid,
    keeps: false,
    inside: (argv, { set, uid, gid }) => {
      if (uid !== undefined || gid !== undefined)
        throw new SvcError('UNSUPPORTED', 'rcmd knows no accounts: user and group need lxc-attach');
      return [...asArgv(rcmd, 'rcmd'), ...envWords(set), ...argv];
    },
  };
}

function envWords(set: Readonly<Record<string, string>>): readonly string[] {
  const pairs = Object.entries(set).map(([name, value]) => `${name}=${value}`);
  return pairs.length === 0 ? [] : ['env', ...pairs];
}

function trialArgv(config: Config<typeof keywords>): Argv {
  return config.rcmd === undefined ? attachArgv(lxcPlace(config), trial) : [...asArgv(config.rcmd, 'rcmd'), ...trial];
}

async function tryInside(reader: Reader, config: Config<typeof keywords>): Promise<number> {
  const anyCode = Array.from({ length: 256 }, (_, code) => code);
  return (await reader.read(trialArgv(config), { okCodes: anyCode })).exitCode;
}

export default defineDriver({
  summary: 'A Linux container of LXC; resources of the service may live in it (encap), with nothing of svcmgr inside.',
  needs: ['lxc-start', 'lxc-stop', 'lxc-info', 'lxc-attach'],
  keywords,
  reads: (config) => [['lxc-info', '-n', config.name], trialArgv(config), ...linkReads],
  label: (config) => config.name,
  status,
  blockers,
  start: (at) => {
    const { start_timeout: timeoutMs } = at.config;
    return startContainer(at, lxcPlace(at.config), { timeoutMs, tryInside: () => tryInside(at.local, at.config) });
  },
  stop: (at) => stopContainer(at, lxcPlace(at.config), at.config.stop_timeout),
  enter,
});
