/** The renderers against the peer's golden texts (spec/opensvc-core.md §3.8). */
import { expect } from 'chai';
import { renderFlat } from '../../agent/cli/render/flat.ts';
import { renderTree } from '../../agent/cli/render/tree.ts';
import { canonicalGroup } from '../../agent/state/groups.ts';
import type { Status } from '../../agent/state/status.ts';
import type { ResourceStatus } from '../../agent/state/status-document.ts';
import { comparison } from '../support/differences.ts';
import { describeUnless } from '../support/skip.ts';
import { documentOf, resource } from '../support/status-documents.ts';
import { missingVectors, readVectors } from '../support/vectors.ts';

interface Stub {
  readonly status: Status;
  readonly label: string;
  readonly log?: string;
  readonly monitor?: boolean;
  readonly disable?: boolean;
  readonly optional?: boolean;
  readonly encap?: boolean;
}

interface Row {
  readonly desc: string;
  readonly input: {
    readonly service: string;
    readonly groups: Readonly<Record<'overall' | 'avail' | 'sync' | 'hb', Status>>;
    readonly resources: readonly (Stub & { readonly rid: string })[];
    readonly encap: Readonly<Record<string, Readonly<Record<string, Stub>>>>;
  };
  readonly expected: string;
}

function fromStub(rid: string, stub: Stub, container: string | null): ResourceStatus {
  const { monitor = false, disable = false, optional = false, encap = false } = stub;
  return resource(canonicalGroup(rid.replace(/#.*/, '')), {
    label: stub.label,
    status: stub.status,
    // The peer's stub brings its own `# ` and line end; ours are made by the renderer.
    notes: stub.log === undefined || stub.log === '' ? [] : [{ level: 'warn', text: stub.log.replace(/^# /, '').trimEnd() }],
    flags: { monitor, disable, optional, encap, standby: false },
    container,
  });
}

function render({ service, groups, resources, encap }: Row['input']): string {
  const own = resources.map(({ rid, ...stub }) => [rid, fromStub(rid, stub, null)] as const);
  const inner = Object.entries(encap).flatMap(([container, stubs]) =>
    Object.entries(stubs).map(([rid, stub]) => [rid, fromStub(rid, stub, container)] as const),
  );
  return renderTree(documentOf(service, { ...groups, resources: Object.fromEntries([...own, ...inner]) }));
}

const text = (...lines: readonly string[]) => `${lines.join('\n')}\n`;

describeUnless(missingVectors('render_print_status_1x.json'), 'conformance: render_print_status_1x', () => {
  const order = 'groups in the order container, ip, vg, fs, share, app, task; the peer sorts them by name';
  const bar = 'nothing hangs below the last resource, so that no bar leads past its inner ones';
  const compare = comparison([
    [
      'ip fs app sync all up',
      text(
        'svc2',
        'overall                   up',
        '|- avail                  up',
        '|  |- ip#0           .... up       10.0.0.1@eth0',
        '|  |- fs#1           .... up       /dev/vg/lv@/srv/svc2',
        "|  '- app            .... up       app",
        '|- sync                   up',
        "|  '- sync#1         .... up       rsync of /srv to nodes drpnodes",
        "'- hb                     n/a",
      ),
      order,
    ],
    [
      'flags M D O E',
      text(
        'svc4',
        'overall                   warn',
        '|- avail                  warn',
        '|  |- ip#0           M... up       1.2.3.4@eth0',
        '|  |- fs#1           .D.. n/a      /dev/a@/a',
        '|  |                               # disabled',
        '|  |- fs#2           ..O. down     /dev/b@/b',
        "|  '- fs#3           ...E n/a      /dev/c@/c",
        '|- sync                   n/a',
        "'- hb                     n/a",
      ),
      order,
    ],
    [
      'container with two encap resources, log on container',
      text(
        'svc7',
        'overall                   warn',
        '|- avail                  warn',
        '|  |- container#0    .... warn     vm1',
        '|  |  |                            # clock skew',
        '|  |  |- fs#1        ...E down     /dev/x@/x',
        '|  |  |                            # not mounted',
        "|  |  '- app#1       ...E up       app1",
        "|  '- ip#0           .... up       1.2.3.4@eth0",
        '|- sync                   n/a',
        "'- hb                     n/a",
      ),
      order,
    ],
    [
      'container last with encap',
      text(
        'svc8',
        'overall                   up',
        '|- avail                  up',
        "|  '- container#0    .... up       vm1",
        "|     '- app#1       ...E up       app1",
        '|- sync                   n/a',
        "'- hb                     n/a",
      ),
      bar,
    ],
  ]);
  for (const row of readVectors<{ vectors: Row[] }>('render_print_status_1x.json').vectors) {
    // The peer pads group lines to the full width; ours have no trailing blanks (spec/status.md).
    it(row.desc, () => compare.check(row.desc, row.expected.replace(/[ ]+$/gm, ''), render(row.input)));
  }
  compare.closes();

  it('differs from the peer in trailing blanks, in every row', () => {
    for (const row of readVectors<{ vectors: Row[] }>('render_print_status_1x.json').vectors) {
      expect(row.expected, row.desc).to.match(/ $/m);
      expect(render(row.input), row.desc).not.to.match(/ $/m);
    }
  });
});

describeUnless(missingVectors('render_flat_json.json'), 'conformance: render_flat_json', () => {
  const compare = comparison([
    ['{"a":{"b":[1,2,{"c":null}]}}', ['.a.b[0] = 1', '.a.b[1] = 2', '.a.b[2].c = null'], 'values are written as in JSON: null'],
    ['{"fs#1":{"x":true}}', [".'fs#1'.x = true"], 'values are written as in JSON: true'],
  ]);
  for (const row of readVectors<{ vectors: { input: unknown; expected: string[] }[] }>('render_flat_json.json').vectors) {
    const name = JSON.stringify(row.input);
    it(name, () => compare.check(name, row.expected, renderFlat(row.input).trimEnd().split('\n')));
  }
  compare.closes();
});
