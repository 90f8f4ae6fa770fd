/** LVM reports, persistent reservations, multipath tables and keys: printed by LVM 2.03.16, sg3-utils 1.46, multipath-tools 0.9.4, Linux 6.1. */
import { expect } from 'chai';
import { parseMultipathTable, parseVolumeName } from '../../../drivers/lib/device-mapper.ts';
import { parseGroup, parseVolumes } from '../../../drivers/lib/lvm.ts';
import { parseKeys, parseReservation } from '../../../drivers/lib/pr-output.ts';
import { foreignKeys, holdOf, reportOf, type SeenLun } from '../../../drivers/lib/pr-status.ts';
import { keyOfMac, tidyKey } from '../../../drivers/lib/reservation-key.ts';

const pvs = (...rows: readonly string[]) => `  {
      "report": [
          {
              "pv": [
${rows.map((row) => `                  ${row}`).join(',\n')}
              ]
          }
      ]
  }
`;
const row = (device: string, more: Readonly<Record<string, string>> = {}) =>
  JSON.stringify({
    vg_name: 'vg1',
    vg_uuid: 'cwnIkj-2DV0-SuzE-oWns-dqbn-d2DR-HCsaW3',
    vg_tags: 'node1',
    vg_exported: '',
    vg_missing_pv_count: '0',
    lv_count: '2',
    pv_name: device,
    pv_missing: '',
    pv_duplicate: '',
    ...more,
  });

describe('parsers of block storage', () => {
  describe('a volume group', () => {
    it('is told by its physical volumes', () => {
      expect(parseGroup(pvs(row('/dev/loop1'), row('[unknown]', { pv_missing: 'missing' })), 'vg1')).to.deep.equal({
        name: 'vg1',
        uuid: 'cwnIkj-2DV0-SuzE-oWns-dqbn-d2DR-HCsaW3',
        tags: ['node1'],
        exported: false,
        volumes: [
          { device: '/dev/loop1', missing: false },
          { device: '[unknown]', missing: true },
        ],
        duplicates: [],
        logicalCount: 2,
      });
      expect(parseGroup(pvs(), 'vg1')).to.equal(undefined);
      expect(parseGroup(pvs(row('/dev/loop1', { vg_tags: 'a,b,node1', vg_exported: 'exported' })), 'vg1')).to.deep.include({
        tags: ['a', 'b', 'node1'],
        exported: true,
      });
    });

    it('names the devices that are there twice, and believes nothing else of them', () => {
      const twice = pvs(row('/dev/loop2', { vg_tags: '', lv_count: '0', pv_duplicate: 'duplicate' }), row('/dev/loop1'));
      expect(parseGroup(twice, 'vg1')).to.deep.include({ duplicates: ['/dev/loop2'], tags: ['node1'], logicalCount: 2 });
    });

    it('is not told when two have the name', () => {
      expect(() => parseGroup(pvs(row('/dev/loop1'), row('/dev/loop2', { vg_uuid: 'other' })), 'vg1')).to.throw(
        /^2 volume groups are named vg1/,
      );
    });

    it('is nothing else than a report of it', () => {
      for (const text of [
        '',
        '{}',
        '{"report":[]}',
        '{"report":[{"vg":[]}]}',
        pvs('{"pv_name":"/dev/sda"}'),
        pvs(row('/dev/loop1')).slice(0, 200),
      ]) {
        expect(() => parseGroup(text, 'vg1'), text).to.throw(/LVM/);
      }
      expect(() => parseGroup(pvs(row('/dev/loop1', { vg_name: 'vg2' })), 'vg1')).to.throw(/tells of "vg2"/);
      expect(() => parseGroup(pvs(row('/dev/loop1', { lv_count: 'many' })), 'vg1')).to.throw(/"many" where a number/);
      expect(() => parseGroup(pvs(row('/dev/loop1', { vg_exported: 'perhaps' })), 'vg1')).to.throw(/"perhaps" where exported or nothing/);
    });
  });

  describe('logical volumes', () => {
    const lvs = (more: Readonly<Record<string, string>>) =>
      JSON.stringify({
        report: [
          {
            lv: [
              {
                vg_name: 'vg1',
                lv_name: 'data',
                lv_active: 'active',
                lv_skip_activation: '',
                lv_kernel_major: '253',
                lv_kernel_minor: '3',
                lv_device_open: 'open',
                lv_suspended: '',
                origin: '',
                ...more,
              },
            ],
          },
        ],
      });
    const group = { name: 'vg1', logicalCount: 1 };

    it('are told with what only the kernel knows, if it knows it', () => {
      expect(parseVolumes(lvs({}), group)).to.deep.equal([
        { name: 'data', active: true, skipped: false, number: '253:3', open: true, suspended: false, origin: undefined },
      ]);
      const off = { lv_active: '', lv_kernel_major: '-1', lv_kernel_minor: '-1', lv_device_open: 'unknown', lv_suspended: 'unknown' };
      expect(parseVolumes(lvs(off), group)).to.deep.equal([
        { name: 'data', active: false, skipped: false, number: undefined, open: false, suspended: false, origin: undefined },
      ]);
    });

    it('tell which volume a snapshot is of', () => {
      expect(parseVolumes(lvs({ origin: 'base' }), group)[0]?.origin).to.equal('base');
    });

    it('cannot be none where the group has some', () => {
      expect(() => parseVolumes('{"report":[{"lv":[]}]}', group)).to.throw(/counts 1 volumes in vg1, lvs none/);
    });

    it('have a name in /dev/mapper that doubles each hyphen', () => {
      expect(parseVolumeName('vg--a-lv--b')).to.deep.equal({ group: 'vg-a', volume: 'lv-b' });
      expect(() => parseVolumeName('lun')).to.throw(/no name of a logical volume/);
    });
  });

  describe('a multipath table', () => {
    it('gives the paths in the order of their groups', () => {
      const alua =
        '0 2097152 multipath 2 queue_if_no_path retain_attached_hw_handler 1 alua 2 1 service-time 0 2 2 8:16 1 1 8:32 1 1 service-time 0 1 2 8:0 1 1 \n';
      expect(parseMultipathTable(alua)).to.deep.equal(['8:16', '8:32', '8:0']);
      expect(parseMultipathTable('0 524288 multipath 0 0 1 1 round-robin 0 2 1 8:0 1 8:16 1\n')).to.deep.equal(['8:0', '8:16']);
    });

    it('is nothing else', () => {
      for (const text of [
        '',
        '0 65536 linear 8:0 2048',
        '0 524288 multipath 0 0 1 1 round-robin 0 2 1 8:0 1',
        '0 524288 multipath 0 0 1 1 round-robin 0 1 1 sda 1',
      ]) {
        expect(() => parseMultipathTable(text), text).to.throw(/no multipath table/);
      }
    });
  });

  describe('registered keys', () => {
    it('are told by both tools, one for each path', () => {
      expect(parseKeys('  PR generation=0x6, 2 registered reservation keys follow:\n    0x238170552475005\n    0xbeef\n')).to.deep.equal([
        '0x238170552475005',
        '0xbeef',
      ]);
      expect(parseKeys('  PR generation=0x7, 1 registered reservation key follows:\n    0x1\n')).to.deep.equal(['0x1']);
      expect(parseKeys('  PR generation=0x0, there are NO registered reservation keys\n')).to.deep.equal([]);
      expect(parseKeys('  PR generation=0x7, \t1 registered reservation key follows:\n    0x1\n')).to.deep.equal(['0x1']);
      expect(parseKeys('  PR generation=0x0, \t0 registered reservation key.\n')).to.deep.equal([]);
    });

    it('are as many as were promised', () => {
      for (const text of [
        '',
        '  PR generation=0x6, 2 registered reservation keys follow:\n    0x1\n',
        '  PR generation=0x6, 1 registered reservation key follows:\n    x\n',
        '  PR generation=0x0, there is NO reservation held\n',
      ]) {
        expect(() => parseKeys(text), text).to.throw(/does not tell of registered keys/);
      }
    });
  });

  describe('a reservation', () => {
    it('is told by both tools', () => {
      const held =
        '  PR generation=0x6, Reservation follows:\n    Key=0x238170552475005\n    scope: LU_SCOPE,  type: Write Exclusive, registrants only\n';
      const mapped =
        '  PR generation=0x6, Reservation follows:\n   Key = 0x238170552475005\n  scope = LU_SCOPE, type = Write Exclusive, registrants only\n';
      for (const text of [held, mapped]) expect(parseReservation(text)).to.deep.equal({ key: '0x238170552475005', type: 5 });
      expect(parseReservation('  PR generation=0x0, there is NO reservation held\n')).to.equal(undefined);
      expect(parseReservation('  PR generation=0x0, there is NO reservation held \n')).to.equal(undefined);
    });

    it('is nothing else', () => {
      for (const text of [
        '',
        '  PR generation=0x6, Reservation follows:\n',
        '  PR generation=0x6, Reservation follows:\n    Key=0x1\n    scope: LU_SCOPE,  type: odd\n',
      ]) {
        expect(() => parseReservation(text), text).to.throw(/does not tell of a reservation/);
      }
    });
  });

  describe('a key', () => {
    it('of a network card is the one of the document', () => {
      expect(keyOfMac('d8:9d:67:2d:1d:7d')).to.equal('0x238170552475005');
      expect(keyOfMac('d8:9d:67:1e:0f:37')).to.equal('0x238170551488311');
      expect(() => keyOfMac('d8:9d:67')).to.throw(/not the address of a network card/);
    });

    it('is written without leading zeros, and is never 0', () => {
      expect(tidyKey('0x0090520A45138E85', 'prkey')).to.equal('0x90520a45138e85');
      for (const text of ['0x0', '0x0000', '90520a45138e85', '0x', '0x12345678901234567', '0xnone']) {
        expect(() => tidyKey(text, 'prkey'), text).to.throw(/^prkey = /);
      }
    });
  });

  describe('the state of a reservation', () => {
    const key = '0xa1';
    const lun = (more: Partial<SeenLun> & { keys?: readonly string[]; holder?: string; type?: number }): SeenLun => {
      const { keys = [key, key], holder, type = 5, ...rest } = more;
      const paths = ['sda', 'sdb'].map((kernel) => ({ kernel, device: `/dev/${kernel}` }));
      const seat = {
        name: '/dev/mapper/lun',
        map: undefined,
        paths,
        vendor: '',
        model: '',
        tool: 'sg_persist' as const,
        doors: ['/dev/sda', '/dev/sdb'],
      };
      const reservation = holder === undefined ? undefined : { key: holder, type };
      const standing = { keys, reservation, silent: [] };
      return { seat, standing, registered: keys.filter((one) => one === key).length, expected: 2, readOnly: false, ...rest };
    };
    const texts = (luns: readonly SeenLun[], wasHeld = false) =>
      (reportOf(luns, key, wasHeld).notes ?? []).map(({ level, text }) => `${level}: ${text}`);

    it('is up when the disk is ours by every path', () => {
      const report = reportOf([lun({ holder: key })], key, true);
      expect(report).to.deep.include({ state: 'up', label: '/dev/sda, /dev/sdb', notes: [] });
      expect(report.facts).to.deep.include({ held: true, registered: 2, paths: 2, disks: 1 });
    });

    it('is down when nobody or somebody else holds it', () => {
      expect(reportOf([lun({ keys: [] })], key, false)).to.deep.include({ state: 'down', notes: [] });
      const taken = lun({ keys: ['0xb2'], holder: '0xb2' });
      expect(reportOf([taken], key, false).state).to.equal('down');
      expect(texts([taken])).to.deep.equal(['info: /dev/mapper/lun: reserved by 0xb2']);
      expect(foreignKeys(taken, key)).to.deep.equal(['0xb2']);
    });

    it('says aloud that it was taken away', () => {
      expect(texts([lun({ keys: ['0xb2'], holder: '0xb2' })], true)).to.deep.equal([
        'error: /dev/mapper/lun: the reservation of this node was taken away (now 0xb2 holds it): its writes fail or are not guarded',
      ]);
      expect(texts([lun({ keys: [] })], true)[0]).to.match(/now nobody holds it/);
    });

    it('is warn when a path is not registered, somebody else is, or its type is another', () => {
      const cases: readonly (readonly [SeenLun, RegExp])[] = [
        [lun({ holder: key, keys: [key] }), /1\/2 paths registered/],
        [lun({ holder: key, keys: [key, key, '0xb2'] }), /0xb2 may write too/],
        [lun({ holder: key, type: 3 }), /of type 3, not 5/],
      ];
      for (const [one, says] of cases) {
        expect(reportOf([one], key, true).state).to.equal('warn');
        expect(texts([one], true).join()).to.match(says);
      }
    });

    it('is warn when only some of the disks are ours', () => {
      const report = reportOf([lun({ holder: key }), lun({ keys: [] })], key, false);
      expect(report.state).to.equal('warn');
      expect(report.facts).to.deep.include({ held: false });
    });

    it('is nothing to say of disks without reservations, and of write-protected ones', () => {
      expect(holdOf({ standing: undefined }, key)).to.equal('unsupported');
      expect(reportOf([lun({ standing: undefined })], key, false).state).to.equal('n/a');
      expect(reportOf([lun({ holder: key, readOnly: true })], key, false).state).to.equal('n/a');
    });

    it('shows as many paths as a line holds', () => {
      const many = lun({ holder: key });
      const paths = Array.from({ length: 40 }, (_, at) => ({ kernel: `sd${at}`, device: `/dev/sd${at}` }));
      const { label = '' } = reportOf([{ ...many, seat: { ...many.seat, paths } }], key, true);
      expect(label).to.match(/^\/dev\/sd0, .* \.\.\.$/);
      expect(label.length).to.equal(252);
    });
  });
});
