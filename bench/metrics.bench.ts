/** Metrics of 1,000 services of eight resources: a scrape after nothing, a tenth, and everything changed. */
import { createMetrics, type MetricSource } from '../agent/api/metrics.ts';
import { tallyWith, nothingDone } from '../agent/engine/tally.ts';
import { documentOf, resource } from '../test/support/status-documents.ts';
import { type Bench, measure, rowOf } from './lib/measure.ts';

const count = 1000;
const build = { version: '0.1.0', node: 'node1' };
const tally = tallyWith(nothingDone, { verb: 'start', result: 'ok', seconds: 1, sent: [] });

function sources(): MetricSource[] {
  return Array.from({ length: count }, (_, at) => {
    const service = `service${at}.example.com`;
    const rids = ['ip#1', 'vg#1', 'fs#1', 'fs#2', 'fs#3', 'app#1', 'app#2', 'task#1'];
    const resources = Object.fromEntries(rids.map((rid) => [rid, resource(rid.split('#')[0] ?? '')]));
    return { service, status: documentOf(service, { resources }), tally };
  });
}

/** Looked at again: the same states in new records. */
function renewed(all: readonly MetricSource[], every: number): MetricSource[] {
  return all.map((source, at) => {
    const { status } = source;
    return at % every > 0 || status === undefined ? source : { ...source, status: { ...status, resources: { ...status.resources } } };
  });
}

export async function bench(): Promise<Bench> {
  const metrics = createMetrics();
  let all = sources();
  const nowMs = Date.parse('2026-11-21T12:30:00Z');
  const text = metrics.render(all, build, nowMs);
  const rows = await measure(
    [
      { name: 'floor: copy the text', isFloor: true, run: () => Buffer.from(text) },
      { name: 'nothing changed', run: () => metrics.render(all, build, nowMs) },
      {
        name: 'a tenth was looked at again',
        prepare: () => {
          all = renewed(all, 10);
        },
        run: () => metrics.render(all, build, nowMs),
      },
      { name: 'everything anew', run: () => createMetrics().render(all, build, nowMs) },
    ],
    { rounds: 40 },
  );
  const met = rowOf(rows, 'everything anew').p95Ms < 100;
  return {
    title: `metrics of ${count} services of 8 resources, ${Math.round(text.length / 1024)} KiB`,
    rows,
    aim: { text: '95 of 100 scrapes under 100 ms, everything rendered anew', met },
  };
}
