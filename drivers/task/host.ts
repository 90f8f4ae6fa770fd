import { type Act, type Blocker, defineDriver, type Observe, type Report, type Result } from '../../agent/driver/contract.ts';
import type { Config, Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { asArgv, onlySet, programName } from '../lib/argv.ts';
import { parseEnvironment } from '../lib/environment.ts';
import { lastLines } from '../lib/last-lines.ts';
import { everyExit } from '../lib/retcodes.ts';
import { codeOf, messageOf } from '../lib/error-code.ts';

const keywords = {
  command: { kind: 'argv', required: true, text: 'What a run executes.', example: '/opt/svc1/bin/backup --full' },
  schedule: { kind: 'schedule', text: 'When the daemon runs it; only by hand when not set.', example: '02:00-04:00' },
  timeout: { kind: 'duration', text: 'How long the command may take; the limits of the agent when not set.', example: '1h' },
  user: { kind: 'string', text: 'User that the command runs as.', example: 'backup' },
  group: { kind: 'string', text: 'Group that the command runs as.', example: 'backup' },
  cwd: { kind: 'path', text: 'Working folder of the command.', example: '/opt/svc1' },
  environment: { kind: 'argv', text: 'Variables given to the command.', example: 'LEVEL=full' },
  check: {
    kind: 'enum',
    choices: ['none', 'last_run'],
    default: 'none',
    text: 'What the state tells: nothing, or how the last run ended.',
  },
  confirmation: { kind: 'boolean', default: 'false', text: 'Whether a run must be confirmed.' },
  on_error: { kind: 'argv', text: 'Command to run after the task has failed.', example: '/usr/bin/logger -t svc1 backup failed' },
} as const satisfies Keywords;

type At = Observe<typeof keywords>;
type Acting = Act<typeof keywords>;

/** Remembered: the exit code of the last run, or why it has none. */
const lastRunKey = 'last_run';

function runAs(config: Config<typeof keywords>) {
  const { user, group, cwd, timeout: timeoutMs } = config;
  return { ...onlySet({ user, group, cwd, timeoutMs }), env: parseEnvironment(config.environment) };
}

async function status(at: At): Promise<Report> {
  if (at.config.check === 'none') return { state: 'n/a' };
  const last = await at.recall(lastRunKey);
  if (last === undefined) return { state: 'n/a', notes: [{ level: 'info', text: 'it has not run yet' }] };
  if (last === '0') return { state: 'up', facts: { last_exit: 0 } };
  const how = /^\d+$/.test(last) ? `exit ${last}` : last;
  return {
    state: 'warn',
    notes: [{ level: 'warn', text: `the last run failed: ${how}`, mend: `svcmgr -s ${at.service} run --rid ${at.rid}` }],
  };
}

async function blockers(at: At, verb: string): Promise<readonly Blocker[]> {
  if (verb !== 'run' || !at.config.confirmation) return [];
  return [{ text: `${at.rid} runs ${programName(at.config.command)} only when it is confirmed`, allow: 'confirmation' }];
}

async function run(at: Acting): Promise<void> {
  if (at.config.confirmation && !at.allows('confirmation'))
    throw new SvcError('REFUSED', `${at.rid} must be confirmed`, { hint: '--confirm, or --allow confirmation' });
  const command = asArgv(at.config.command, 'command');
  let result: Result;
  try {
    result = await at.local.change(command, { ...runAs(at.config), okCodes: everyExit });
  } catch (error) {
    await afterFailure(at, codeOf(error) ?? 'BUG');
    throw error;
  }
  if (result.exitCode === 0) return at.remember(lastRunKey, '0');
  await afterFailure(at, String(result.exitCode));
  throw new SvcError('COMMAND', `${programName(command)}: exit ${result.exitCode}: ${lastLines(result.stderr || result.stdout)}`, {
    facts: { exitCode: result.exitCode },
  });
}

/** The task's own failure is what is reported; one of on_error is only logged. */
async function afterFailure(at: Acting, how: string): Promise<void> {
  await at.remember(lastRunKey, how);
  const { on_error: words } = at.config;
  // After a cancellation nothing more is started.
  if (words === undefined || how === 'CANCELLED') return;
  try {
    await at.local.change(asArgv(words, 'on_error'), runAs(at.config));
  } catch (error) {
    if (codeOf(error) === undefined || codeOf(error) === 'CANCELLED') throw error;
    at.log.warn(`on_error failed too: ${messageOf(error)}`);
  }
}

export default defineDriver({
  summary: 'A command that is run by hand or on a schedule.',
  needs: [],
  keywords,
  reads: () => [],
  label: (config) => `task: ${programName(config.command)}`,
  status,
  blockers,
  run,
});
