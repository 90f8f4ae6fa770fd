/** An agent that can be killed: runs one command over ssh as SSH_TEST_JOB says, prints its lines and what came of it as JSON. */
import type { ConnectLimits } from '../../agent/io/ssh/connection.ts';
import type { SshHost } from '../../agent/io/ssh/host.ts';
import { createSshPool } from '../../agent/io/ssh/pool.ts';
import { type RemoteOptions, remoteRun } from '../../agent/io/ssh/remote-exec.ts';
import { asSvcError } from '../../agent/errors.ts';

export interface SshJob {
  readonly host: SshHost;
  readonly argv: readonly [string, ...string[]];
  readonly options?: Pick<RemoteOptions, 'timeoutMs' | 'survive'>;
  readonly limits?: Partial<ConnectLimits>;
}

const { host, argv, options, limits } = JSON.parse(process.env['SSH_TEST_JOB'] ?? '') as SshJob;
const pool = createSshPool(limits);
try {
  const result = await remoteRun(pool, host, argv, { ...options, onLine: (_, line) => void process.stdout.write(`line ${line}\n`) });
  process.stdout.write(`result ${JSON.stringify(result)}\n`);
} catch (thrown) {
  const { code, message, facts } = asSvcError(thrown);
  process.stdout.write(`error ${JSON.stringify({ code, message, facts })}\n`);
}
await pool.closeAll();
