/**
 * The schedule language (spec/opensvc-core.md §5, spec/config.md "Kinds"): members one per line or in a JSON list, each
 * `[!]<timerange>[@interval] [days [weeks [months]]]` or `cron:<five fields>`. A bad member is a fault, never dropped.
 */
import { SvcError } from '../../errors.ts';
import { parseCron } from './cron.ts';
import { parseDays } from './day-rules.ts';
import type { Member, ParsedSchedule, ParseReport, RangeMember, Schedule, ScheduleFault } from './model.ts';
import { monthField, parseNumberSet, weekField } from './number-set.ts';
import { neverComes } from './possible.ts';
import { parseTimeRanges } from './time-range.ts';

const shape = '[!]HH:MM-HH:MM[@INTERVAL] [DAYS [WEEKS [MONTHS]]]';
const maxMembers = 100;
const maxTextLength = 10_000;

function parseRangeMember(text: string, report: ParseReport): RangeMember | undefined {
  const exclude = text.startsWith('!');
  const fields = (exclude ? text.slice(1) : text).split(/\s+/).filter((field) => field !== '');
  const [times, days = '*', weeks = '*', months = '*'] = fields;
  if (times === undefined) return report.fault(text, `'!' needs the times to exclude: ${shape}`);
  const strayTime = fields.slice(1).find((field) => /\d:\d\d|@/.test(field));
  if (strayTime !== undefined) {
    return report.fault(
      strayTime,
      `'${strayTime}' looks like a time, which is the first field of a schedule (${shape}); write several schedules one per line or as a JSON list`,
    );
  }
  if (fields.length > 4) {
    return report.fault(
      fields[4] ?? '',
      `a schedule has at most 4 fields (${shape}), this one has ${fields.length}; a cron expression starts with cron:`,
    );
  }
  const ranges = parseTimeRanges(times, exclude, report);
  const dayRules = parseDays(days, report);
  const weekSet = parseNumberSet(weeks, weekField, report);
  const monthSet = parseNumberSet(months, monthField, report);
  if (ranges === undefined || dayRules === undefined || weekSet === undefined || monthSet === undefined) return undefined;
  return { kind: 'range', text, exclude, ranges, days: dayRules, weeks: weekSet, months: monthSet };
}

/** One member; undefined after a fault, 'nothing' when the text says never. */
function parseMember(text: string, report: ParseReport): Member | 'nothing' | undefined {
  if (text === '' || text === '@0') return 'nothing';
  if (/^!\s*cron:/i.test(text)) return report.fault(text, 'a cron expression cannot be an exclusion; exclude a time range: !HH:MM-HH:MM');
  const member = /^cron:/i.test(text) ? parseCron(text.slice(5), report) : parseRangeMember(text, report);
  if (member !== undefined && neverComes(member)) return report.fault(text, `'${text}' never comes: no day of the calendar satisfies it`);
  return member;
}

type SplitText = { readonly items: readonly string[] } | { readonly fault: ScheduleFault };

function splitText(text: string): SplitText {
  const trimmed = text.trim();
  if (!trimmed.startsWith('[')) return { items: trimmed.split(/\r?\n/) };
  const fault = (why: string): SplitText => ({
    fault: { member: 1, part: trimmed.slice(0, 80), text: `not a JSON list of strings: ${why}` },
  });
  let list: unknown;
  try {
    list = JSON.parse(trimmed);
  } catch {
    return fault('write ["10:00-11:00", "! * wed"], or one schedule per line');
  }
  if (!Array.isArray(list)) return fault('it is not a list');
  const strings = list.filter((item): item is string => typeof item === 'string');
  return strings.length === list.length ? { items: strings } : fault('every item must be a string');
}

/** An exclusion only binds the members after it ("! only excludes if reached first"): say so where it binds none. */
function orderWarnings(members: readonly Member[]): readonly string[] {
  const excludes = (member: Member): boolean => member.kind === 'range' && member.exclude;
  const lastRun = members.findLastIndex((member) => !excludes(member));
  if (members.length > 0 && lastRun < 0) return ['the schedule only has exclusions: it never runs'];
  return members
    .slice(lastRun + 1)
    .map((member) => `'${member.text}' excludes nothing: an exclusion only binds the members after it; write it first`);
}

/** Parses a schedule text (or its members already split). Never throws; all faults at once. Empty text, or `@0`, means never. */
export function parseSchedule(text: string | readonly string[]): ParsedSchedule {
  const whole = typeof text === 'string' ? text : JSON.stringify(text);
  if (whole.length > maxTextLength) {
    return {
      ok: false,
      faults: [{ member: 1, part: whole.slice(0, 80), text: `a schedule longer than ${maxTextLength} characters is refused` }],
    };
  }
  const split: SplitText = typeof text === 'string' ? splitText(text) : { items: text };
  if ('fault' in split) return { ok: false, faults: [split.fault] };
  const { items } = split;
  const faults: ScheduleFault[] = [];
  const warnings: string[] = [];
  const members: Member[] = [];
  if (items.length > maxMembers) faults.push({ member: maxMembers + 1, part: '', text: `at most ${maxMembers} members are allowed` });
  for (const [index, item] of items.slice(0, maxMembers).entries()) {
    const report: ParseReport = {
      fault: (part, message, nearest) => {
        faults.push({ member: index + 1, part, text: message, ...(nearest === undefined ? {} : { nearest }) });
        return undefined;
      },
      warn: (message) => warnings.push(message),
    };
    const member = parseMember(item.trim(), report);
    if (member !== undefined && member !== 'nothing') members.push(member);
  }
  if (faults.length > 0) return { ok: false, faults };
  return { ok: true, schedule: { text: whole.trim(), members }, warnings: [...warnings, ...orderWarnings(members)] };
}

/** One sentence for a fault, with the nearest known word. */
export function faultText(fault: ScheduleFault): string {
  return fault.nearest === undefined ? fault.text : `${fault.text}; did you mean '${fault.nearest}'?`;
}

/** The schedule of a text that must be right: a CONFIG error with every fault when it is not. */
export function requireSchedule(text: string): Schedule {
  const parsed = parseSchedule(text);
  if (parsed.ok) return parsed.schedule;
  throw new SvcError('CONFIG', `bad schedule '${text}': ${parsed.faults.map(faultText).join('; ')}`, {
    hint: 'svcmgr schedule explain EXPRESSION shows what a schedule means',
    facts: { faults: parsed.faults },
  });
}
