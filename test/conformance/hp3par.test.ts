/** Every answer of an array in the vectors through our parsers, and every state they say it means through our rules (spec/hp3par.md §5). */
import { expect } from 'chai';
import { cleanTranscript, type Dialect } from '../../agent/io/inform/transcript.ts';
import { type DetailedGroup, parseDetailedGroups } from '../../drivers/lib/hp3par/detailed.ts';
import { groupStatus } from '../../drivers/lib/hp3par/group-status.ts';
import { parseShowsys, parseShowvv, parseUpdatedVolumes } from '../../drivers/lib/hp3par/listings.ts';
import { errorIn, expectNothing, parseSyncOutput, parseTaskOutput } from '../../drivers/lib/hp3par/outputs.ts';
import { parseRcopy } from '../../drivers/lib/hp3par/rcopy.ts';
import { describeUnless } from '../support/skip.ts';
import { missingVectors, readVectors } from '../support/vectors.ts';

interface StatusCase {
  readonly group: string;
  readonly driverMode: 'async' | 'sync';
  readonly nowUtc: string;
  readonly maxDelaySeconds: number;
  readonly status: string;
  readonly logs: readonly string[];
}

interface Vector {
  readonly id: string;
  readonly command: string;
  readonly transport: 'exec' | 'stdin' | 'pty';
  readonly stdout: string;
  readonly parsed: Readonly<Record<string, unknown>> & { readonly kind: string };
  readonly statusCases?: readonly StatusCase[];
}

const file = 'hp3par-outputs.json';
const dialects = { exec: 'exec', stdin: 'session', pty: 'pty' } as const satisfies Record<Vector['transport'], Dialect>;

function outputOf({ stdout, transport, command }: Vector): string {
  return cleanTranscript(stdout, dialects[transport], command);
}

/** What is not there is null over there. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_key, one: unknown) => one ?? null));
}

/** Our reading of an answer, with the field names of the vectors. */
const readers: Readonly<Record<string, (text: string, vector: Vector) => unknown>> = {
  showrcopy: (text) => parseRcopy(text),
  'showrcopy-d': (text) => ({ groups: parseDetailedGroups(text).map(asTheirs) }),
  'rcg-task': (text) => parseTaskOutput(text),
  'rcg-sync': (text) => parseSyncOutput(text),
  error: (text) => errorIn(text),
  empty: (text) => expectNothing(text) ?? {},
  updatevv: (text) => ({ names: parseUpdatedVolumes(text) }),
  showvv: (text, { command }) => ({ rows: parseShowvv(text, (/-showcols (\S+)/.exec(command)?.[1] ?? '').split(',')) }),
  showsys: (text) => {
    const { id, decimalId, name, model, serial, nodes } = parseShowsys(text);
    return { rows: [{ ID: id, idDecimal: decimalId, Name: name, Model: model, Serial: serial, Nodes: nodes }] };
  },
};

function asTheirs({ volumes, ...group }: DetailedGroup): unknown {
  return { ...group, volumes };
}

/** Fields that we do not read: capacities, iterators. Everything else must be the same. */
const unread: Readonly<Record<string, readonly string[]>> = {
  'showrcopy-d': ['system', 'syncSnapshot', 'vvIter', 'rIter', 'sIter', 'remoteSet'],
  showsys: ['Master', 'TotalCap', 'AllocCap', 'FreeCap', 'FailedCap'],
};

function without(value: unknown, names: readonly string[]): unknown {
  return JSON.parse(JSON.stringify(value, (key, one: unknown) => (names.includes(key) ? undefined : one)));
}

/**
 * IST is the zone of India, of Israel and of Ireland: the vectors know that these arrays stand in India, and so does an operator
 * who says `timezone = Asia/Kolkata`. Without it the age is unknown, which is a warning (docs/decisions.md).
 */
const zoneOf = (text: string): string | undefined => (text.includes(' IST') ? 'Asia/Kolkata' : undefined);

describeUnless(missingVectors(file), 'conformance: hp3par', () => {
  const vectors = missingVectors(file) === undefined ? readVectors<readonly Vector[]>(file) : [];

  it('has a reader for every kind of answer', () => {
    expect(vectors).to.have.lengthOf.at.least(33);
    expect([...new Set(vectors.map(({ parsed }) => parsed.kind))].filter((kind) => readers[kind] === undefined)).to.deep.equal([]);
  });

  for (const vector of vectors) {
    it(`reads ${vector.id}`, () => {
      const { kind, ...parsed } = vector.parsed;
      const ours = plain(readers[kind]?.(outputOf(vector), vector));
      expect(ours).to.deep.equal(without(parsed, unread[kind] ?? []));
    });
    for (const [at, one] of (vector.statusCases ?? []).entries()) {
      it(`judges ${vector.id}, case ${at}: ${one.driverMode} is ${one.status}`, () => {
        const group = parseRcopy(outputOf(vector)).groups?.find(({ name }) => name === one.group);
        if (group === undefined) throw new Error(`no group ${one.group}`);
        const wanted = { mode: one.driverMode, maxDelayMs: one.maxDelaySeconds * 1000 };
        const report = groupStatus(group, wanted, { nowMs: Date.parse(one.nowUtc), zone: zoneOf(vector.stdout) });
        expect(report.notes?.map(({ text }) => text)).to.deep.equal(one.logs);
        expect(report.state).to.equal(one.status);
      });
    }
    if (zoneOf(vector.stdout) !== undefined && vector.statusCases !== undefined) {
      it(`does not guess the zone of ${vector.id}`, () => {
        const [group] = parseRcopy(outputOf(vector)).groups ?? [];
        if (group === undefined) throw new Error('no group');
        const report = groupStatus(group, { mode: 'sync', maxDelayMs: 60_000 }, { nowMs: Date.now() });
        expect(report.state).to.equal('warn');
        expect(report.notes?.map(({ text }) => text).join('\n')).to.match(/age of the last sync is unknown \(\S+ \S+ IST/);
      });
    }
  }
});
