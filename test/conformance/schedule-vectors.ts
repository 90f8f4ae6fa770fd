/** Runs the rows of a schedule vector file against us, with a table of the deliberate differences, which is itself checked. */
import { expect } from 'chai';
import { parseSchedule } from '../../agent/state/schedule/parse.ts';
import type { ParsedSchedule, Schedule } from '../../agent/state/schedule/model.ts';
import { missingVectors, readVectors } from '../support/vectors.ts';
import { describeUnless } from '../support/skip.ts';

export interface Difference {
  readonly ours: unknown;
  readonly why: string;
}

export interface Comparison<Row> {
  readonly file: string;
  readonly title: string;
  /** Names a row in the table of differences: its full name, then shorter ones that name several rows. */
  readonly names: (row: Row) => readonly [string, ...string[]];
  readonly peer: (row: Row) => unknown;
  readonly ours: (row: Row) => unknown;
  readonly differences: Readonly<Record<string, Difference>>;
}

/** One suite for one file: equal rows, each listed difference, and no listed difference that is none. */
export function compareWithPeer<Row>(comparison: Comparison<Row>): void {
  const { file, title, names, peer, ours, differences } = comparison;
  describeUnless(missingVectors(file), title, () => {
    const rows = missingVectors(file) === undefined ? readVectors<{ vectors: readonly Row[] }>(file).vectors : [];
    const differenceOf = (row: Row): string | undefined => names(row).find((name) => name in differences);

    it(`agrees with the peer wherever no difference is listed`, () => {
      const equal = rows.filter((row) => differenceOf(row) === undefined);
      expect(equal.length, 'rows compared').to.be.greaterThan(rows.length / 2);
      for (const row of equal) expect(ours(row), JSON.stringify(row)).to.deep.equal(peer(row));
    });

    for (const [name, difference] of Object.entries(differences)) {
      it(`differs on ${name}: ${difference.why}`, () => {
        const listed = rows.filter((row) => differenceOf(row) === name);
        expect(listed, 'rows of this name').to.not.have.length(0);
        for (const row of listed) {
          expect(ours(row), JSON.stringify(row)).to.deep.equal(difference.ours);
          expect(peer(row), 'the peer now agrees: drop this entry').to.not.deep.equal(difference.ours);
        }
      });
    }
  });
}

/** `2015-02-27 10:00[:SS]`; the vectors have no zone, so they are read as UTC. */
export function instant(text: string | null): number | undefined {
  if (text === null) return undefined;
  return Date.parse(`${text.replace(' ', 'T')}${text.length === 16 ? ':00' : ''}Z`);
}

export function clock(atMs: number | undefined): string | null {
  return atMs === undefined ? null : new Date(atMs).toISOString().slice(0, 19).replace('T', ' ');
}

/** A text, a JSON list, or a list already read. */
export type ScheduleInput = string | readonly string[];

export function nameOf(schedule: ScheduleInput): string {
  return typeof schedule === 'string' ? schedule : JSON.stringify(schedule);
}

/** What `answer` says of a schedule, or the offending part of a bad one. */
export function whenGood(parsed: ParsedSchedule, answer: (schedule: Schedule) => unknown): unknown {
  return parsed.ok ? answer(parsed.schedule) : { fault: parsed.faults.map((fault) => fault.part).join(' ') };
}

export function parse(schedule: ScheduleInput): ParsedSchedule {
  return parseSchedule(schedule);
}
