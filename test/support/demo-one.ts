/** The first part of the demo: a service on one node, from nothing to nothing, with an agent that is killed in between. */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { svcmgr } from './cli.ts';
import type { DemoPlace } from './demo-folder.ts';
import { type Call, type Stage, say } from './demo-run.ts';
import { type DemoPlan, pageServer, planDemo, serviceText } from './demo-service.ts';

export interface Part {
  show(): Promise<void>;
  /** After Ctrl-C: stops the service in the ordinary way. */
  stop(): Promise<void>;
}

export function oneNode(place: DemoPlace, stage: Stage): Part {
  const file = path.join(place.folder, 'services.d/demo.conf');
  const call = (argv: readonly string[]): Call => ({
    program: svcmgr,
    argv: ['-s', 'demo', ...argv],
    env: { ...process.env, SVCMGR_HOME: place.folder },
  });
  const run = (...argv: readonly string[]) => stage.mustRun(call(argv));
  return {
    show: async () => {
      say('\nPart 1: one node');
      const plan = prepare(place, file);
      await before(run);
      await halfway(run, plan, stage);
      say('\n4. The agent is killed (kill -9) while it restarts the application.');
      await crash(stage, call(['restart', '--rid', 'app#1']));
      await run('print', 'status');
      await run('resume');
      await fetchPage(plan, stage);
      await after(run);
    },
    stop: async () => {
      if (existsSync(file)) await stage.run(call(['stop']));
    },
  };
}

type Run = (...argv: readonly string[]) => Promise<void>;

async function before(run: Run): Promise<void> {
  say('\n1. Before: nothing of it exists yet.');
  await run('validate');
  await run('print', 'status');
  say('\n2. Make what it needs. First what that would do, then for real; then down again.');
  await run('provision', '--dry-run');
  await run('provision');
  await run('stop');
}

async function halfway(run: Run, plan: DemoPlan, stage: Stage): Promise<void> {
  say('\n3. Start it, in two parts, to see it halfway.');
  await run('start', '--upto', 'fs');
  await run('print', 'status');
  await run('start', '--reason', 'the demo goes on');
  await run('print', 'status');
  await fetchPage(plan, stage);
}

async function after(run: Run): Promise<void> {
  say('\n5. Stop it. First what that would do.');
  await run('stop', '--dry-run');
  await run('stop');
  await run('print', 'status');
  await run('history');
  say('\n6. Destroy what was made.');
  await run('unprovision', '--confirm', 'demo');
}

/** Kills the command line at its first command that takes a while. */
async function crash(stage: Stage, call: Call): Promise<void> {
  stage.mustGoOn();
  const code = await stage.run({ ...call, killAt: /sleep 1/ });
  stage.mustGoOn();
  if (code !== null) throw new Error(`svcmgr ${call.argv.join(' ')} ended with ${code} before it could be killed`);
  say('Killed');
}

async function fetchPage({ url }: DemoPlan, stage: Stage): Promise<void> {
  stage.mustGoOn();
  const answer = await fetch(url, { signal: AbortSignal.timeout(5000) });
  say(`\nThe application answers at ${url}: ${(await answer.text()).trim()}`);
}

function prepare(place: DemoPlace, file: string): DemoPlan {
  const plan = planDemo(place);
  for (const text of plan.leftOut) say(`Left out: ${text}`);
  const conf = serviceText(plan);
  writeFileSync(path.join(place.folder, 'server.mjs'), pageServer);
  writeFileSync(file, conf);
  say(`\nEverything of this part is below ${place.folder} (SVCMGR_HOME). The service file, services.d/demo.conf:\n`);
  say(conf.trimEnd().replace(/^(?=.)/gm, '  '));
  return plan;
}
