/**
 * The thin path of the command line: parses, answers help and version, and loads the engine only for the rest.
 * Built as dist/svcmgr.cjs; a test holds what it may contain (spec/deps.md "CLI cold start").
 */
import { basename } from 'node:path';
import { asSvcError, errorKinds, type SvcError } from '../errors.ts';
import { renderHelp, renderVerbHelp } from './help.ts';
import { parseCommandLine } from './parse.ts';
import { version } from './version.ts';

async function main(): Promise<number> {
  const link = process.env['SVCMGR_ARGV0'];
  const parsed = parseCommandLine(process.argv.slice(2), link === undefined ? undefined : basename(link));
  if (parsed.kind === 'version') return say(`svcmgr ${version}\n`);
  if (parsed.kind === 'help') return say(parsed.verb === undefined ? renderHelp(version) : renderVerbHelp(parsed.verb));
  const engine = await import('../main.ts');
  return engine.runInvocation(parsed.call);
}

function say(text: string): number {
  process.stdout.write(text);
  return 0;
}

/** One form for every error a person sees: what, then what to do. */
function complain(error: SvcError): number {
  process.stderr.write(`svcmgr: ${error.message}\n${error.hint === undefined ? '' : `  ${error.hint}\n`}`);
  return errorKinds[error.code].exit;
}

// A reader that went away (| head) is not an error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
main().then(
  (code) => {
    process.exitCode = code;
  },
  (thrown: unknown) => {
    process.exitCode = complain(asSvcError(thrown));
  },
);
