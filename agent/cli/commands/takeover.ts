/** `takeover`: a start here with a documented set of allowances, printed, and asked for (spec/cli.md "Safety before a start" 3). */
import type { ActionRequest } from '../../engine/action-state.ts';
import { type ReadinessReport, readinessHere } from '../../engine/readiness.ts';
import { SvcError } from '../../errors.ts';
import { takeoverAllowances } from '../../state/readiness.ts';
import type { App } from '../app.ts';
import { selectedServices } from '../selected.ts';
import { ageText } from '../render/clock.ts';
import { requestOf, runOnAll } from './action.ts';

export async function takeoverCommand(app: App): Promise<number> {
  const services = await selectedServices(app);
  const request = takeoverRequest(app);
  const waived: string[] = [];
  for (const service of services) {
    const report = await readinessHere(app.world, service, app.signal);
    mustBePossible(report, request);
    if (report.way === 'takeover') waived.push(waiverText(report));
  }
  if (waived.length > 0) await confirm(app, waived, request.dryRun);
  return runOnAll(app, services, () => request);
}

/** Journaled as the start it is, with what it allows; the reason tells that it was a takeover. */
function takeoverRequest(app: App): ActionRequest {
  const request = requestOf(app, 'start');
  const allow = [...new Set([...request.allow, ...Object.keys(takeoverAllowances)])];
  return { ...request, allow, reason: request.reason === undefined ? 'takeover' : `takeover: ${request.reason}` };
}

/** @throws SvcError REFUSED when something stands against it that a takeover does not waive */
function mustBePossible({ service, blockers, way }: ReadinessReport, { allow }: ActionRequest): void {
  if (way === 'running') return;
  const standing = blockers.filter((blocker) => blocker.allow === undefined || !allow.includes(blocker.allow));
  if (standing.length === 0) return;
  const texts = standing.map(({ rid, text, allow: name }) => {
    return `${rid === null ? '' : `${rid}: `}${text} (${name === undefined ? 'cannot be waived' : `--allow ${name}`})`;
  });
  const isUpElsewhere = standing.some(({ allow: name }) => name === 'peer-up');
  const mends = [...new Set(standing.flatMap(({ mend }) => mend ?? []))].map((mend) => `mend: ${mend}`);
  throw new SvcError('REFUSED', `${service}: ${texts.join('; ')}`, {
    hint: isUpElsewhere ? `it answers: svcmgr -s ${service} switch brings it here` : mends.join('\n') || 'mend first what cannot be waived',
    facts: { allow: standing.flatMap(({ allow: name }) => name ?? []) },
  });
}

function waiverText({ service, node, blockers, dataLoss }: ReadinessReport): string {
  const ages = dataLoss.syncs.map(({ rid, ageMs }) => `${rid} ${ageMs === null ? 'of unknown age' : `${ageText(ageMs)} old`}`);
  const lines = [
    `${service} starts on ${node}, although:`,
    ...blockers.map(({ rid, text, allow }) => `  ${rid === null ? '' : `${rid}: `}${text} (${allow})`),
    ...(ages.length === 0 ? [] : [`  the data here: ${ages.join(', ')}`]),
  ];
  return `${lines.join('\n')}\n`;
}

async function confirm(app: App, waived: readonly string[], dryRun: boolean): Promise<void> {
  const allowances = Object.entries(takeoverAllowances).map(([name, text]) => `  ${name.padEnd(20)} ${text}\n`);
  app.note(`${waived.join('')}a takeover allows:\n${allowances.join('')}`);
  if (dryRun || app.call.switches.has('yes')) return;
  const typed = await app.ask('If it still runs elsewhere, both write the same data. Go on? (yes/no) ');
  if (typed?.trim().toLowerCase() !== 'yes') throw new SvcError('REFUSED', 'the takeover was not confirmed', { hint: '--yes confirms it' });
}
