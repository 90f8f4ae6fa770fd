/** Actions on several services through the command, and the verbs about interrupted actions. */
import { expect } from 'chai';
import type { App } from '../../agent/cli/app.ts';
import { actionCommand } from '../../agent/cli/commands/action.ts';
import { clearCommand, resumeCommand } from '../../agent/cli/commands/interrupted.ts';
import { statusCommand } from '../../agent/cli/commands/status.ts';
import { localStatus } from '../../agent/cli/local-status.ts';
import { parseCommandLine } from '../../agent/cli/parse.ts';
import { interruptedActions } from '../../agent/engine/recover.ts';
import { SvcError } from '../../agent/errors.ts';
import { cutAction } from '../support/cut-action.ts';
import { createBarrier } from '../support/doubles.ts';
import { errorOf, useBench } from '../support/engine.ts';

describe('sim: engine: several services', () => {
  const bench = useBench();

  /** One command line, with what it printed. */
  const call = async (command: (app: App) => Promise<number>, line: string, signal = new AbortController().signal) => {
    const parsed = parseCommandLine(line.split(' '));
    if (parsed.kind !== 'call') throw new Error(`not a call: ${line}`);
    const printed = { out: '', note: '' };
    const code = await command({
      world: bench().world,
      call: parsed.call,
      out: (text) => {
        printed.out += text;
      },
      note: (text) => {
        printed.note += text;
      },
      colour: false,
      columns: 78,
      signal,
      env: {},
      ask: async () => undefined,
      ...localStatus(bench().world, signal),
    });
    return { code, ...printed };
  };
  const act = (line: string, signal?: AbortSignal) => call(actionCommand, line, signal);
  const services = (...names: readonly string[]) => {
    for (const name of names) bench().service(`[app#${name}]\ntype = double\n`, name);
  };

  it('runs at most --parallel at a time, and really that many', async () => {
    services('a1', 'a2', 'a3', 'a4');
    const together = createBarrier(2);
    const now = { running: 0, most: 0 };
    for (const rid of ['app#a1', 'app#a2', 'app#a3', 'app#a4']) {
      bench().stage.part(rid).on = async (kind) => {
        if (kind !== 'start') return;
        now.running += 1;
        now.most = Math.max(now.most, now.running);
        await together();
        now.running -= 1;
      };
    }
    const { code, out } = await act('-s a* start --parallel 2');
    expect(code).to.equal(0);
    expect(now.most).to.equal(2);
    expect(out.trim().split('\n')).to.have.length(5);
  });

  it('runs them one after the other otherwise', async () => {
    services('a1', 'a2');
    await act('-s a* start');
    expect(bench().stage.events).to.deep.equal(['start app#a1', 'start app#a2']);
  });

  it('goes on past one that fails, and exits 1 with a line for each', async () => {
    services('a1', 'a2', 'a3');
    bench().service('[app#1]\ntype = nothing\n', 'a4');
    bench().stage.part('app#a2').fails.start = { error: new SvcError('COMMAND', 'it broke') };
    bench().stage.part('app#a3').refuses['start'] = [{ text: 'the peer has it', allow: 'peer-up' }];
    const { code, out, note } = await act('-s a* start --parallel 4');
    expect(code).to.equal(1);
    const rows = out.trimEnd().split('\n').slice(1);
    expect(rows.map((row) => row.split(/ {2,}/).slice(0, 2))).to.deep.equal([
      ['a1', 'done'],
      ['a2', 'COMMAND'],
      ['a3', 'REFUSED'],
      ['a4', 'CONFIG'],
    ]);
    expect(note).to.include('it broke').and.include('--allow peer-up').and.include('a4');
  });

  it('exits with the code of the error when there is one service', async () => {
    services('a1');
    expect((await act('-s a1 start')).code).to.equal(0);
    bench().stage.set({ 'app#a1': 'down' });
    bench().stage.part('app#a1').refuses['start'] = [{ text: 'no' }];
    expect((await act('-s a1 start')).code).to.equal(5);
    bench().stage.part('app#a1').refuses['start'] = [];
    bench().stage.part('app#a1').fails.start = { error: new SvcError('TIMEOUT', 'no answer') };
    expect((await act('-s a1 start')).code, 'it ran and failed').to.equal(1);
    expect((await act('-s a1 start --rid fs#1')).code).to.equal(3);
    expect((await errorOf(act('-s b* start'))).code).to.equal('NOT_FOUND');
    expect((await errorOf(act('-s a1 start --parallel none'))).code).to.equal('CONFIG');
  });

  it('gives machines one document, also of what never began', async () => {
    services('a1', 'a2');
    bench().stage.part('app#a2').refuses['start'] = [{ text: 'no', allow: 'peer-up' }];
    const { out } = await act('-s a* start --format json');
    const { services: rows } = JSON.parse(out) as {
      services: { service: string; ok: boolean; exit: number; error: { facts: { allow: string[] } } | null }[];
    };
    expect(rows.map(({ service, ok, exit }) => [service, ok, exit])).to.deep.equal([
      ['a1', true, 0],
      ['a2', false, 5],
    ]);
    expect(rows[1]?.error?.facts.allow).to.deep.equal(['peer-up']);
  });

  it('begins no other service after Ctrl-C', async () => {
    services('a1', 'a2');
    const interrupt = new AbortController();
    bench().stage.part('app#a1').hangs.start = 'until abort';
    bench().stage.part('app#a1').on = (kind) => {
      if (kind === 'start') setImmediate(() => interrupt.abort(new SvcError('CANCELLED', 'aborted by SIGINT')));
    };
    const { code } = await act('-s a* start', interrupt.signal);
    expect(code).not.to.equal(0);
    expect(bench().stage.events).to.deep.equal(['start app#a1', 'stop app#a1']);
  });

  it('prints the trees of several, one of them cut short by nothing', async () => {
    services('a1', 'a2');
    const { code, out } = await call(statusCommand, '-s a* print status');
    expect(code).to.equal(0);
    expect(out.split('\n').filter((line) => /^a\d$/.test(line))).to.deep.equal(['a1', 'a2']);
  });

  it('resumes what was interrupted, with the options it had', async () => {
    bench().service('[app#1]\ntype = double\n[app#2]\ntype = double\n', 'a1');
    services('a2');
    cutAction(bench().world, 'a1', 'start', { 'app#2': 'down' }, 'cut-1', { rid: 'app#2', force: false, rollback: true, dryRun: false });
    const { code } = await call(resumeCommand, '-s a* resume');
    expect(code).to.equal(0);
    expect(bench().stage.events).to.deep.equal(['start app#2']);
    expect(await interruptedActions(bench().world, 'a1')).to.deep.equal([]);
  });

  it('clears what was interrupted, only when it is meant', async () => {
    services('a1');
    cutAction(bench().world, 'a1', 'stop', {});
    await call(clearCommand, '-s a1 clear --dry-run');
    expect(await interruptedActions(bench().world, 'a1')).to.have.length(1);
    await call(clearCommand, '-s a1 clear');
    expect(await interruptedActions(bench().world, 'a1')).to.deep.equal([]);
    expect(bench().stage.events).to.deep.equal([]);
  });
});
