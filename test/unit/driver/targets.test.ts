import { expect } from 'chai';
import { createAct } from '../../../agent/driver/context.ts';
import type { Doors } from '../../../agent/driver/doors.ts';
import { lazyDoors, placeOf } from '../../../agent/driver/targets.ts';
import { networkDoors } from '../../../agent/driver/wrapped-doors.ts';
import { SvcError } from '../../../agent/errors.ts';
import { createBench, effectsOf, errorOf, ok } from './table-doors.ts';

/** Doors that write down what passes, over those of a bench. */
function spied(doors: Doors, seen: string[], tools: readonly string[] = ['ip', 'cat']): Doors {
  return {
    ...doors,
    run: async (argv) => {
      seen.push(argv.join(' '));
      return { ...ok, stdout: 'said' };
    },
    hasTool: async (name) => tools.includes(name),
    statFile: async (path) => (path.includes('gone') ? undefined : ({ kind: 'file' } as never)),
    readText: async (path) => `text of ${path}`,
  };
}

describe('unit: driver targets', () => {
  it('say where, and whether a command has a process here', () => {
    expect(placeOf({ node: 'n2' })).to.deep.equal({ suffix: ' (on n2)', remote: true });
    expect(placeOf({ array: 'a1' })).to.deep.equal({ suffix: ' (on a1)', remote: true });
    expect(placeOf({ container: 'container#0' })).to.deep.equal({ suffix: ' (in container#0)', remote: false });
    expect(placeOf({ netns: 'blue' })).to.deep.equal({ suffix: ' (in the network of blue)', remote: false });
  });

  it('are opened once, by the first look, and again after an opening that failed', async () => {
    let opened = 0;
    const { input } = createBench();
    const doors = lazyDoors(() => {
      opened += 1;
      if (opened === 1) throw new SvcError('UNREACHABLE', 'not yet');
      return spied(input.doors, []);
    });
    expect(opened).to.equal(0);
    expect((await errorOf(doors.readText('/a'))).code).to.equal('UNREACHABLE');
    expect(await Promise.all([doors.readText('/a'), doors.readText('/b')])).to.deep.equal(['text of /a', 'text of /b']);
    expect(opened).to.equal(2);
  });

  it('get changes that are announced with their place; one on another node is journaled before it is sent', async () => {
    const story: string[] = [];
    const seen: string[] = [];
    const { input } = createBench({}, { effects: effectsOf(story, false) });
    const act = createAct({ ...input, doorsFor: () => spied(input.doors, seen) });
    await act.on({ node: 'n2' }).change(['mkdir', '/x']);
    await act.on({ container: 'container#0' }).change(['mkdir', '/x']);
    expect(seen).to.deep.equal(['mkdir /x', 'mkdir /x']);
    const announced = story.filter((line) => line.startsWith('announce'));
    expect(announced[0])
      .to.match(/other/)
      .and.match(/mkdir \/x \(on n2\)/);
    expect(announced[1])
      .to.match(/command/)
      .and.match(/mkdir \/x \(in container#0\)/);
  });

  it('tell in an error where the command ran', async () => {
    const { input } = createBench();
    const failing = { ...input.doors, run: async () => ({ ...ok, exitCode: 3 }) };
    const act = createAct({ ...input, doorsFor: () => failing });
    expect((await errorOf(act.on({ node: 'n2' }).change(['mkdir', '/x']))).message).to.match(/^mkdir \/x \(on n2\): exit 3/);
  });

  it('share no answer with this node', async () => {
    const { input } = createBench();
    const keys: string[] = [];
    const shared = {
      once: <V>(key: string, probe: () => Promise<V>) => {
        keys.push(key);
        return probe();
      },
      forgetAll: () => undefined,
    };
    const place = placeOf({ container: 'container#0' });
    await createAct({ ...input, shared }).shared('links', async () => 1);
    await createAct({ ...input, shared, place }).shared('links', async () => 1);
    expect(keys).to.deep.equal(['links', 'links (in container#0)']);
  });
});

describe('unit: doors of a network', () => {
  const make = (path: string, seen: string[], isAlive?: () => boolean) =>
    networkDoors(spied(createBench().input.doors, seen), path, 'blue', isAlive);

  it('run the commands of this node in there, and read what /proc shows of that network', async () => {
    const seen: string[] = [];
    const doors = make('/run/netns/blue', seen);
    await doors.run(['ip', 'link'], {});
    expect(await doors.readText('/proc/sys/net/ipv4/ip_forward')).to.equal('said');
    expect(await doors.readText('/etc/hosts')).to.equal('text of /etc/hosts');
    expect(seen).to.deep.equal([
      'nsenter --net=/run/netns/blue -- ip link',
      'nsenter --net=/run/netns/blue -- cat /proc/sys/net/ipv4/ip_forward',
    ]);
  });

  it('say what is missing instead of an exit code of nsenter', async () => {
    const seen: string[] = [];
    expect(await errorOf(make('/run/netns/blue', seen).run(['arping', '-D'], {}))).to.include({
      code: 'UNSUPPORTED',
      message: 'arping is not installed',
    });
    expect(await errorOf(make('/run/netns/gone', seen).run(['ip'], {}))).to.include({
      code: 'UNREACHABLE',
      message: 'the network of blue is not there',
    });
    expect((await errorOf(make('/proc/1/ns/net', seen, () => false).run(['ip'], {}))).code, 'its process has ended').to.equal(
      'UNREACHABLE',
    );
    expect(seen).to.deep.equal([]);
  });
});
