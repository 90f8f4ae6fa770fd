import { expect } from 'chai';
import type { Doors } from '../../agent/driver/doors.ts';
import { createDoors } from '../../agent/io/doors.ts';
import { openScopes } from '../../agent/io/scope.ts';
import { Crash, type Faults, faultDoors, garbage, plainDoors } from './fault-doors.ts';

const real = createDoors(openScopes('/svt-none'));
const beforeExec = (): void => undefined;

/** Doors over two commands and a file, and the changes that really passed. */
function doorsWith(faults: Faults): { doors: ReturnType<typeof faultDoors>; done: string[] } {
  const done: string[] = [];
  const table: Partial<Doors> = {
    run: async (argv) => {
      done.push(argv.join(' '));
      return { exitCode: 0, stdout: 'a truth\n', stderr: '', durationMs: 1, truncated: false };
    },
    readText: async (path) => (path === '/there' ? 'a truth\n' : undefined),
    scopeProcesses: async () => [],
  };
  return { doors: faultDoors(table as Doors, faults), done };
}

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('contract: the doors with faults', () => {
  it('stand in the way of every door that looks or changes', () => {
    const faulted = new Map<string, unknown>(Object.entries(faultDoors(real)));
    const open = Object.entries(real).filter(([name, door]) => faulted.get(name) === door);
    expect(open.map(([name]) => name).filter((name) => !(plainDoors as readonly string[]).includes(name))).to.deep.equal([]);
  });

  it('tell a look from a change, and keep the order', async () => {
    const { doors } = doorsWith({});
    await doors.run(['look'], {});
    await doors.run(['change', 'a b'], { beforeExec });
    await doors.readText('/there');
    expect(doors.touches.map(({ nature, text }) => `${nature} ${text}`)).to.deep.equal([
      'look look',
      "change change 'a b'",
      'look file /there',
    ]);
    expect(doors.changes()).to.deep.equal(["change 'a b'"]);
  });

  it('die before or after the change of that number', async () => {
    for (const [side, passed] of [
      ['before', ['one']],
      ['after', ['one', 'two']],
    ] as const) {
      const { doors, done } = doorsWith({ die: { change: 1, side } });
      await doors.run(['one'], { beforeExec });
      expect(await errorOf(doors.run(['two'], { beforeExec }))).to.be.instanceOf(Crash);
      expect(done).to.deep.equal(passed);
    }
  });

  it('lie, and count no lie that is the truth', async () => {
    const { doors } = doorsWith({ lie: { to: 'file /there', with: 'garbage' } });
    expect(await doors.readText('/there')).to.equal(garbage);
    expect(doors.lies()).to.equal(1);
    const cut = doorsWith({ lie: { to: 'look', with: 'truncated' } }).doors;
    expect(await cut.run(['look'], {})).to.include({ stdout: 'a tr', truncated: true, exitCode: 0 });
    const none = doorsWith({ lie: { to: 'file /none', with: 'empty' } }).doors;
    expect(await none.readText('/none')).to.equal(undefined);
    expect(none.lies()).to.equal(0);
    const dead = doorsWith({ lie: { to: 'file /there', with: 'unreadable' } }).doors;
    expect(await errorOf(dead.readText('/there'))).to.include({ code: 'COMMAND' });
  });

  it('hang once, without the work, until the signal is aborted', async () => {
    const { doors, done } = doorsWith({ hang: 'change' });
    const controller = new AbortController();
    const hung = errorOf(doors.run(['change'], { beforeExec, signal: controller.signal }));
    await doors.hanging;
    controller.abort();
    expect(await hung).to.include({ code: 'CANCELLED' });
    expect(done).to.deep.equal([]);
    await doors.run(['change'], { beforeExec });
    expect(done).to.deep.equal(['change']);
  });

  it('refuse changes when frozen, and know no missing program', async () => {
    const { doors, done } = doorsWith({ frozen: true, missing: 'look' });
    expect(await errorOf(doors.run(['change'], { beforeExec }))).to.be.instanceOf(Error);
    expect(await errorOf(doors.run(['look'], {}))).to.include({ code: 'UNSUPPORTED' });
    expect(await doors.hasTool('look')).to.equal(false);
    expect(done).to.deep.equal([]);
  });
});
