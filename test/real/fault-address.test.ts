import { expect } from 'chai';
import { makeNetns, type Netns, useNetns } from '../support/netns.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { makeExt4, loopAndExt4, isAttached, useService } from './fault-service.ts';

const needs = { root: true, tools: ['losetup', 'mkfs.ext4', 'ip', 'arping', 'nsenter'], files: ['/dev/loop-control'] };

describeUnless(missing(needs), 'real faults: an address that is alive elsewhere', function () {
  this.timeout(60_000);
  const netns = useNetns('here');
  const svc = useService(netns);
  let other: Netns | undefined;

  before('a second machine on the same cable that has the address', () => {
    other = makeNetns('there');
    netns().cable('svc0', other, 'far0');
    other.run('ip', 'address', 'add', '10.9.9.1/24', 'dev', 'far0');
  });

  after(() => other?.remove());

  const text = `[ip#1]\ntype = host\nipname = 10.9.9.1\nnetmask = 24\nipdev = svc0\n${loopAndExt4}`;
  const addresses = () => netns().run('ip', '-4', '-o', 'address', 'show', 'dev', 'svc0').trim();

  it('is refused before the first change, with the name that waives it; --force waives nothing; --allow NAME takes it', async () => {
    svc.write(text);
    makeExt4(svc);
    const said = await svc.must(5, ['start']);
    expect(said)
      .to.match(/ip#1: 10\.9\.9\.1 is alive elsewhere \(answered by [0-9A-F:]{17}\)/i)
      .and.to.contain('--allow address-alive');
    expect(await svc.must(5, ['start', '--force'])).to.contain('--allow address-alive');
    expect(await svc.must(5, ['start', '--allow', 'no-carrier'])).to.contain('--allow address-alive');
    expect(addresses()).to.equal('');
    expect(isAttached(svc)).to.equal(false);
    expect(await svc.must(0, ['start', '--allow', 'address-alive'])).to.match(
      /WARN SVC1\.IP#1 allowed \(address-alive\): 10\.9\.9\.1 is alive/,
    );
    expect(addresses()).to.contain('10.9.9.1/24');
    await svc.must(0, ['stop']);
    expect(addresses()).to.equal('');
  });

  it('is taken without a word once the other one has let it go', async () => {
    svc.write(text);
    makeExt4(svc);
    other?.run('ip', 'address', 'del', '10.9.9.1/24', 'dev', 'far0');
    await svc.must(0, ['start']);
    expect(addresses()).to.contain('10.9.9.1/24');
    await svc.must(0, ['stop']);
  });

  it('an interface that is not there, or without a cable: refused before the first change', async () => {
    svc.write(text.replace('svc0', 'svc9'));
    makeExt4(svc);
    expect(await svc.must(5, ['start']))
      .to.contain('interface svc9 not found')
      .and.not.to.contain('--allow');
    svc.write(text);
    other?.run('ip', 'link', 'set', 'far0', 'down');
    expect(await svc.must(5, ['start']))
      .to.contain('no carrier')
      .and.to.contain('--allow no-carrier');
    expect(isAttached(svc)).to.equal(false);
  });
});
