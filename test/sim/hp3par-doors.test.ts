/** The doors of an array: its command line over ssh in both ways, and through the local tool; what they refuse, and what no door lets out. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { openArrayWays } from '../../agent/engine/array-ways.ts';
import { loadNode } from '../../agent/engine/node.ts';
import type { Doors } from '../../agent/driver/doors.ts';
import { createDoors } from '../../agent/io/doors.ts';
import { openScopes } from '../../agent/io/scope.ts';
import { cleanTranscript } from '../../agent/io/inform/transcript.ts';
import { documentPair } from './hp3par/config.ts';
import { shellSession } from './hp3par/ssh-client.ts';
import { type Stage, useHp3par } from './hp3par/use.ts';
import { errorOf } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';

const name = 'hp3par1.opensvc.com';

describe('sim: hp3par: doors of an array', () => {
  const stage = useHp3par((user) => documentPair(user));

  /** Lines of the section over the usual ones of ssh; its doors, closed after `work`. */
  async function through<V>(lines: Readonly<Record<string, string>>, work: (doors: Doors) => Promise<V>): Promise<V> {
    const { folder, sim, user }: Stage = stage();
    const { address, port, publicHostKey } = sim.ssh(name);
    const known = path.join(folder, 'known_hosts');
    writeFileSync(known, `[${address}]:${port} ${publicHostKey}\n`);
    const values = {
      type: 'hp3par',
      manager: address,
      port: String(port),
      username: user.name,
      key: user.key,
      known_hosts: known,
      ...lines,
    };
    const file = path.join(folder, 'etc', 'svcmgr.conf');
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(
      file,
      `[array#${name}]\n${Object.entries(values)
        .map(([key, value]) => `${key} = ${value}\n`)
        .join('')}`,
    );
    const { definition } = await loadNode(file, { SVCMGR_NODENAME: 'node1' });
    const ways = openArrayWays(definition, createDoors(openScopes(folder)));
    try {
      return await work(await ways.doorsFor(name));
    } finally {
      await ways.close();
    }
  }

  const cli = (): Record<string, string> => {
    const { sim, user } = stage();
    return { method: 'cli', cli: sim.cli, manager: name, pwf: sim.passwordFile(user) };
  };
  const linesOf = () =>
    stage()
      .sim.controls.log()
      .map(({ line }) => line);

  it('run a look and a change alike over ssh and through the tool', async () => {
    const ways = { exec: {}, session: { dialect: 'session' }, pty: { dialect: 'pty' }, cli: cli() };
    const outputs = new Map<string, string>();
    for (const [way, lines] of Object.entries(ways)) {
      const shown = await through(lines, async (doors) => {
        const changed = await doors.run(['syncrcopy', '-w', 'MYRCG'], { timeoutMs: 20_000 });
        expect(changed.stdout.trim(), way).to.equal('Completed synchronization for group MYRCG');
        return doors.run(['showrcopy', 'links'], { timeoutMs: 20_000 });
      });
      expect(shown).to.include({ exitCode: 0, stderr: '' });
      outputs.set(way, shown.stdout.trim());
    }
    expect(new Set(outputs.values()), [...outputs].join('\n')).to.have.lengthOf(1);
    expect(outputs.get('cli')).to.match(/^hp3par2\.opensvc\.com,\d:\d:\d,.*,Up,/m);
  });

  it('tell each line as it comes, without prompts', async () => {
    for (const dialect of ['exec', 'session', 'pty']) {
      const lines: string[] = [];
      const onLine = (_stream: string, line: string) => void lines.push(line);
      await through({ dialect }, (doors) => doors.run(['syncrcopy', '-w', 'MYRCG'], { timeoutMs: 20_000, onLine }));
      expect(lines, dialect).to.deep.equal(['Completed synchronization for group MYRCG']);
    }
  });

  it('a terminal: what it breaks at its width is no output, and what has no end is no answer', async () => {
    const { sim, user } = stage();
    const command = 'setrcopygroup reverse -f -stopgroups -current -waittask MYRCG.r12345.with.a.long.name.of.its.own';
    const typed = `setclienv csvtable 1\n${command}\nexit\n`;
    const { stdout } = await shellSession({ ...sim.ssh(name), user }, typed, { columns: 80 });
    expect(
      stdout.split('\r\n').every((row) => row !== `hp3par1.opensvc.com cli% ${command}`),
      'it was broken',
    ).to.equal(true);
    const output = 'Error: group matching MYRCG.r12345.with.a.long.name.of.its.own does not exist on the system\n';
    expect(cleanTranscript(stdout, 'pty', command)).to.equal(output);
    for (const cut of [stdout.indexOf('Error'), stdout.indexOf('does not exist'), stdout.lastIndexOf('hp3par1'), 0]) {
      expect(() => cleanTranscript(stdout.slice(0, cut), 'pty', command), `cut at ${cut}`).to.throw(/broke off/);
    }
  });

  it('a look does not wait behind changes that take long', async () => {
    const { controls } = stage().sim;
    controls.fault({ kind: 'hang', command: 'syncrcopy' });
    await through({}, async (doors) => {
      const ending = new AbortController();
      const long = Array.from({ length: 8 }, () => doors.run(['syncrcopy', '-w', 'MYRCG'], { signal: ending.signal }).catch(() => 'cut'));
      await eventually(() => linesOf().length === 8);
      expect((await doors.run(['showrcopy', 'links'], { timeoutMs: 5000 })).exitCode).to.equal(0);
      ending.abort();
      expect(new Set(await Promise.all(long))).to.deep.equal(new Set(['cut']));
    });
  });

  it('give the tool the password file, its home and no question, in words that anybody may read', async () => {
    const tool = path.join(stage().folder, 'tool');
    writeFileSync(tool, '#!/bin/sh\nprintf "%s\\n" "$HOME" "$TPDPWFILE" "$TPDNOCERTPROMPT" "$@"\n', { mode: 0o755 });
    const { stdout } = await through({ ...cli(), cli: tool, pwf: '/etc/array.pwf' }, (doors) =>
      doors.run(['showsys'], { timeoutMs: 20_000 }),
    );
    expect(stdout.trimEnd().split('\n')).to.deep.equal([
      ...[userInfo().homedir, '/etc/array.pwf', '1'],
      ...['-sys', name, '-pwf', '/etc/array.pwf', '-csvtable', 'showsys'],
    ]);
  });

  it('never let a password be a word, nor a word be more than one', async () => {
    const { user } = stage();
    await through(cli(), (doors) => doors.run(['showsys'], { timeoutMs: 20_000 }));
    expect(linesOf().join('\n')).not.to.include(user.password ?? '');
    for (const word of ['MYRCG;removercopygroup', 'a b', '$x', '`id`', 'x\ny', '', '"x"', 'a|b', 'a>b']) {
      const error = await errorOf(through({}, (doors) => doors.run(['showrcopy', 'groups', word], {})));
      expect(error.code, word).to.equal('CONFIG');
    }
  });

  it('say what they need, and what they cannot', async () => {
    expect((await errorOf(through({ ...cli(), pwf: '' }, async () => undefined))).code).to.equal('CONFIG');
    expect((await errorOf(through({ method: 'proxy' }, async () => undefined))).code).to.equal('UNSUPPORTED');
    expect((await errorOf(through({ key: '' }, async () => undefined))).code).to.equal('CONFIG');
    const error = await errorOf(through({}, (doors) => doors.readText('/etc/passwd')));
    expect(error.code).to.equal('UNSUPPORTED');
    expect(existsSync(stage().folder)).to.equal(true);
  });

  it('tell a refused login, a wrong key and a certificate that is not trusted from silence', async () => {
    const { controls } = stage().sim;
    const look = (lines: Readonly<Record<string, string>> = {}) =>
      errorOf(through(lines, (doors) => doors.run(['showsys'], { timeoutMs: 20_000 })));
    await controls.door(name, { login: 'refused' });
    expect((await look()).facts).to.include({ level: 'client-authentication' });
    await controls.door(name, { login: 'open', hostKey: 'other' });
    expect((await look()).facts).to.include({ level: 'host-key' });
    await controls.door(name, { hostKey: 'own', certificate: 'untrusted' });
    expect((await look(cli())).message).to.match(/array ssl cert is not trusted/);
    await controls.door(name, { certificate: 'trusted', management: 'refuse' });
    expect((await look()).facts).to.include({ level: 'client-socket' });
  });

  it('count an end without an exit status as a failure whose result is not known', async () => {
    stage().sim.controls.fault({ kind: 'close', command: 'stoprcopygroup', takesEffect: true, times: 1 });
    const error = await errorOf(through({}, (doors) => doors.run(['stoprcopygroup', '-f', 'MYRCG'], { timeoutMs: 20_000 })));
    expect(error.code).to.equal('TIMEOUT');
    expect(error.facts['unknown']).to.equal(true);
    expect(linesOf(), 'and is not sent twice').to.deep.equal(['stoprcopygroup -f MYRCG']);
  });
});
