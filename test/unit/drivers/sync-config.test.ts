import { expect } from 'chai';
import type { Outcome } from '../../../agent/driver/contract.ts';
import { SvcError } from '../../../agent/errors.ts';
import { differenceText, differingLines } from '../../../drivers/lib/text-difference.ts';
import { digestOf } from '../../../drivers/lib/text-digest.ts';
import config from '../../../drivers/sync/config.ts';
import { createFake, type Fake, type FakeOptions } from './fake.ts';

const src = '/home1/services.d/svc1.conf';
const path = '/home2/services.d/svc1.conf';
const ours = '[fs#1]\ntype = flag\n';

interface There {
  readonly theirs?: string;
  readonly names?: readonly string[];
  readonly more?: Partial<FakeOptions>;
}

function fake({ theirs, names = [], more = {} }: There = {}): Fake {
  const folder = { '/home2/services.d': [...names, ...(theirs === undefined ? [] : ['svc1.conf'])] };
  return createFake(config, {
    rid: 'sync#i0',
    peers: {
      node2: { services: '/home2/services.d', machine: { folders: folder, files: theirs === undefined ? {} : { [path]: theirs } } },
    },
    ...more,
    config: { src },
    machine: { files: { [src]: ours }, stats: { [src]: { kind: 'file', mode: 0o600 } } },
  });
}

const update = async (made: Fake): Promise<readonly Outcome[]> => (await config.sync?.update?.(made.at as never)) ?? [];

describe('unit: driver sync.config', () => {
  it('sends the file where there is none, and both sides know what they have in common', async () => {
    const made = fake();
    expect(await update(made)).to.deep.equal([{ target: 'node2', ok: true, bytes: ours.length }]);
    expect(made.done).to.deep.equal([`node2: write ${path}`]);
    expect(made.peers['node2']?.files[path]).to.equal(ours);
    const digest = await digestOf(ours);
    expect([made.machine.memory.get('common'), made.told.get('node2 common')]).to.deep.equal([digest, digest]);
  });

  it('writes nothing when the copy is the same, and replaces the one sent there last', async () => {
    const same = fake({ theirs: ours });
    expect(await update(same)).to.deep.equal([{ target: 'node2', ok: true, bytes: 0 }]);
    expect(same.done).to.deep.equal([]);
    const older = fake({ theirs: '[fs#1]\n' });
    older.told.set('node2 common', await digestOf('[fs#1]\n'));
    expect((await update(older))[0]).to.deep.include({ ok: true });
    expect(older.peers['node2']?.files[path]).to.equal(ours);
  });

  it('refuses to overwrite what was edited there, shows the difference, and goes on when it is allowed', async () => {
    const theirs = '[fs#1]\ntype = flag\npassword = x\n';
    const made = fake({ theirs });
    const [outcome] = await update(made);
    expect(outcome).to.deep.include({ ok: false, code: 'REFUSED' });
    expect(outcome?.note).to.equal(
      `${path} was edited on node2 (- there, + here): -3: password = (not shown) (--allow overwrite-peer-config)`,
    );
    expect([made.done, made.peers['node2']?.files[path]]).to.deep.equal([[], theirs]);
    const allowed = fake({ theirs, more: { allow: ['overwrite-peer-config'] } });
    expect((await update(allowed))[0]).to.deep.include({ ok: true });
  });

  it('refuses while the instance there is up, and beside a second file of the service', async () => {
    const peers = { node2: { services: '/home2/services.d', instance: { state: 'up' as const, text: 'up' } } };
    expect((await update(fake({ more: { peers } })))[0]?.note).to.equal('svc1 on node2: up (--allow peer-up)');
    expect((await update(fake({ names: ['svc1.env'] })))[0]?.note).to.match(/has this service in svc1.env/);
  });

  it('goes on to the others past one that is dead', async () => {
    const gone = { services: '/home2/services.d', gone: new SvcError('UNREACHABLE', 'dead') };
    const made = fake({ more: { peers: { node2: gone, node3: { services: '/home3/services.d' } } } });
    expect((await update(made)).map(({ target, ok }) => `${target} ${ok}`)).to.deep.equal(['node2 false', 'node3 true']);
  });
});

describe('unit: difference of two texts', () => {
  it('tells lines of either side with their numbers', () => {
    expect(differenceText(differingLines('a = 1\nb = 2\nc = 3\n', 'a = 1\nb = 4\nc = 3\nd = 5\n'), new Set())).to.equal(
      '-2: b = 2 | +2: b = 4 | +4: d = 5',
    );
    expect(differingLines('x\n', 'x\n')).to.deep.equal([]);
    expect(differenceText(differingLines('', 'a = 1\n'), new Set())).to.equal('-1:  | +1: a = 1');
  });

  it('shows no value that is or looks secret, however it is scoped or continued', () => {
    const theirs = 'pin@node2 = 1234\napi_token = abc\n  continued\n';
    const text = differenceText(differingLines(theirs, ''), new Set(['pin']), 9);
    expect(text).not.to.match(/1234|abc|continued =| {2}continued/);
    expect(text).to.include('pin@node2 = (not shown)');
  });

  it('is bounded', () => {
    const many = Array.from({ length: 5000 }, (_, at) => `k${at} = 1`).join('\n');
    expect(differenceText(differingLines(many, many.replaceAll(' 1', ' 2')), new Set())).to.match(/and 9994 more$/);
  });
});
