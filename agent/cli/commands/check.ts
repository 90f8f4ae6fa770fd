/** `check`: one line for monitoring plug-ins: exit 0 up, 1 warn, 2 down, 3 undef and every failure of the check itself (spec/status.md "Scraping"). */
import { readKept } from '../../engine/kept-state.ts';
import { statusOf } from '../../engine/service-status.ts';
import { asSvcError } from '../../errors.ts';
import { selectedServices } from '../selected.ts';
import type { Status } from '../../state/status.ts';
import type { App } from '../app.ts';

interface Checked {
  readonly service: string;
  readonly status: Status;
  /** Down, and nobody expects it to be up here. */
  readonly expectedDown: boolean;
  readonly why: string;
}

const words = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'] as const;

export async function checkCommand(app: App): Promise<number> {
  try {
    const checked: Checked[] = [];
    for (const service of await selectedServices(app)) checked.push(await check(app, service));
    const code = Math.max(...checked.map(codeOf));
    const bad = checked.filter((one) => codeOf(one) > 0).map((one) => `${one.service} is ${one.status}${one.why}`);
    const text = bad.length === 0 ? `${checked.length} service${checked.length === 1 ? '' : 's'} as expected` : bad.join('; ');
    app.out(`${words[code] ?? 'UNKNOWN'} - ${text} | ${performance(checked)}\n`);
    return code;
  } catch (thrown) {
    const { message } = asSvcError(thrown);
    app.out(`UNKNOWN - ${message.replaceAll('|', '/').replaceAll('\n', ' ')}\n`);
    return 3;
  }
}

async function check(app: App, service: string): Promise<Checked> {
  const { world } = app;
  const document = await statusOf(world, service, app.signal);
  const { expected } = await readKept(world, service);
  const worst = Object.entries(document.resources).find(([, one]) => one.status === 'undef' || one.status === 'warn' || one.status === 'down');
  const note = worst?.[1].notes[0]?.text;
  return {
    service,
    status: document.overall,
    expectedDown: document.overall === 'down' && expected !== 'up',
    why: worst === undefined ? '' : ` (${worst[0]} ${worst[1].status}${note === undefined ? '' : `: ${note}`})`.replaceAll('|', '/').replaceAll('\n', ' '),
  };
}

const codes = { up: 0, 'stdby up': 0, 'n/a': 0, warn: 1, 'stdby down': 1, down: 2, undef: 3 } as const satisfies Record<Status, number>;

function codeOf(one: Checked): number {
  return one.expectedDown ? 0 : codes[one.status];
}

function performance(checked: readonly Checked[]): string {
  const count = (status: Status) => checked.filter((one) => one.status === status).length;
  return `up=${count('up')} warn=${count('warn')} down=${count('down')} undef=${count('undef')}`;
}
