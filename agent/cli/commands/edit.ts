/** `edit`: the service file in $EDITOR; installed only when it brings no new error, else the text is kept beside for another try. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replaceServiceText } from '../../engine/edit-service.ts';
import { readServiceText } from '../../engine/services.ts';
import { SvcError } from '../../errors.ts';
import { type App, formatOf, sayData } from '../app.ts';
import { selectedServices } from '../selected.ts';

export async function editCommand(app: App): Promise<number> {
  const [service = ''] = await selectedServices(app);
  const { path, text, mode } = await readServiceText(app.world, service);
  const folder = await mkdtemp(join(tmpdir(), 'svcmgr-edit-'));
  const copy = join(folder, `${service}.conf`);
  await writeFile(copy, text, { mode: 0o600 });
  try {
    await runEditor(app.env['VISUAL'] || app.env['EDITOR'] || 'vi', copy);
    const after = await readFile(copy, 'utf8');
    if ((await readServiceText(app.world, service)).text !== text) {
      throw new SvcError('REFUSED', `${path} was changed by somebody else meanwhile`, { hint: `diff ${path} ${copy}` });
    }
    const changed = await replaceServiceText(app.world, service, { path, mode, before: text, after, dryRun: false, reason: undefined });
    if (formatOf(app) !== 'tree') sayData(app, { schema: 1, service, file: path, changed });
    else app.out(`${service}: ${changed ? 'changed' : 'nothing to change'}\n`);
  } catch (error) {
    if ((await readFile(copy, 'utf8').catch(() => text)) === text) await rm(folder, { recursive: true });
    else app.note(`your text is kept in ${copy}\n`);
    throw error;
  }
  await rm(folder, { recursive: true });
  return 0;
}

/** The editor variable may hold options, as in `code --wait`; it is the user's own command line. */
async function runEditor(editor: string, file: string): Promise<void> {
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'svcmgr-edit', file], { stdio: 'inherit' });
    child.on('error', reject);
    child.on('exit', resolve);
  });
  if (code !== 0) throw new SvcError('CANCELLED', `${editor} ended with ${code}; nothing was changed`);
}
