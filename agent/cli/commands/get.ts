/** `get --kw`: the value of keywords, as written or evaluated for a node; a line each. */
import { evaluateKeyword } from '../../config/evaluate-keyword.ts';
import { problemLine } from '../../config/problems.ts';
import { evaluationFor } from '../../engine/services.ts';
import { parseDocument } from '../../config/document.ts';
import { SvcError } from '../../errors.ts';
import { type App, formatOf, sayData, valueOf } from '../app.ts';
import { configTexts } from './print-config.ts';

export async function getCommand(app: App): Promise<number> {
  const keywords = app.call.values.kw ?? [];
  if (keywords.length === 0) throw new SvcError('CONFIG', 'get: which keyword?', { hint: app.call.verb.example });
  const texts = await configTexts(app);
  const found: Record<string, Record<string, unknown>> = {};
  for (const { name, path, text, mode } of texts) {
    const document = parseDocument(text, path);
    const env = await evaluationFor(app.world, name, document, mode, valueOf(app, 'node'));
    for (const keyword of keywords) {
      const { text: shown, value, problems } = evaluateKeyword(document, env, keyword, { raw: !app.call.switches.has('eval') });
      const errors = problems.filter((problem) => problem.severity === 'error');
      if (errors.length > 0) throw new SvcError('CONFIG', errors.map(problemLine).join('\n'));
      found[name] = { ...found[name], [keyword]: app.call.switches.has('eval') ? (value ?? null) : (shown ?? null) };
      if (formatOf(app) === 'tree') app.out(`${texts.length > 1 ? `${name}: ` : ''}${shown ?? ''}\n`);
    }
  }
  if (formatOf(app) !== 'tree') sayData(app, { schema: 1, services: found });
  return 0;
}
