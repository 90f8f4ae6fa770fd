import { expect } from 'chai';
import { renderTree } from '../../../../agent/cli/render/tree.ts';
import { documentOf, hp3parDocument, resource } from '../../../support/status-documents.ts';

/** spec/status.md "The tree", byte for byte; a terminal wide enough for its longest note. */
const specified = `svc1.opensvc.com
overall                   warn
|- avail                  up
|  |- container#0    .... up       svc1.opensvc.com
|  |  '- ip#1        ...E up       svc1.opensvc.com@eth0
|  |- vg#1pr         .... up       /dev/sdgq, /dev/sdax, /dev/sden, /dev/sdgi
|  |- vg#1           .... up       vg_svc1
|  '- fs#1           .... up       /dev/mapper/vg_svc1-rootdisk@/opt/svc1.opensvc.com
|- sync                   warn
|  |- sync#i0        .... up       rsync svc config to drpnodes, nodes
|  '- sync#1         .... warn     hp3par async MYRCG
|                                  # rcopy group status is not Started (Stopped)
|                                  # mend: svcmgr -s svc1.opensvc.com sync resume --rid sync#1
'- hb                     n/a
`;

/** A local time of that day, so that the zone of the machine does not matter. */
const local = (hours: number, minutes: number, seconds: number, day = 21) => new Date(2026, 10, day, hours, minutes, seconds).toISOString();

describe('status tree', () => {
  it('is the tree of the HP 3PAR service, byte for byte', () => {
    expect(renderTree(hp3parDocument(), { width: 100 })).to.equal(specified);
  });

  it('wraps notes at 78 columns in a pipe, under the label', () => {
    const lines = renderTree(hp3parDocument()).split('\n');
    const bar = `|${' '.repeat(34)}`;
    expect(lines.slice(11, 15)).to.deep.equal([
      `${bar}# rcopy group status is not Started`,
      `${bar}(Stopped)`,
      `${bar}# mend: svcmgr -s svc1.opensvc.com sync`,
      `${bar}resume --rid sync#1`,
    ]);
  });

  it('orders the groups container, ip, vg, fs, share, app, task, then sync, repave, hb', () => {
    const names = ['task#1', 'app#10', 'app#2', 'share#1', 'fs#1', 'disk#2', 'vg#1', 'ip#1', 'container#1', 'repave#1', 'hb#1', 'sync#1'];
    const resources = Object.fromEntries(names.map((rid) => [rid, resource(rid.replace(/#.*/, '').replace('disk', 'vg'))]));
    const rids = renderTree(documentOf('svc1', { resources, hb: 'up' })).match(/\w+#\w+/g);
    expect(rids).to.deep.equal([
      'container#1',
      'ip#1',
      'vg#1',
      'disk#2',
      'fs#1',
      'share#1',
      'app#2',
      'app#10',
      'task#1',
      'sync#1',
      'repave#1',
      'hb#1',
    ]);
  });

  it('draws the repave line only for a service that has one', () => {
    expect(renderTree(documentOf('svc1'))).not.to.include('repave');
    const text = renderTree(
      documentOf('svc1', { resources: { 'repave#1': resource('repave', { status: 'warn' }), 'repave#2': resource('repave') } }),
    );
    expect(text).to.include("|- repave                 warn\n|  |- repave#1       .... warn\n|  '- repave#2       .... up\n'- hb ");
  });

  it('shows the four flags', () => {
    const flags = { monitor: true, disable: true, optional: true, encap: true, standby: true };
    expect(renderTree(documentOf('svc1', { resources: { 'fs#1': resource('fs', { flags }) } }))).to.include('fs#1           MDOE up');
  });

  it('shows worst notes first, each with its mend, then since; info notes only where it is not up', () => {
    const notes = [
      { level: 'info', text: 'small' },
      { level: 'warn', text: 'odd', mend: 'fix odd' },
      { level: 'error', text: 'bad' },
    ] as const;
    const fs = resource('fs', { status: 'down', since: local(13, 29, 15), notes });
    const below = (status: 'down' | 'up' | 'stdby up' | 'n/a') =>
      [...renderTree(documentOf('svc1', { updated: local(14, 0, 0), resources: { 'fs#1': { ...fs, status } } })).matchAll(/# (.*)/g)].map(
        (match) => match[1],
      );
    expect(below('down')).to.deep.equal(['bad', 'odd', 'mend: fix odd', 'small', 'since 13:29:15']);
    expect(below('up')).to.deep.equal(['bad', 'odd', 'mend: fix odd']);
    expect(below('stdby up')).to.deep.equal(['bad', 'odd', 'mend: fix odd']);
    expect(below('n/a')).to.deep.equal(['bad', 'odd', 'mend: fix odd', 'small']);
  });

  it('adds the date to a time of another day', () => {
    const fs = resource('fs', { status: 'down', since: local(13, 29, 15, 20) });
    expect(renderTree(documentOf('svc1', { updated: local(14, 0, 0), resources: { 'fs#1': fs } }))).to.include(
      '# since 2026-11-20 13:29:15\n',
    );
  });

  it('says in title lines: invalid file, interruption, running action, freeze, stale figures', () => {
    const document = documentOf('svc1', {
      updated: local(13, 29, 15),
      stale: true,
      frozen: true,
      invalid: 'svc1.conf:3: unknown keyword mntt',
      monitor: {
        state: 'stopping',
        since: local(13, 28, 0),
        action: 'stop',
        interrupted: { verb: 'start', since: local(13, 20, 0), rid: 'fs#1', command: 'mount /dev/loop0 /srv', alive: false },
      },
    });
    expect(
      renderTree(document, { nowMs: Date.parse(local(13, 31, 20)), width: 120 })
        .split('\noverall')[0]
        ?.split('\n'),
    ).to.deep.equal([
      'svc1',
      '# invalid file: svc1.conf:3: unknown keyword mntt; the last good definition is shown',
      '# start of 13:20:00 was interrupted at fs#1, during: mount /dev/loop0 /srv',
      '# mend: svcmgr -s svc1 resume',
      '# stop is running since 13:28:00',
      '# frozen',
      '# as of 13:29:15, 2m ago',
    ]);
  });

  it('leaves no trailing blank, also without label and with an empty note', () => {
    const notes = [{ level: 'warn', text: ' ' }] as const;
    const text = renderTree(
      documentOf('svc1', { resources: { 'fs#1': resource('fs', { notes }), 'fs#2': resource('fs', { label: 'x  ' }) } }),
    );
    expect(text).not.to.match(/[ \t]$/m);
  });

  it('keeps the output of tools from commanding the terminal', () => {
    const notes = [{ level: 'warn', text: 'a\x1b[2Jb\nsecond' }] as const;
    const text = renderTree(documentOf('svc1', { resources: { 'fs#1': resource('fs', { label: 'l\x07', notes }) } }));
    expect(text).to.include('l\\x07').and.to.include('# a\\x1b[2Jb\n').and.to.include('# second\n');
    expect(text).not.to.match(/[\x00-\x09\x0b-\x1f]/);
  });

  it('colours only when asked, and says the same without colour', () => {
    const plain = renderTree(hp3parDocument());
    const coloured = renderTree(hp3parDocument(), { colour: true });
    expect(plain).not.to.include('\x1b');
    expect(coloured).to.include('\x1b[33mwarn\x1b[0m');
    expect(coloured.replace(/\x1b\[\d+m/g, '')).to.equal(plain);
  });

  it('shows an inner resource whose container is not there, rather than losing it', () => {
    const inner = resource('app', { container: 'container#9', flags: { ...resource('app').flags, encap: true } });
    expect(renderTree(documentOf('svc1', { resources: { 'app#1': inner } }))).to.include("|  '- app#1          ...E up");
  });

  it('counts wide characters as two columns', () => {
    const rows = renderTree(documentOf('svc1', { resources: { 'fs#日本': resource('fs'), 'fs#1': resource('fs') } })).split('\n');
    expect(rows[4]).to.equal("|  '- fs#日本        .... up");
  });
});
