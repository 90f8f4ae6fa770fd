/** The ways in which the arrays are spoken to: exec, stdin session, terminal and the local program; users, rights, limits, questions. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { must } from '../../support/command.ts';
import { describeUnless, missing } from '../../support/skip.ts';
import { documentPair } from './config.ts';
import { execCommand, type Heard, type Place, shellSession, withConnection } from './ssh-client.ts';
import { makeUser, type TestUser, useHp3par } from './use.ts';

const [one, two] = ['hp3par1.opensvc.com', 'hp3par2.opensvc.com'] as const;
const prompt = `${one} cli% `;
/** Every command that prints a table or sentences, with both switches and without. */
const looks = [
  'showrcopy',
  'showrcopy groups',
  'showrcopy links',
  'showrcopy -d groups',
  'showsys',
  'showvv',
  'showdate',
  'showlicense',
  'showuser',
];

describe('hp3par simulator: dialects', () => {
  const stage = useHp3par((user) => ({ ...documentPair(user), startMs: Date.parse('2014-03-25T15:12:47Z') }));
  const place = (array: string = one, user: TestUser = stage().user): Place => ({ ...stage().sim.ssh(array), user });

  for (const look of looks) {
    it(`${look} is the same in all of them`, async () => {
      const { sim, user } = stage();
      const exec = await execCommand(place(), look);
      expect(exec).to.deep.include({ code: 0, stderr: '' });
      const session = await shellSession(place(), `${look} ; exit`);
      expect(session.stdout).to.equal(`${prompt}${exec.stdout}`);
      const local = await runCli(sim.cli, ['-sys', one, '-pwf', sim.passwordFile(user), ...look.split(' ')]);
      expect(local).to.deep.equal({ stdout: exec.stdout, stderr: '', code: 0 });
      const { stdout } = await shellSession(place(), `${look}\nexit\n`, { columns: 80 });
      const [typed, again] = [`${look}\r\nexit\r\n${prompt}${look}\r\n`, `${prompt}exit\r\n`];
      expect(stdout).to.equal(`${typed}${exec.stdout.replace(/\n/g, '\r\n')}${again}`);
    });
  }

  it('switches of the session, of one command and of the local program give the same rows', async () => {
    const { sim, user } = stage();
    const exec = await execCommand(place(), 'showrcopy groups -csvtable -nohdtot');
    expect(exec.stdout).to.equal(
      'MYRCG,hp3par2.opensvc.com,Started,Primary,Periodic,"Last-Sync 2014-03-25 16:12:47 CET , Period 5m, auto_recover,over_per_alert"\n' +
        ' ,VV_SVC1_ROOT,31000,VV_SVC1_ROOT,31100,Synced,2014-03-25 16:12:47 CET\n\n',
    );
    const session = await shellSession(place(), 'setclienv csvtable 1 ; setclienv nohdtot 1 ; showrcopy groups ; exit');
    expect(session.stdout).to.equal(`${prompt}${exec.stdout}`);
    const local = await runCli(sim.cli, ['-sys', one, '-pwf', sim.passwordFile(user), '-nohdtot', '-csvtable', 'showrcopy', 'groups']);
    expect(local.stdout).to.equal(exec.stdout);
  });

  it('a session goes on line by line, and the settings of one are not those of another', async () => {
    const { stdout, code } = await shellSession(place(), 'setclienv csvtable 1\nsetclienv nohdtot 1\nshowrcopy links\nexit\nshowsys\n');
    const rows = [
      `${one.replace('1', '2')},0:2:4,10.10.1.1,Up,-`,
      `${two},1:2:3,10.10.1.2,Up,-`,
      'receive,0:2:4,10.10.1.1,Up,-',
      'receive,1:2:3,10.10.1.2,Up,-',
    ];
    expect(stdout).to.equal(`${prompt}${prompt}${prompt}${rows.join('\n')}\n${prompt}`);
    expect(code).to.equal(0);
    expect((await execCommand(place(), 'showrcopy links')).stdout).to.match(/^Target +Node/m);
  });

  it('a terminal wraps what it echoes at its width', async () => {
    const long = `showrcopy groups ${'X'.repeat(70)}`;
    const { stdout } = await shellSession(place(), `${long}\nexit\n`, { columns: 80 });
    const all = `${prompt}${long}`;
    expect(stdout).to.include(`${all.slice(0, 80)}\r\n${all.slice(80)}\r\n`);
  });

  it('a refusal exits 1 over exec and the local program, and 0 at the end of a session', async () => {
    const { sim, user } = stage();
    const words = 'Error: Remote copy group not stopped\n';
    const line = 'setrcopygroup reverse -f MYRCG';
    expect(await execCommand(place(), line)).to.deep.equal({ stdout: words, stderr: '', code: 1 });
    expect(await shellSession(place(), `${line} ; exit`)).to.deep.equal({ stdout: `${prompt}${words}`, stderr: '', code: 0 });
    const local = await runCli(sim.cli, ['-sys', one, '-pwf', sim.passwordFile(user), ...line.split(' ')]);
    expect(local).to.deep.equal({ stdout: words, stderr: '', code: 1 });
  });

  it('without -f it asks, and only yes is yes', async () => {
    const role = () => stage().sim.controls.state()[one]?.groups['MYRCG']?.status;
    const no = await shellSession(place(), 'stoprcopygroup MYRCG\nshowsys\nexit\n');
    expect(no.stdout).to.match(/Are you sure.*\nselect q=quit y=yes n=no: /);
    expect(no.stdout).not.to.match(/TotalCap/);
    expect(role()).to.equal('Started');
    await execCommand(place(), 'stoprcopygroup MYRCG');
    expect(role()).to.equal('Started');
    await execCommand(place(), 'stoprcopygroup MYRCG', 'y\n');
    expect(role()).to.equal('Stopped');
  });

  it('several commands share one connection', async () => {
    await withConnection(place(), async (client) => {
      const ask = (line: string) =>
        new Promise<string>((resolve, reject) => {
          client.exec(line, (error, channel) => {
            if (error) return reject(error);
            let text = '';
            channel.on('data', (data: Buffer) => {
              text += data.toString();
            });
            channel.on('close', () => resolve(text));
          });
        });
      const answers = await Promise.all(Array.from({ length: 10 }, () => ask('showrcopy targets -csvtable -nohdtot')));
      expect(new Set(answers)).to.deep.equal(new Set([`${two},2,IP,ready,-,mirror_config\n`]));
    });
  });

  it('logs who asked what, how', async () => {
    await execCommand(place(two), 'showsys');
    await shellSession(place(two), 'showdate ; exit');
    const rows = stage()
      .sim.controls.log()
      .map(({ array, user, dialect, line, exit }) => [array, user, dialect, line, exit]);
    expect(rows).to.deep.equal([
      [two, 'opensvc', 'exec', 'showsys', 0],
      [two, 'opensvc', 'stdin', 'showdate', 0],
    ]);
  });
});

describe('hp3par simulator: users', () => {
  const stage = useHp3par((user) => documentPair(user));

  it('lets in by key and by password, and nobody else', async () => {
    const { sim, user, folder } = stage();
    const place = { ...sim.ssh(one), user };
    expect((await execCommand({ ...place, password: user.password ?? '' }, 'showsys')).code).to.equal(0);
    const stranger = makeUser(folder, { name: 'stranger' });
    const lost = [
      { ...place, user: stranger },
      { ...place, user: { ...stranger, name: 'opensvc' } },
      { ...place, password: 'wrong' },
    ];
    for (const one of lost) expect(await failure(execCommand(one, 'showsys'))).to.match(/authentication methods failed/);
    sim.controls.user(one, stranger);
    expect((await execCommand({ ...place, user: stranger }, 'showsys')).code).to.equal(0);
  });

  it('a role that only looks may not act, unless it has the right', async () => {
    const { sim, folder } = stage();
    const viewer = makeUser(folder, { name: 'viewer', role: 'Browse', rights: ['rcopy_sync'] });
    sim.controls.user(one, viewer);
    const place = { ...sim.ssh(one), user: viewer };
    expect((await execCommand(place, 'showrcopy groups')).code).to.equal(0);
    expect((await execCommand(place, 'syncrcopy -w MYRCG')).stdout).to.equal('Completed synchronization for group MYRCG\n');
    for (const [line, right] of [
      ['stoprcopygroup -f MYRCG', 'rcopygroup_stop'],
      ['startrcopygroup MYRCG', 'rcopygroup_start'],
      ['setrcopygroup reverse -f MYRCG', 'rcopygroup_set'],
      ['removercopygroup -f MYRCG', 'rcopygroup_create'],
    ] as const) {
      const { stdout, code } = await execCommand(place, line);
      expect(stdout).to.match(new RegExp(`^Error: Permission denied: ${line.split(' ')[0]} needs the right ${right}`));
      expect(code).to.equal(1);
    }
    expect(sim.controls.state()[one]?.groups['MYRCG']).to.deep.include({ status: 'Started', role: 'Primary' });
  });

  it('the local program needs a password file that is right, and an array', async () => {
    const { sim, user, folder } = stage();
    const wrong = path.join(folder, 'wrong.pwf');
    writeFileSync(wrong, 'opensvc:wrong\n');
    const tries: readonly (readonly [readonly string[], RegExp])[] = [
      [['-sys', one, 'showsys'], /Incorrect user name or password/],
      [['-sys', one, '-pwf', wrong, 'showsys'], /Incorrect user name or password/],
      [['-sys', one, '-pwf', `${wrong}.absent`, 'showsys'], /cannot read password file/],
      [['-sys', 'nosuch', '-pwf', sim.passwordFile(user), 'showsys'], /connection to the system nosuch could not be established/],
      [['-what'], /unknown option -what/],
    ];
    for (const [argv, words] of tries) {
      const { stderr, code } = await runCli(sim.cli, argv);
      expect(stderr).to.match(words);
      expect(code).to.equal(1);
    }
    await sim.controls.door(one, { certificate: 'untrusted' });
    const { stderr } = await runCli(sim.cli, ['-sys', one, '-pwf', sim.passwordFile(user), 'showsys']);
    expect(stderr).to.equal('The authenticity of the storage system cannot be established.\n');
  });
});

describe('hp3par simulator: connections', () => {
  const stage = useHp3par((user) => ({ ...documentPair(user), clock: 'manual', sessionLimit: 2 }));

  it('refuses sessions over its limit, and takes them again', async () => {
    const { sim, user } = stage();
    const place = { ...sim.ssh(one), user };
    const busy = [execCommand(place, 'syncrcopy -w MYRCG'), execCommand(place, 'syncrcopy -w MYRCG')];
    while (sim.controls.log().length < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(await execCommand(place, 'showsys')).to.deep.equal({ stdout: '', stderr: 'Too many local CLI connections.\n', code: 1 });
    while (sim.controls.log().some(({ exit }) => exit === undefined)) {
      sim.controls.elapse(2000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const one of await Promise.all(busy)) expect(one.stdout).to.equal('Completed synchronization for group MYRCG\n');
    expect((await execCommand(place, 'showsys')).code).to.equal(0);
  });
});

describeUnless(missing({ tools: ['ssh', 'ssh-keyscan'] }), 'hp3par simulator: OpenSSH as its client', () => {
  const stage = useHp3par((user) => documentPair(user));

  it('accepts the host key that the simulator names, and no other', async () => {
    const { sim, user, folder } = stage();
    const { address, port, publicHostKey } = sim.ssh(one);
    const known = path.join(folder, 'known_hosts');
    writeFileSync(known, `[${address}]:${port} ${publicHostKey}\n`);
    const options = ['BatchMode=yes', 'StrictHostKeyChecking=yes', `UserKnownHostsFile=${known}`, 'GlobalKnownHostsFile=/dev/null'];
    const argv = ['-F', '/dev/null', '-i', user.key, '-p', String(port), ...options.flatMap((one) => ['-o', one]), `opensvc@${address}`];
    const good = await runProgram('ssh', [...argv, 'showrcopy targets -csvtable -nohdtot']);
    expect(good).to.deep.include({ stdout: `${two},2,IP,ready,-,mirror_config\n`, code: 0 });
    const session = await runProgram('ssh', argv, 'setclienv csvtable 1 ; setclienv nohdtot 1 ; showrcopy targets ; exit');
    expect(session.stdout).to.equal(`${prompt}${two},2,IP,ready,-,mirror_config\n`);
    expect(session.stderr).to.match(/Pseudo-terminal will not be allocated/);
    await sim.controls.door(one, { hostKey: 'other' });
    expect((await runProgram('ssh', [...argv, 'showsys'])).stderr).to.match(
      /REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed/,
    );
    expect(readFileSync(known, 'utf8')).to.include(publicHostKey);
  });

  it('is there on loopback only', () => {
    const rows = must('ss', '-H', '-ltn').split('\n');
    for (const array of [one, two]) {
      const { port } = stage().sim.ssh(array);
      expect(rows.filter((row) => row.includes(`:${port} `)).map((row) => row.split(/\s+/)[3])).to.deep.equal([`127.0.0.1:${port}`]);
    }
  });
});

function runCli(program: string, argv: readonly string[]): Promise<Heard> {
  return runProgram(program, argv);
}

async function runProgram(program: string, argv: readonly string[], input = ''): Promise<Heard> {
  const child = spawn(program, argv, { stdio: 'pipe' });
  const heard = { stdout: '', stderr: '', code: -1 };
  child.stdout.on('data', (data: Buffer) => {
    heard.stdout += data.toString();
  });
  child.stderr.on('data', (data: Buffer) => {
    heard.stderr += data.toString();
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { ...heard, code: code ?? -1 };
}

async function failure(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'it succeeded',
    (error: unknown) => String(error),
  );
}
