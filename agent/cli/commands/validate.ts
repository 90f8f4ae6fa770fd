/** `validate`: every error at once, each with file:line, section, keyword, value, what is allowed and the nearest name. Exit 0 clean, 2 errors. */
import { resolve } from 'node:path';
import type { Problem } from '../../config/definition.ts';
import { readServiceFile } from '../../config/load.ts';
import { problemLine } from '../../config/problems.ts';
import { asSvcError } from '../../errors.ts';
import { evaluateText, nameOfFile, readServiceText } from '../../engine/services.ts';
import { type App, formatOf, sayData, optionOf } from '../app.ts';
import { painter } from '../render/colour.ts';
import { selectedServices } from '../selected.ts';

interface Validated {
  readonly name: string;
  readonly file: string;
  readonly problems: readonly Problem[];
}

export async function validateCommand(app: App): Promise<number> {
  const validated = await validateAll(app);
  const strict = app.call.switches.has('strict');
  const errors = validated.flatMap((one) => one.problems).filter((problem) => problem.severity === 'error' || strict);
  if (formatOf(app) !== 'tree') sayData(app, { schema: 1, valid: errors.length === 0, files: validated }, validated);
  else {
    for (const problem of validated.flatMap((one) => one.problems)) {
      app.out(`${painter(app.colour)(problem.severity === 'error' ? 'red' : 'yellow', problemLine(problem))}\n`);
    }
    for (const one of validated) if (one.problems.length === 0) app.out(`${one.file}: valid\n`);
  }
  return errors.length === 0 ? 0 : 2;
}

async function validateAll(app: App): Promise<readonly Validated[]> {
  const named = [...app.call.words, ...(app.call.values.file ?? [])];
  if (named.length > 0) return Promise.all(named.map((path) => validateFile(app, path, app.call.selector)));
  const names = await selectedServices(app, app.call.selector ?? 'allservices', { emptyIsFine: app.call.selector === undefined });
  return Promise.all(
    names.map(async (name) => {
      try {
        const { path } = await readServiceText(app.world, name);
        return await validateFile(app, path, name);
      } catch (thrown) {
        const { path } = asSvcError(thrown).facts;
        return failed(name, typeof path === 'string' ? path : app.world.paths.services, thrown);
      }
    }),
  );
}

async function validateFile(app: App, path: string, name = nameOfFile(path)): Promise<Validated> {
  const file = resolve(path);
  try {
    const { text, mode } = await readServiceFile(file);
    const { problems } = await evaluateText(app.world, name, text, path, mode, optionOf(app, 'node'));
    return { name, file: path, problems };
  } catch (thrown) {
    return failed(name, path, thrown);
  }
}

function failed(name: string, file: string, thrown: unknown): Validated {
  return { name, file, problems: [{ severity: 'error', file, line: 1, text: asSvcError(thrown).message }] };
}
