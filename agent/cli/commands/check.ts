/** `check`: one line for monitoring plug-ins: exit 0 up, 1 warn, 2 down, 3 undef and every failure of the check itself (spec/status.md "Scraping"). */
import { readKept } from '../../engine/kept-state.ts';
import { asSvcError } from '../../errors.ts';
import { createSemaphore } from '../../io/semaphore.ts';
import type { Status } from '../../state/status.ts';
import type { ResourceStatus } from '../../state/status-document.ts';
import { type App, formatOf, sayData } from '../app.ts';
import { selectedServices } from '../selected.ts';

interface Checked {
  readonly service: string;
  readonly status: Status;
  /** Down, and nobody expects it to be up here. */
  readonly expectedDown: boolean;
  /** The worst resource and what it says; empty when all is well. */
  readonly why: string;
}

/** Services looked at together. */
const parallelServices = 8;

const words = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'] as const;

export async function checkCommand(app: App): Promise<number> {
  const answer = await checkAll(app).catch((thrown: unknown) => ({ code: 3, text: oneLine(asSvcError(thrown).message), checked: [] }));
  const line = `${words[answer.code] ?? 'UNKNOWN'} - ${answer.text} | ${performance(answer.checked)}`;
  if (formatOf(app) === 'tree') app.out(`${line}\n`);
  else sayData(app, { schema: 1, exit: answer.code, line, services: answer.checked }, answer.checked);
  return answer.code;
}

async function checkAll(app: App): Promise<{ code: number; text: string; checked: readonly Checked[] }> {
  const gate = createSemaphore(parallelServices);
  const services = await selectedServices(app);
  const checked = await Promise.all(services.map((service) => gate.run(() => check(app, service))));
  const code = checked.reduce((worst, one) => Math.max(worst, codeOf(one)), 0);
  const bad = checked.filter((one) => codeOf(one) > 0).sort((a, b) => codeOf(b) - codeOf(a));
  const text =
    bad.length === 0
      ? allFine(checked)
      : bad.map((one) => `${one.service} is ${one.status}${one.why === '' ? '' : ` (${one.why})`}`).join('; ');
  return { code, text, checked };
}

function allFine(checked: readonly Checked[]): string {
  const [only, other] = checked;
  if (only !== undefined && other === undefined) return `${only.service} is ${only.status}${only.expectedDown ? ', as expected' : ''}`;
  const down = checked.filter((one) => one.expectedDown).length;
  return `${checked.length} services as expected${down === 0 ? '' : `, ${down} of them down`}`;
}

/** A service that cannot be looked at is undef; the others are told all the same. */
async function check(app: App, service: string): Promise<Checked> {
  try {
    const { overall, resources } = await app.statusOf(service);
    const { expected } = await readKept(app.world, service);
    return { service, status: overall, expectedDown: overall === 'down' && expected !== 'up', why: worstOf(resources) };
  } catch (thrown) {
    // The first fault is enough for one line.
    const [what = '', first = ''] = asSvcError(thrown).message.split('\n');
    return { service, status: 'undef', expectedDown: false, why: oneLine(`${what}\n${first}`.trim()) };
  }
}

const codes = { up: 0, 'stdby up': 0, 'n/a': 0, warn: 1, 'stdby down': 1, down: 2, undef: 3 } as const satisfies Record<Status, number>;

function worstOf(resources: Readonly<Record<string, ResourceStatus>>): string {
  const [worst] = Object.entries(resources).sort(([, a], [, b]) => codes[b.status] - codes[a.status]);
  if (worst === undefined || codes[worst[1].status] === 0) return '';
  const note = worst[1].notes[0]?.text;
  return oneLine(`${worst[0]} ${worst[1].status}${note === undefined ? '' : `: ${note}`}`);
}

/** A bar would begin the performance data. */
function oneLine(text: string): string {
  return text.replaceAll('|', '/').replace(/\s*\n\s*/g, ' ');
}

function codeOf(one: Checked): number {
  return one.expectedDown ? 0 : codes[one.status];
}

function performance(checked: readonly Checked[]): string {
  const count = (status: Status) => checked.filter((one) => one.status === status).length;
  return `up=${count('up')} warn=${count('warn')} down=${count('down')} undef=${count('undef')}`;
}
