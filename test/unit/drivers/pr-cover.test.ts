import { expect } from 'chai';
import type { ResourceView } from '../../../agent/driver/contract.ts';
import { uncovered } from '../../../drivers/lib/pr-cover.ts';

const view = (rid: string, type: string, config: Readonly<Record<string, unknown>> = {}, standby = false): ResourceView => ({
  rid,
  type,
  label: rid,
  config,
  report: undefined,
  standby,
});
const group = (rid: string, name: string) => [view(`${rid}pr`, 'vg.scsireserv', { of: rid }), view(rid, 'vg.lvm', { name })];

describe('data that reservations cover', () => {
  it('is what stands on a reserved group, by either name of its device', () => {
    const service = [
      ...group('vg#1', 'vg-a'),
      view('lv#1', 'vg.lv', { vg: 'vg-a', name: 'data' }),
      view('fs#1', 'fs.ext4', { dev: '/dev/vg-a/data' }),
      view('fs#2', 'fs.xfs', { dev: '/dev/mapper/vg--a-data' }),
      view('fs#3', 'fs.ext4', { dev: '/dev/sdb' }),
      view('fs#3pr', 'vg.scsireserv', { of: 'fs#3' }),
      view('fs#4', 'fs.tmpfs'),
      view('app#1', 'app.simple'),
    ];
    expect(uncovered(service)).to.deep.equal([]);
  });

  it('is not a second group, a plain disk, a label, an image, nor a group whose name only begins alike', () => {
    const service = [
      ...group('vg#1', 'vg'),
      view('vg#2', 'vg.lvm', { name: 'other' }),
      view('lv#1', 'vg.lv', { vg: 'other', name: 'data' }),
      view('vg#3', 'vg.loop', { file: '/srv/disk.img' }),
      view('fs#1', 'fs.ext4', { dev: '/dev/mapper/vg--a-data' }),
      view('fs#2', 'fs.ext4', { dev: '/dev/sdb' }),
      view('fs#3', 'fs.btrfs', { dev: 'LABEL=data' }),
    ];
    expect(uncovered(service)).to.deep.equal(['vg#2', 'lv#1', 'vg#3', 'fs#1', 'fs#2', 'fs#3']);
  });

  it('does not ask for what is up on every node anyway', () => {
    expect(uncovered([...group('vg#1', 'vg'), view('fs#1', 'fs.ext4', { dev: '/dev/sdb' }, true)])).to.deep.equal([]);
  });
});
