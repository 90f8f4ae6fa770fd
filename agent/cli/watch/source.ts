/** Where the watch gets its figures: the daemon's memory, else a look of its own. */
import { ask, errorOf, noAnswer, noDaemon } from '../../api/client.ts';
import { SvcError } from '../../errors.ts';
import type { ServicesDocument, StatusDocument } from '../../state/status-document.ts';
import { socketsOf } from '../ask-daemon.ts';
import { version } from '../version.ts';

const answerMs = 5000;

/** Undefined: there is no daemon. @throws SvcError what the daemon says, or that it says nothing */
export async function rememberedStatuses(
  env: Readonly<Record<string, string | undefined>>,
  selector: string | undefined,
): Promise<readonly StatusDocument[] | undefined> {
  const { main, read } = socketsOf(env);
  const path = `/v1/status?format=json${selector === undefined ? '' : `&selector=${encodeURIComponent(selector)}`}`;
  for (const socket of [main, read]) {
    const answer = await ask({ socket, method: 'GET', path, version, timeoutMs: answerMs });
    if (answer === noDaemon) continue;
    if (answer === noAnswer) throw new SvcError('TIMEOUT', 'the daemon does not answer');
    if (answer.status !== 200) throw new SvcError(errorOf(answer).code, errorOf(answer).message);
    const data = JSON.parse(answer.body) as ServicesDocument | StatusDocument;
    return 'services' in data ? data.services : [data];
  }
  return undefined;
}
