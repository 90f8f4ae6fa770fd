/** `completion`: a script for the shell, made from the verb table; completing starts no node (spec/cli.md "Speed"). */
import { SvcError } from '../../errors.ts';
import type { App } from '../app.ts';
import { bashScript, zshScript } from '../completion/bash.ts';
import { fishScript } from '../completion/fish.ts';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export async function completionCommand(app: App): Promise<number> {
  const [asked] = app.call.words;
  const shell = (['bash', 'zsh', 'fish'] as const).find((name) => name === asked);
  if (shell === undefined) throw new SvcError('CONFIG', `completion for ${asked ?? 'which shell'}?`, { hint: 'one of bash, zsh, fish' });
  app.out(scripts[shell]({ servicesFolder: app.world.paths.services, drivers: app.world.registry.ids }));
  return 0;
}
