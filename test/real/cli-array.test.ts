/** `array show` and what `node doctor` says of arrays: the built command line and simulated arrays over real ssh. */
import { expect } from 'chai';
import type { ArrayView } from '../../agent/driver/contract.ts';
import { documentPair } from '../sim/hp3par/config.ts';
import { useHp3par } from '../sim/hp3par/use.ts';
import { type CliResult, runCli } from '../support/cli.ts';
import { useHome } from '../support/home.ts';
import { array1, array2, arraySections } from '../support/hp3par-document.ts';

interface Shown extends Partial<ArrayView> {
  readonly name: string;
  readonly ok: boolean;
  readonly error: { readonly code: string; readonly message: string } | null;
}
interface Check {
  readonly name: string;
  readonly state: string;
  readonly text: string;
  readonly mend?: string;
}

describe('real: arrays on the command line', function () {
  this.timeout(60_000);
  const stage = useHp3par((user) => documentPair(user));
  const home = useHome();
  beforeEach('the node knows both arrays', () => {
    const { sim, user, folder } = stage();
    home().node(arraySections(folder, sim.ssh, user));
  });
  const controls = () => stage().sim.controls;
  const run = (...argv: string[]): Promise<CliResult> => runCli(argv, { home: home(), env: { SVCMGR_NODENAME: 'node1' } });
  /** Its exit status, and its document: stdout holds nothing else. */
  const json = async <V>(...argv: string[]): Promise<{ readonly code: number | null; readonly stderr: string; readonly data: V }> => {
    const { code, stdout, stderr } = await run(...argv, '--format', 'json');
    return { code, stderr, data: JSON.parse(stdout) as V };
  };
  const shown = (...names: string[]) => json<{ readonly schema: number; readonly arrays: readonly Shown[] }>('array', 'show', ...names);
  const checks = async () => {
    const { code, data } = await json<{ readonly checks: readonly Check[] }>('node', 'doctor');
    return { code, of: (array: string) => data.checks.find(({ name }) => name === array) };
  };
  const cutLinks = () => {
    controls().links(array1, array2, false);
    controls().elapse(20_000);
  };

  it('show: who each array is, its links and its groups, in columns', async () => {
    const { code, stdout, stderr } = await run('array', 'show');
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    const masked = stdout
      .replace(/\d+ ms\)/g, 'N ms)')
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d CES?T/g, 'TIME')
      .replace(/ +\d+ s$/gm, ' AGE')
      .replace(/ {2}last sync +age$/gm, '  last sync age');
    expect(masked.split('\n')).to.deep.equal([
      'hp3par1.opensvc.com  hp3par1.opensvc.com, HP_3PAR 7200 1612345, remote copy Started (ssh 127.0.0.1, N ms)',
      'target               state  link   address    is',
      'hp3par2.opensvc.com  ready  0:2:4  10.10.1.1  Up',
      'hp3par2.opensvc.com  ready  1:2:3  10.10.1.2  Up',
      'group  target               role     state    mode      volumes  sync    last sync age',
      'MYRCG  hp3par2.opensvc.com  Primary  Started  Periodic        1  Synced  TIME AGE',
      '',
      'hp3par2.opensvc.com  hp3par2.opensvc.com, HP_3PAR 7200 1612346, remote copy Started (ssh 127.0.0.1, N ms)',
      'target               state  link   address    is',
      'hp3par1.opensvc.com  ready  0:2:4  10.10.1.1  Up',
      'hp3par1.opensvc.com  ready  1:2:3  10.10.1.2  Up',
      'group         target               role       state    mode      volumes  sync    last sync age',
      'MYRCG.r12345  hp3par1.opensvc.com  Secondary  Started  Periodic        1  Synced  TIME AGE',
      '',
    ]);
  });

  it('show: the same for machines, one array or all; nothing but the document on stdout', async () => {
    const { code, stderr, data } = await shown(array2);
    expect({ code, stderr, schema: data.schema }).to.deep.equal({ code: 0, stderr: '', schema: 1 });
    expect(data.arrays).to.have.lengthOf(1);
    const [{ name, ok, system, targets, links, groups, error } = {} as Shown] = data.arrays;
    expect({ name, ok, error, targets }).to.deep.equal({
      ...{ name: array2, ok: true, error: null },
      targets: [{ name: array1, type: 'IP', status: 'ready' }],
    });
    expect(system).to.deep.include({ name: array2, id: '12346', remoteCopy: 'Started', zone: 'Europe/Paris' });
    expect(links?.map(({ node, status }) => `${node} ${status}`)).to.deep.equal(['0:2:4 Up', '1:2:3 Up']);
    expect(groups?.[0]).to.deep.include({ name: 'MYRCG.r12345', target: array1, role: 'Secondary', status: 'Started', volumes: 1 });
    expect(groups?.[0]?.ageMs).to.be.within(0, 60_000);
    const lines = (await run('array', 'show', '--format', 'jsonl')).stdout.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as Shown).name)).to.deep.equal([array1, array2]);
  });

  it('show: a name that the node file does not know is refused with the nearest one, and nobody is asked', async () => {
    const wrong = await run('array', 'show', 'hp3par1.opensvc.co', '--format', 'json');
    expect(wrong).to.deep.include({ code: 3, stdout: '' });
    expect(wrong.stderr).to.equal('svcmgr: the node file has no section [array#hp3par1.opensvc.co]\n  did you mean hp3par1.opensvc.com?\n');
    expect((await run('array', 'show', array1, array2)).code).to.equal(2);
    expect(controls().log()).to.deep.equal([]);
    home().node('');
    const none = await run('array', 'show');
    expect(none).to.deep.include({ code: 2, stdout: '' });
    expect(none.stderr).to.match(/knows no array.*\n.*\[array#NAME\]/);
  });

  it('show: an array that does not answer, does not let us in or is another one costs the others nothing; exit 8, and why', async () => {
    const troubles: readonly (readonly [Parameters<ReturnType<typeof controls>['door']>[1], RegExp])[] = [
      [{ management: 'refuse' }, /^svcmgr: hp3par1\.opensvc\.com .*connection refused$/m],
      [{ management: 'open', login: 'refused' }, /authentication methods failed\n {2}.*setsshkey -add, as opensvc on the array/],
      [{ login: 'open', hostKey: 'other' }, /host key/i],
    ];
    for (const [door, words] of troubles) {
      await controls().door(array1, door);
      const { code, stderr, data } = await shown();
      expect(code, stderr).to.equal(8);
      expect(stderr).to.match(words);
      expect(data.arrays.map(({ ok, error }) => [ok, error?.code])).to.deep.equal([
        [false, 'UNREACHABLE'],
        [true, undefined],
      ]);
      expect((await run('array', 'show')).stdout).to.match(/^hp3par1\.opensvc\.com {2}no answer \(ssh 127\.0\.0\.1\)$/m);
    }
  });

  it('show: nonsense for an answer names the array, and commands no terminal', async () => {
    controls().fault({ kind: 'garbage', array: array1, text: 'not a\u001b[2J table,\n' });
    const { code, stderr, data } = await shown();
    expect(code).to.equal(7);
    expect(stderr).to.equal('svcmgr: hp3par1.opensvc.com: the array printed what is not understood: not a\\x1b[2J table,\n');
    expect(data.arrays[0]).to.not.have.property('groups');
    expect(data.arrays[1]?.ok).to.equal(true);
    const { stdout } = await run('node', 'doctor');
    expect(stdout).to.include('fail  hp3par1.opensvc.com: the array printed what is not understood: not a\\x1b[2J table,\n');
  });

  it('show: one that hangs ends it within its limit', async () => {
    controls().fault({ kind: 'hang', array: array1 });
    const begun = performance.now();
    const { code, data } = await shown();
    expect(code).to.equal(9);
    expect(performance.now() - begun).to.be.within(8000, 18_000);
    expect(data.arrays.map(({ error }) => error?.code)).to.deep.equal(['TIMEOUT', undefined]);
  });

  it('show: links that are down', async () => {
    cutLinks();
    const { code, stdout } = await run('array', 'show', array1);
    expect(code).to.equal(0);
    expect(stdout).to.match(/^hp3par2\.opensvc\.com {2}failed {2}0:2:4 {2}10\.10\.1\.1 {2}Down$/m);
  });

  it('doctor: an array that answers, by the roles of its groups', async () => {
    const { of } = await checks();
    expect(of(array1)).to.deep.equal({ name: array1, state: 'ok', text: 'answers; remote copy groups: 1 Primary' });
    expect(of(array2)).to.deep.equal({ name: array2, state: 'ok', text: 'answers; remote copy groups: 1 Secondary' });
  });

  it('doctor: links down are a warning, no way in is a failure with what mends it', async () => {
    cutLinks();
    await controls().door(array2, { login: 'refused' });
    const { code, of } = await checks();
    expect(code).to.equal(1);
    expect(of(array1)).to.deep.equal({
      ...{ name: array1, state: 'warn', text: `link down: 0:2:4 to ${array2}, 1:2:3 to ${array2}` },
      mend: `svcmgr array show ${array1}`,
    });
    expect(of(array2)?.state).to.equal('fail');
    expect(of(array2)?.mend).to.match(/setsshkey -add/);
    const { stdout } = await run('node', 'doctor');
    expect(stdout).to.match(/^warn {2}hp3par1\.opensvc\.com: link down: .*\n {8}mend: svcmgr array show hp3par1\.opensvc\.com$/m);
  });
});

describe('real: an array without a link on the command line', () => {
  const stage = useHp3par((user) => {
    const pair = documentPair(user);
    return { ...pair, arrays: pair.arrays.map((array, at) => (at === 0 ? { ...array, links: [] } : array)) };
  });
  const home = useHome();

  it('its target is shown all the same, and is not well', async () => {
    const { sim, user, folder } = stage();
    home().node(arraySections(folder, sim.ssh, user));
    await sim.controls.kill(array2);
    sim.controls.elapse(20_000);
    const { stdout } = await runCli(['array', 'show', array1], { home: home() });
    expect(stdout).to.match(/^hp3par2\.opensvc\.com {2}failed +- +- +none$/m);
    const doctor = await runCli(['node', 'doctor'], { home: home() });
    expect(doctor.stdout).to.match(/^warn {2}hp3par1\.opensvc\.com: target not ready: hp3par2\.opensvc\.com \(failed\)$/m);
  });
});
