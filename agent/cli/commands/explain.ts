/** `schedule explain EXPR`: what a schedule means, whether it may run now (or --at), and its next runs. */
import { SvcError } from '../../errors.ts';
import { explainData, explainSchedule } from '../../state/schedule/explain.ts';
import { openZone } from '../../state/schedule/zone.ts';
import { type App, formatOf, sayData, optionOf } from '../app.ts';
import { instantOption } from '../instant.ts';

export async function explainCommand(app: App): Promise<number> {
  const text = app.call.words.join(' ');
  if (text === '')
    throw new SvcError('CONFIG', 'schedule explain: which expression?', { hint: "svcmgr schedule explain '02:00-04:00@60 mon-fri'" });
  const zone = openZone(optionOf(app, 'zone'));
  const last = optionOf(app, 'last');
  const options = {
    zone,
    atMs: instantOption('at', optionOf(app, 'at'), zone) ?? app.world.now().getTime(),
    ...(last === undefined ? {} : { lastMs: instantOption('last', last, zone) }),
    next: countOption(optionOf(app, 'next') ?? '3'),
  };
  const data = explainData(text, options);
  if (formatOf(app) !== 'tree') sayData(app, { schema: 1, ...data });
  else app.out(`${explainSchedule(text, options).join('\n')}\n`);
  return data.valid ? 0 : 2;
}

function countOption(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new SvcError('CONFIG', `--next ${text}: a number from 0 to 999`);
  return Number(text);
}
