/** A mocha file of this project inside a node of the lab. */
import { projectRoot } from '../support/imports.ts';
import type { LabNode } from './node.ts';

export interface InsideResult {
  readonly passed: readonly string[];
  /** Title and what went wrong. */
  readonly failed: readonly { readonly title: string; readonly message: string }[];
  readonly skipped: readonly string[];
}

export interface InsideOptions {
  /** Only tests whose title matches (mocha's --grep). */
  readonly grep?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Of the whole run; default 5 min. */
  readonly timeoutMs?: number;
}

interface Test {
  readonly fullTitle: string;
  readonly err: { readonly message?: string; readonly stack?: string };
}

const resultFile = '/run/lab/mocha.json';

/** Runs these files, paths below the project; throws when mocha gave no result at all. Files it wrote: `node.read`. */
export async function runMocha(node: LabNode, files: readonly string[], options: InsideOptions = {}): Promise<InsideResult> {
  const argv = ['node', '--import', 'tsx', 'node_modules/mocha/bin/mocha.js', '--no-config', '--require', './test/support/hooks.ts'];
  // Ten times slower than outside.
  const more = ['--exit', '--timeout', '200000', '--reporter', 'json', '--reporter-option', `output=${resultFile}`];
  const grep = options.grep === undefined ? [] : ['--grep', options.grep];
  await node.must(['rm', '-f', resultFile]);
  const env = options.env === undefined ? {} : { env: options.env };
  const result = await node.run([...argv, ...more, ...grep, ...files], {
    ...env,
    cwd: projectRoot,
    timeoutMs: options.timeoutMs ?? 300_000,
  });
  const text = (await node.read(resultFile).catch(() => undefined))?.toString('utf8');
  if (text === undefined) throw new Error(`${node.name}: mocha gave no result\n${result.stdout}${result.stderr}`);
  const report = JSON.parse(text) as { passes: Test[]; failures: Test[]; pending: Test[] };
  return {
    passed: report.passes.map(({ fullTitle }) => fullTitle),
    failed: report.failures.map(({ fullTitle, err }) => ({ title: fullTitle, message: err.stack ?? err.message ?? '' })),
    skipped: report.pending.map(({ fullTitle }) => fullTitle),
  };
}
