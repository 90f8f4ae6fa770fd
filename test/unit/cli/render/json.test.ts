import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import fc from 'fast-check';
import { renderJson, renderJsonLines, servicesDocument } from '../../../../agent/cli/render/json.ts';
import { renderTree } from '../../../../agent/cli/render/tree.ts';
import { aggregateInstance } from '../../../../agent/state/aggregate.ts';
import { groups } from '../../../../agent/state/groups.ts';
import { statuses } from '../../../../agent/state/status.ts';
import type { ResourceStatus, StatusDocument } from '../../../../agent/state/status-document.ts';
import { documentOf, hp3parDocument, resource } from '../../../support/status-documents.ts';

const schemaFile = new URL('../../../../docs/status.schema.json', import.meta.url);
const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(schemaFile, 'utf8')) as object,
);

/** What the schema says against a document, empty when it fits; read back from the text that is printed. */
function faults(document: unknown): string {
  return validate(JSON.parse(renderJson(document))) ? '' : JSON.stringify(validate.errors);
}

const time = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }).map((date) => date.toISOString());
const orNull = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: null });
const note = fc.record(
  { level: fc.constantFrom('info' as const, 'warn' as const, 'error' as const), text: fc.string(), mend: fc.string() },
  { requiredKeys: ['level', 'text'] },
);
const flags = fc.record({
  monitor: fc.boolean(),
  disable: fc.boolean(),
  optional: fc.boolean(),
  encap: fc.boolean(),
  standby: fc.boolean(),
});
const anyResource: fc.Arbitrary<ResourceStatus> = fc
  .record({
    group: fc.constantFrom(...groups),
    label: fc.string(),
    status: fc.constantFrom(...statuses),
    since: orNull(time),
    flags,
    provisioned: orNull(fc.boolean()),
    notes: fc.array(note, { maxLength: 3 }),
    facts: fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean())),
    subset: orNull(fc.string()),
    tags: fc.array(fc.string()),
    container: orNull(fc.constant('container#0')),
  })
  .map((fields) => resource(fields.group, fields));

const anyDocument: fc.Arbitrary<StatusDocument> = fc
  .record({
    resources: fc.dictionary(
      fc.string({ minLength: 1 }).map((index) => `fs#${index}`),
      anyResource,
      { maxKeys: 6 },
    ),
    updated: time,
    stale: fc.boolean(),
    frozen: fc.boolean(),
    invalid: orNull(fc.string()),
    monitor: fc.record({
      state: fc.constantFrom('idle', 'starting'),
      since: orNull(time),
      action: orNull(fc.constant('start')),
      interrupted: orNull(
        fc.record({ verb: fc.string(), since: time, rid: orNull(fc.string()), command: orNull(fc.string()), alive: fc.boolean() }),
      ),
    }),
  })
  .map((fields) => {
    const list = Object.entries(fields.resources).map(([rid, one]) => ({
      ...one,
      rid,
      optional: one.flags.optional,
      disabled: one.flags.disable,
      standby: one.flags.standby,
      encap: one.flags.encap,
    }));
    const { avail, optional, sync, overall, hb, provisioned } = aggregateInstance(list);
    return documentOf('svc1', { ...fields, avail, optional, sync, overall, hb, provisioned });
  });

describe('status as JSON', () => {
  it('fits docs/status.schema.json: one service, several, with instances elsewhere', () => {
    const { schema, service, instances, unanswered, split, ...instance } = hp3parDocument();
    expect([schema, service, instances, unanswered, split]).to.deep.equal([1, 'svc1.opensvc.com', {}, {}, []]);
    expect(faults(hp3parDocument())).to.equal('');
    expect(faults(servicesDocument([hp3parDocument(), documentOf('svc2')]))).to.equal('');
    expect(faults(documentOf('svc1', { instances: { node2: { ...instance, node: 'node2', stale: true } } }))).to.equal('');
    expect(faults(documentOf('svc1', { unanswered: { node2: 'no answer in 5 s' } }))).to.equal('');
  });

  it('fits the schema, and draws as a tree with every resource, whatever the resources', () => {
    fc.assert(
      fc.property(anyDocument, (document) => {
        expect(faults(document)).to.equal('');
        const tree = renderTree(document);
        expect(tree.match(/^[ |]*['|]- fs#/gm)?.length ?? 0).to.equal(Object.keys(document.resources).length);
        expect(tree).not.to.match(/[ ]$/m);
      }),
      { numRuns: 60 },
    );
  });

  it('has a schema that refuses what is not a status', () => {
    const good = hp3parDocument();
    const fs = resource('fs');
    const wrong: readonly unknown[] = [
      {},
      { ...good, schema: 2 },
      { ...good, extra: 1 },
      { ...good, overall: 'green' },
      { ...good, updated: 'today' },
      { ...good, provisioned: 'yes' },
      { ...good, resources: { 'fs#1': { ...fs, status: 'stdby up with up' } } },
      { ...good, resources: { 'fs#1': { ...fs, notes: [{ level: 'fatal', text: 'x' }] } } },
      { ...good, resources: { 'fs#1': { ...fs, extra: 1 } } },
      { ...good, instances: { node2: { node: 'node2' } } },
      { schema: 1, services: [{}] },
    ];
    for (const document of wrong) expect(faults(document), JSON.stringify(document).slice(0, 80)).not.to.equal('');
  });

  it('prints indented JSON, or one compact document a line', () => {
    expect(renderJson({ a: 1 })).to.equal('{\n  "a": 1\n}\n');
    expect(renderJsonLines([{ a: 1 }, { b: 2 }])).to.equal('{"a":1}\n{"b":2}\n');
  });
});
