import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { SvcError } from '../../agent/errors.ts';
import { endOrphans, findOrphans, type JournaledCommand, waitForOrphans } from '../../agent/io/orphan.ts';
import { bootId } from '../../agent/io/process.ts';
import { useHome } from '../support/home.ts';
import { eventually, isRunning, startAgent } from './io-agent.ts';

describe('orphans', () => {
  const home = useHome();

  /** A command whose agent was killed, as its journal knows it; `pids` are its processes. */
  async function crash(script: string, count: number): Promise<{ command: JournaledCommand; pids: readonly number[] }> {
    const file = home().path('pids');
    const agent = startAgent('run', JSON.stringify(['sh', '-c', script, 'sh', file]));
    const held = JSON.parse(await agent.next()) as Omit<JournaledCommand, 'boot'>;
    const read = (): readonly number[] => (existsSync(file) ? readFileSync(file, 'utf8').trim().split(/\s+/).map(Number) : []);
    await eventually(() => read().filter((pid) => pid > 1).length === count);
    await agent.killGroup();
    return { command: { ...held, boot: bootId() }, pids: read() };
  }

  it('are found while the first process lives', async () => {
    const { command, pids } = await crash('sleep 600 & echo $$ $! >$1; wait', 2);
    expect(findOrphans(command).map(({ pid }) => pid)).to.deep.equal([...pids].sort((a, b) => a - b));
    expect(await endOrphans(command)).to.deep.equal([]);
    expect(pids.filter(isRunning)).to.deep.equal([]);
  });

  it('are found when the first process is gone but others of its group are not', async () => {
    const { command, pids } = await crash('sleep 600 & echo $! >$1', 1);
    await eventually(() => !isRunning(command.pid));
    expect(findOrphans(command).map(({ pid }) => pid)).to.deep.equal(pids);
    expect(findOrphans({ ...command, marker: 'of another command' })).to.deep.equal([]);
    expect(findOrphans({ ...command, leaves: true })).to.deep.equal([]);
    expect(await endOrphans(command, { graceMs: 1000, killWaitMs: 1000 })).to.deep.equal([]);
  });

  it('are none in another boot, or when the pid belongs to another process', async () => {
    const { command } = await crash('echo $$ >$1; exec sleep 600', 1);
    expect(findOrphans({ ...command, boot: 'another' })).to.deep.equal([]);
    expect(findOrphans({ ...command, startTicks: command.startTicks + 1, marker: 'x' })).to.deep.equal([]);
    expect(findOrphans(command)).to.have.lengthOf(1);
    await endOrphans(command);
  });

  it('are waited for, within limits', async () => {
    const { command } = await crash('echo $$ >$1; exec sleep 600', 1);
    const error = await waitForOrphans(command, { timeoutMs: 50 }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(SvcError).with.property('code', 'TIMEOUT');
    expect((error as SvcError).message)
      .to.include(String(command.pid))
      .and.include('sleep 600');
    const cancelled = await waitForOrphans(command, { timeoutMs: 60_000, signal: AbortSignal.abort() }).catch((thrown: unknown) => thrown);
    expect(cancelled).to.have.property('code', 'CANCELLED');
    const waiting = waitForOrphans(command, { timeoutMs: 60_000 });
    process.kill(command.pid, 'SIGKILL');
    await waiting;
  });
});
