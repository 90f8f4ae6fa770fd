import { expect } from 'chai';
import { SvcError } from '../../../agent/errors.ts';
import { type RidOptions, type Selectable, selectRids } from '../../../agent/state/select.ts';

const resources: readonly Selectable[] = [
  { rid: 'vg#1', group: 'vg', type: 'vg.lvm', tags: [] },
  { rid: 'disk#2', group: 'vg', type: 'vg.loop', tags: ['a'] },
  { rid: 'lv#3', group: 'vg', type: 'vg.lvm', tags: ['a', 'b'] },
  { rid: 'fs#1', group: 'fs', type: 'fs.ext4', tags: ['b'], subset: 'g1' },
  { rid: 'app#1', group: 'app', type: 'app.simple', tags: [], subset: 'g2' },
];
const select = (options: RidOptions) => selectRids(resources, options).join(' ');

function failure(options: RidOptions): SvcError {
  try {
    select(options);
  } catch (error) {
    if (error instanceof SvcError) return error;
  }
  throw new Error(`${JSON.stringify(options)} was accepted`);
}

describe('resource selection', () => {
  it('takes disk for vg, and each section word for its own', () => {
    expect(select({ rid: 'disk' })).to.equal('vg#1 disk#2 lv#3');
    expect(select({ rid: 'vg' })).to.equal('vg#1 disk#2 lv#3');
    expect(select({ rid: 'lv' })).to.equal('lv#3');
    expect(select({ rid: 'disk.loop' })).to.equal('disk#2');
  });

  it('keeps the order of the resources, whatever the order of the names', () => {
    expect(select({ rid: ' app#1 , fs' })).to.equal('fs#1 app#1');
  });

  it('suggests the nearest names for one that matches nothing', () => {
    const error = failure({ rid: 'fs#11' });
    expect([error.code, error.message, error.hint]).to.deep.equal(['NOT_FOUND', 'no resource matches fs#11', 'did you mean fs#1?']);
    expect(failure({ rid: 'zzzzzzzzz' }).hint).to.equal('resources here: vg#1 disk#2 lv#3 fs#1 app#1');
  });

  it('refuses a typo beside names that exist, in every option', () => {
    expect(failure({ rid: 'fs#1,ap#1' }).message).to.include('ap#1');
    expect(failure({ tags: 'a,zz' }).message).to.equal('no tag matches zz');
    expect(failure({ tags: 'a+zz' }).message).to.equal('no tag matches zz');
    expect(failure({ subsets: 'g1,g9' }).hint).to.equal('did you mean g1 or g2?');
  });

  it('tolerates a known group that this service does not have', () => {
    expect(select({ rid: 'fs,ip,share' })).to.equal('fs#1');
    expect(failure({ rid: 'ip' }).message).to.equal('no resource matches --rid ip');
  });

  it('says which options together leave nothing', () => {
    expect(failure({ rid: 'app', tags: 'a' }).message).to.equal('no resource matches --rid app and --tag a');
  });

  it('refuses empty names', () => {
    for (const options of [{ rid: '' }, { rid: 'fs,' }, { tags: 'a++b' }]) expect(failure(options).code).to.equal('CONFIG');
  });
});
