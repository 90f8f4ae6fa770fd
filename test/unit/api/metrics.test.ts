import { expect } from 'chai';
import fc from 'fast-check';
import { createMetrics, type MetricSource } from '../../../agent/api/metrics.ts';
import { type Deed, nothingDone, type Tally, tallyWith } from '../../../agent/engine/tally.ts';
import { statuses } from '../../../agent/state/status.ts';
import { type ReadFamily, readExposition, type Sample } from '../../support/exposition.ts';
import { documentOf, resource } from '../../support/status-documents.ts';

const nowMs = Date.parse('2026-11-21T12:30:00.123Z');
const build = { version: '0.1.0', node: 'node1' };

function tallyOf(...deeds: readonly Partial<Deed>[]): Tally {
  return deeds.reduce<Tally>(
    (tally, deed) => tallyWith(tally, { verb: 'start', result: 'ok', seconds: 1, sent: [], ...deed }),
    nothingDone,
  );
}

function source(service: string, more: Partial<MetricSource> = {}): MetricSource {
  return { service, status: documentOf(service), tally: nothingDone, ...more };
}

const render = (...sources: readonly MetricSource[]): string => createMetrics().render(sources, build, nowMs);
const samplesOf = (text: string, name: string): readonly Sample[] => (readExposition(text).get(name) as ReadFamily).samples;

describe('metrics', () => {
  it('gives every state of a service, one of them 1, and the state of each resource', () => {
    const status = documentOf('web', {
      overall: 'warn',
      resources: { 'fs#1': resource('fs', { status: 'warn' }), 'app#1': resource('app') },
    });
    const text = render(source('web', { status }));
    const states = samplesOf(text, 'svcmgr_service_status');
    expect(states.map(({ labels }) => labels['state'])).to.deep.equal([...statuses]);
    expect(states.filter(({ value }) => value === 1).map(({ labels }) => labels)).to.deep.equal([
      { service: 'web', node: 'node1', state: 'warn' },
    ]);
    expect(samplesOf(text, 'svcmgr_resource_status').map(({ labels, value }) => [labels['rid'], labels['state'], value])).to.deep.equal([
      ['fs#1', 'warn', 1],
      ['app#1', 'up', 1],
    ]);
    expect(samplesOf(text, 'svcmgr_status_age_seconds')[0]?.value).to.equal(45);
    expect(samplesOf(text, 'svcmgr_build_info')[0]?.labels).to.deep.equal(build);
  });

  it('never shows an old answer as a fresh one: undef, with its age', () => {
    const stale = documentOf('web', { overall: 'up', stale: true, resources: { 'app#1': resource('app') } });
    const text = render(source('web', { status: stale }), source('new', { status: undefined }));
    const isUp = samplesOf(text, 'svcmgr_service_status').filter(({ value }) => value === 1);
    expect(isUp.map(({ labels }) => labels['state'])).to.deep.equal(['undef', 'undef']);
    expect(samplesOf(text, 'svcmgr_resource_status').map(({ labels }) => labels['state'])).to.deep.equal(['undef']);
    expect(samplesOf(text, 'svcmgr_status_age_seconds').map(({ value }) => value)).to.deep.equal([45, Number.POSITIVE_INFINITY]);
  });

  it('gives the age of the data of each target, and the bytes sent', () => {
    const facts = { last_sync_node2: '2026-11-21T12:00:00.123Z', last_sync_node3: 'never', other: '2026-11-21T12:00:00.123Z' };
    const status = documentOf('web', { resources: { 'sync#1': resource('sync', { facts }), 'fs#1': resource('fs', { facts }) } });
    const tally = tallyOf(
      { verb: 'sync update', sent: [{ rid: 'sync#1', bytes: 700 }, { rid: 'sync#1' }] },
      { verb: 'sync update', sent: [{ rid: 'sync#1', bytes: 77 }] },
    );
    const text = render(source('web', { status, tally }));
    expect(samplesOf(text, 'svcmgr_sync_age_seconds')).to.deep.equal([
      { name: 'svcmgr_sync_age_seconds', labels: { service: 'web', node: 'node1', rid: 'sync#1', target: 'node2' }, value: 1800 },
    ]);
    expect(samplesOf(text, 'svcmgr_sync_bytes_total').map(({ value }) => value)).to.deep.equal([777]);
  });

  it('counts the actions of all services together, by verb and result', () => {
    const text = render(
      source('a', { tally: tallyOf({ seconds: 0.05 }, { seconds: 7, result: 'failed' }, { verb: 'stop', seconds: 4000 }) }),
      source('b', { tally: tallyOf({ seconds: 1 }) }),
    );
    const totals = samplesOf(text, 'svcmgr_action_total').map(({ labels, value }) => `${labels['verb']} ${labels['result']} ${value}`);
    expect(totals).to.deep.equal(['start ok 2', 'start failed 1', 'start aborted 0', 'stop ok 1', 'stop failed 0', 'stop aborted 0']);
    const durations = samplesOf(text, 'svcmgr_action_duration_seconds');
    const start = durations.filter(({ labels }) => labels['verb'] === 'start');
    expect(start.map(({ labels, value }) => labels['le'] ?? value)).to.deep.equal([
      '0.1',
      '0.5',
      '1',
      '5',
      '15',
      '60',
      '300',
      '1800',
      '+Inf',
      8.05,
      3,
    ]);
    expect(start.slice(0, 9).map(({ value }) => value)).to.deep.equal([1, 1, 2, 2, 3, 3, 3, 3, 3]);
  });

  it('has no series for what was never done', () => {
    expect([...readExposition(render(source('web'))).keys()]).to.deep.equal([
      'svcmgr_build_info',
      'svcmgr_service_status',
      'svcmgr_status_age_seconds',
    ]);
    expect([...readExposition(render()).keys()]).to.deep.equal(['svcmgr_build_info']);
  });

  it('says whatever names hold, and is read back the same', () => {
    const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((text) => !/[\r\0]/.test(text));
    fc.assert(
      fc.property(word, word, word, (service, rid, node) => {
        const status = documentOf(service, { resources: { [rid]: resource('app') } });
        const text = createMetrics().render([source(service, { status })], { version: '1', node }, nowMs);
        expect(samplesOf(text, 'svcmgr_resource_status')[0]?.labels).to.deep.include({ service, rid, node });
      }),
      { numRuns: 300 },
    );
  });

  it('tells no note, no fact and no label of a resource: nothing secret, nothing without bound', () => {
    const told = resource('app', {
      label: 'S3CRET',
      notes: [{ level: 'warn', text: 'S3CRET' }],
      facts: { word: 'S3CRET' },
      tags: ['S3CRET'],
    });
    expect(render(source('web', { status: documentOf('web', { resources: { 'app#1': told } }) }))).not.to.include('S3CRET');
  });

  it('renders what changed anew, and forgets who is gone', () => {
    const metrics = createMetrics();
    const up = documentOf('web', { resources: { 'app#1': resource('app') } });
    const first = metrics.render([source('web', { status: up }), source('old')], build, nowMs);
    expect(metrics.render([source('web', { status: up }), source('old')], build, nowMs)).to.equal(first);
    const down = documentOf('web', { overall: 'down', resources: { 'app#1': resource('app', { status: 'down' }) } });
    expect(metrics.render([source('web', { status: down })], build, nowMs)).to.equal(
      createMetrics().render([source('web', { status: down })], build, nowMs),
    );
    const stale = { ...down, stale: true };
    expect(metrics.render([source('web', { status: stale })], build, nowMs)).to.equal(
      createMetrics().render([source('web', { status: stale })], build, nowMs),
    );
  });
});

describe('the reader of the exposition format', () => {
  const head = '# HELP a_total A.\n# TYPE a_total counter\n';
  const bad: Readonly<Record<string, string>> = {
    'the last line has no end': `${head}a_total 1`,
    'series twice': `${head}a_total 1\na_total 2\n`,
    'family twice, or not in one piece': `${head}a_total 1\n${head}a_total{x="1"} 2\n`,
    'sample outside its family': `${head}a_total 1\nb 2\n`,
    'no help before the type': '# TYPE a gauge\na 1\n',
    value: `${head}a_total one\n`,
    escape: `${head}a_total{x="\\t"} 1\n`,
    'open quote': `${head}a_total{x="1} 1\n`,
    counter: '# HELP a A.\n# TYPE a counter\na 1\n',
    'a heading without samples': head,
    buckets: '# HELP h H.\n# TYPE h histogram\nh_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n',
    count: '# HELP h H.\n# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 2\n',
  };
  for (const [why, text] of Object.entries(bad)) {
    it(`refuses: ${why}`, () => {
      expect(() => readExposition(text)).to.throw(why);
    });
  }
});
