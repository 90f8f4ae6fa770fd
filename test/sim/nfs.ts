/** An NFS client whose server is in this process: this machine's kernel has no NFS. The real one is tried in the lab. */
import type { Doors } from '../../agent/driver/doors.ts';
import { failed, fine, parseWords, type Said } from './block/program.ts';

export interface NfsClient {
  /** `nas:/export/svc1` */
  readonly exports: Set<string>;
  readonly mounts: { readonly source: string; readonly point: string; readonly options: string }[];
  doors(real: Doors): Doors;
}

export function createNfsClient(): NfsClient {
  const client: NfsClient = { exports: new Set(), mounts: [], doors: (real) => doorsOver(client, real) };
  return client;
}

function doorsOver(client: NfsClient, real: Doors): Doors {
  return {
    ...real,
    run: async (argv, options) => {
      const [program, ...words] = argv;
      const said = simulate(client, program, words);
      if (said === undefined) return real.run(argv, options);
      await options.beforeExec?.({ pid: 0, startTicks: 0, marker: '' });
      return { exitCode: said.exitCode, stdout: said.stdout ?? '', stderr: said.stderr ?? '', durationMs: 1, truncated: false };
    },
    hasTool: async (name) => name === 'mount.nfs' || real.hasTool(name),
    readText: async (path) => {
      const text = await real.readText(path);
      return path === '/proc/self/mountinfo' ? `${text}${client.mounts.map(lineOf).join('')}` : text;
    },
  };
}

function lineOf({ source, point, options }: NfsClient['mounts'][number], at: number): string {
  const access = options.split(',').includes('ro') ? 'ro' : 'rw';
  return `${90_000 + at} 1 0:${900 + at} / ${point} ${access},relatime shared:1 - nfs4 ${source} ${access},vers=4.2,hard\n`;
}

/** Undefined: not about a mount of ours. */
function simulate(client: NfsClient, program: string, words: readonly string[]): Said | undefined {
  const { values, rest } = parseWords(words, { flags: ['-f'], values: ['-t', '-o', '-c'] });
  const [first = '', point = ''] = rest;
  if (program === 'mount' && values.get('-t') === 'nfs') {
    if (!client.exports.has(first))
      return failed(32, `mount.nfs: mounting ${first} failed, reason given by server: No such file or directory`);
    client.mounts.push({ source: first, point, options: values.get('-o') ?? '' });
    return fine();
  }
  const at = client.mounts.findLastIndex((mount) => mount.point === first);
  if (at === -1) return undefined;
  if (program === 'umount') {
    client.mounts.splice(at, 1);
    return fine();
  }
  return program === 'stat' && words.includes('-f') ? fine('100000 50000 4096\n') : undefined;
}
