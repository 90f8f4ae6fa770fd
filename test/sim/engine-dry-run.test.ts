/** A dry-run looks for real, says what would change, and changes nothing. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { textsOf, useBench } from '../support/engine.ts';

/** Every file below a folder with its content, so that nothing can change unseen. */
function snapshot(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return Object.fromEntries(
    names.sort().map((name) => {
      const file = path.join(folder, name);
      return [name, statSync(file).isFile() ? readFileSync(file, 'utf8') : 'folder'];
    }),
  );
}

const three = '[fs#1]\ntype = double\n[app#1]\ntype = double\nstart_requires = fs#1(up)\n[app#2]\ntype = double\n';

describe('sim: engine: dry-run', () => {
  const bench = useBench();

  it('changes no file, takes no lock, writes no journal', async () => {
    const { service, act, home, stage } = bench();
    service(three);
    const before = snapshot(home.folder);
    const result = await act('start', { dryRun: true });
    expect(result).to.include({ ok: true, changes: 3, status: undefined });
    expect(snapshot(home.folder)).to.deep.equal(before);
    expect(stage.part('fs#1').state).to.equal('down');
    await act('start');
    const started = snapshot(home.folder);
    for (const verb of ['stop', 'restart', 'start'] as const) await act(verb, { dryRun: true });
    expect(snapshot(home.folder)).to.deep.equal(started);
  });

  it('gives the planned changes in order, marked in the log', async () => {
    const { service, act, stage } = bench();
    service(three);
    stage.set({ 'app#2': 'up' });
    const result = await act('start', { dryRun: true });
    expect(result.planned).to.deep.equal([
      { rid: 'fs#1', text: '/bin/true start fs#1' },
      { rid: 'app#1', text: '/bin/true start app#1' },
    ]);
    expect(stage.events).to.deep.equal(['plan start fs#1', 'plan start app#1']);
    expect(
      bench()
        .lines.filter((line) => line.level === 'info')
        .every((line) => line.dryRun === true),
    ).to.equal(true);
  });

  it('predicts the commands of the real run', async () => {
    const { service, act, journal } = bench();
    service(three);
    const { planned } = await act('start', { dryRun: true });
    await act('start');
    const ran = (await journal()).flatMap((record) => (record.kind === 'command' && record.phase === 'intent' ? [record.argv] : []));
    expect(ran).to.deep.equal(planned.map((line) => line.text));
  });

  it('counts what it planned before as started: requirements and views of siblings hold', async () => {
    const { service, act, stage } = bench();
    service(three);
    const seen: unknown[] = [];
    stage.part('app#1').on = (call, at) => {
      if (call === 'start') seen.push(at.resource('fs#1')?.report?.state);
    };
    expect((await act('start', { dryRun: true })).ok).to.equal(true);
    expect(seen).to.deep.equal(['up']);
  });

  it('plans both halves of a restart, and says what it cannot know', async () => {
    const { service, act } = bench();
    service(three);
    await act('start');
    const result = await act('restart', { dryRun: true });
    expect(result.planned.map((line) => line.text)).to.deep.equal(['/bin/true stop app#2', '/bin/true stop app#1', '/bin/true stop fs#1']);
    expect(result.steps.map((step) => step.rid)).to.deep.equal(['app#2', 'app#1', 'fs#1', 'fs#1', 'app#1', 'app#2']);
    expect(textsOf(bench(), 'info')).to.include('fs#1: start: its commands are known only once it is really stopped');
  });

  it('tells of a failure, without a rollback', async () => {
    const { service, act, stage } = bench();
    service(three);
    stage.part('app#1').fails.start = { error: new Error('no such device') };
    const result = await act('start', { dryRun: true });
    expect(result).to.include({ ok: false, exit: 1 });
    expect(stage.events).to.deep.equal(['plan start fs#1', 'plan start app#1']);
  });

  it('works on every verb', async () => {
    const { service, act, stage } = bench();
    service('[fs#1]\ntype = made\n[task#1]\ntype = double\n');
    stage.part('fs#1').provisioned = false;
    const texts = async (verb: 'provision' | 'unprovision' | 'run' | 'boot' | 'shutdown') =>
      (await act(verb, { dryRun: true })).planned.map((line) => line.text.replace('/bin/true ', ''));
    expect(await texts('provision')).to.deep.equal(['provision fs#1', 'start fs#1']);
    expect(await texts('run')).to.deep.equal(['run task#1']);
    stage.set({ 'fs#1': 'up' });
    expect(await texts('unprovision')).to.deep.equal(['stop fs#1', 'unprovision fs#1']);
    expect(await texts('shutdown')).to.deep.equal(['stop fs#1']);
    expect(await texts('boot')).to.deep.equal([]);
    expect(stage.part('fs#1')).to.include({ state: 'up', provisioned: false });
  });
});
