/** vectors/schedule_1x.json: sync_period, sync_days and sync_interval of the 1.x agent. */
import { isAllowed } from '../../agent/state/schedule/allowed.ts';
import { from1x, type Params1x } from '../../agent/state/schedule/from-1x.ts';
import { compareWithPeer, instant, whenGood } from './schedule-vectors.ts';

interface Row {
  now: string;
  last: string | null;
  force: boolean;
  params: Params1x;
  expected_run: boolean;
}

/** `--force` asks no schedule: it is the caller's business, here as in the engine. */
function ours(row: Row): unknown {
  if (row.force) return true;
  const nowMs = instant(row.now) ?? Number.NaN;
  return whenGood(from1x(row.params), (schedule) => isAllowed(schedule, { nowMs, lastMs: instant(row.last), zone: 'UTC' }).allowed);
}

compareWithPeer<Row>({
  file: 'schedule_1x.json',
  title: 'schedules of the 1.x form (schedule_1x)',
  names: (row) => [JSON.stringify(row.params)],
  peer: (row) => row.expected_run,
  ours,
  differences: {
    '{"sync_period":["03:00"]}': {
      ours: { fault: '["03:00"]' },
      why: 'a period without an end is an error; the peer never runs, in silence',
    },
    '{"sync_period":["aa","bb"]}': { ours: { fault: '"aa" "bb"' }, why: 'a bad time is an error; the peer never runs, in silence' },
    '{"sync_days":["sat"]}': { ours: true, why: 'short names of days are known; the peer takes them and never runs' },
  },
});
