/** The simulated arrays print what real ones print: each sample of ../shared/vectors whose state they can be brought to, word by word. */
import { expect } from 'chai';
import { describeUnless } from '../../support/skip.ts';
import { missingVectors, readVectors } from '../../support/vectors.ts';
import type { SimConfig } from './config.ts';
import { makeStage, removeStage, type Stage } from './use.ts';
import { sampleWorlds } from './sample-worlds.ts';
import { execCommand, shellSession } from './ssh-client.ts';

interface Sample {
  readonly id: string;
  readonly command: string;
  readonly csv: boolean;
  readonly nohdtot: boolean;
  readonly transport: 'exec' | 'stdin' | 'pty';
  readonly stdout: string;
  readonly exitCode: number;
}

/** Each is another way to render what a sample beside it shows; the quirk that makes it is tested in dialects.test.ts. */
const variants: Readonly<Record<string, string>> = {
  'action-updatevv': 'the order of names is the command line itself',
};

const suite = 'hp3par simulator: real samples';

describeUnless(missingVectors('hp3par-outputs.json'), suite, () => {
  const samples = missingVectors('hp3par-outputs.json') === undefined ? readVectors<readonly Sample[]>('hp3par-outputs.json') : [];

  it('knows a world for each sample', () => {
    expect(samples.filter(({ id }) => sampleWorlds[id] === undefined && variants[id] === undefined).map(({ id }) => id)).to.deep.equal([]);
  });

  for (const sample of samples) {
    const world = sampleWorlds[sample.id];
    if (world === undefined) continue;
    it(sample.id, async () => {
      const stage = await makeStage((user): SimConfig => {
        const config = world.config;
        return { ...config, arrays: config.arrays.map((array) => ({ ...array, users: [user] })) };
      });
      try {
        await world.reach?.(stage.sim.controls);
        const { stdout, code } = await ask(stage, world.on, sample);
        expect(words(stdout)).to.deep.equal(words(sample.stdout));
        expect(code).to.equal(sample.exitCode);
      } finally {
        await removeStage(stage);
      }
    });
  }
});

async function ask({ sim, user }: Stage, array: string, sample: Sample): Promise<{ stdout: string; code: number }> {
  const place = { ...sim.ssh(array), user };
  if (sample.transport === 'exec') {
    const switches = `${sample.csv ? ' -csvtable' : ''}${sample.nohdtot ? ' -nohdtot' : ''}`;
    const isShow = sample.command.startsWith('show');
    return execCommand(place, `${sample.command}${isShow ? switches : ''}`);
  }
  if (sample.transport === 'pty') {
    const { stdout, code } = await shellSession(place, `setclienv csvtable 1\n${sample.command}\nexit\n`, { columns: 80 });
    return { stdout: stdout.replace(/\r\n/g, '\n'), code };
  }
  return shellSession(place, `setclienv csvtable 1 ; setclienv nohdtot 1 ; ${sample.command} ; exit`);
}

/** Rows of words: widths of columns, blank lines at the end and a dash for nothing do not matter; blank lines between do. */
function words(text: string): readonly (readonly string[])[] {
  const rows = text
    .trimEnd()
    .split('\n')
    .map((line) => (line.match(/"[^"]*"|[^\s,]+/g) ?? []).flatMap((word) => word.replace(/^"|"$/g, '').split(/[\s,]+/)))
    .map((row) => row.filter((word) => word !== '' && word !== '-').map((word) => word.replace(/^-+(\(\w+\))-+$/, '$1')));
  return rows;
}
