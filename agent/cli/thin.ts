/**
 * The thin path of the command line: parses, answers help and version, and loads the engine only for the rest.
 * Built as dist/svcmgr.cjs; a test holds what it may contain (spec/deps.md "CLI cold start").
 */
import { basename } from 'node:path';
import { asSvcError } from '../errors.ts';
import { actedByDaemon } from './act-through-daemon.ts';
import { answeredByDaemon } from './ask-daemon.ts';
import { complaint, exitOf } from './complain.ts';
import { renderHelp, renderVerbHelp } from './help.ts';
import { leave } from './leave.ts';
import { parseCommandLine } from './parse.ts';
import { version } from './version.ts';

async function main(): Promise<number> {
  const link = process.env['SVCMGR_ARGV0'];
  const parsed = parseCommandLine(process.argv.slice(2), link === undefined ? undefined : basename(link));
  if (parsed.kind === 'version') return say(`svcmgr ${version}\n`);
  if (parsed.kind === 'help') return say(parsed.verb === undefined ? renderHelp(version, parsed.head) : renderVerbHelp(parsed.verb));
  // An action goes on to its end when its reader has gone (| head); looking is no use to anybody then.
  goneReader.ends = parsed.call.verb.group !== 'actions' && parsed.call.verb.group !== 'configuration';
  const remembered = (await answeredByDaemon(parsed.call)) ?? (await actedByDaemon(parsed.call));
  if (remembered !== undefined) return remembered;
  const engine = await import('../main.ts');
  return engine.runInvocation(parsed.call);
}

function say(text: string): number {
  process.stdout.write(text);
  return 0;
}

const goneReader = { ends: true };
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (goneReader.ends) process.exit(error.code === 'EPIPE' ? 0 : 1);
});
process.stderr.on('error', () => undefined);
// Should anything wait for what never comes, the process ends here by itself: that is no success.
process.exitCode = 70;
main().then(
  (code) => leave(code),
  // The engine prints its own errors; what comes here is the command line itself, or a build without its engine.
  (thrown: unknown) => {
    const error = asSvcError(thrown);
    process.stderr.write(complaint(error, process.argv.includes('--debug')));
    leave(exitOf(error));
  },
);
