import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { must } from '../support/command.ts';
import { lxcNeeds } from '../support/lxc.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { linesOf, useContainerService } from './lxc-service.ts';

/** An address and an application, both in the container. */
const inside = `
[ip#1]
type = host
encap = true
ipname@encapnodes = 10.77.0.9
ipname = 192.0.2.1
ipdev = eth0
netmask = 24
check_conflict = false
announce = false

[app#1]
type = simple
tags = encap
start = /bin/sh -c 'echo "$NODE $PWD $CONTAINER" >/tmp/seen; exec sleep 4711'
environment = NODE={nodename} CONTAINER=container#0
`;

describeUnless(missing(lxcNeeds), 'real: what lives in a container', () => {
  const svc = useContainerService();
  const states = async () => Object.values(await svc.states()).join(' ');
  /** Processes `sleep 4711` of the container, as this node numbers them. */
  const sleepers = () => must('sh', '-c', 'pgrep -x -f "sleep 4711" || true').split('\n').filter(isInside);
  const isInside = (pid: string) =>
    pid !== '' && must('readlink', `/proc/${pid}/ns/pid`) === must('readlink', `/proc/${svc.container().pid()}/ns/pid`);
  const read = (file: string) => readFileSync(path.join(svc.container().root, file), 'utf8');
  const program = (file: string, text: string) => {
    const place = path.join(svc.container().root, file);
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, `#!/bin/sh\n${text}\n`);
    chmodSync(place, 0o755);
  };

  it('is started after the container and stopped before it, with nothing of ours inside', async () => {
    svc.file0(inside);
    const started = await svc.start();
    expect(started.code, started.stderr).to.equal(0);
    const { name } = svc.container();
    const changes = linesOf(started).filter((line) => /^(lxc-start|ip |\/bin\/sh)/.test(line));
    expect(changes.map((line) => line.split(' ')[0])).to.deep.equal(['lxc-start', 'ip', '/bin/sh']);
    expect(changes[1]).to.equal('ip addr add 10.77.0.9/24 dev eth0 (in container#0)');
    expect(must('nsenter', `--net=/proc/${svc.container().pid()}/ns/net`, 'ip', '-br', 'addr', 'show', 'eth0')).to.include('10.77.0.9/24');
    expect(sleepers()).to.have.length(1);
    expect(read('tmp/seen')).to.equal(`${name} / container#0\n`);
    expect(await svc.tree()).to.equal(
      ['svc1', 'overall                   up', '|- avail                  up', `|  '- container#0    .... up       ${name}`]
        .concat([
          '|     |- ip#1        ...E up       10.77.0.9@eth0',
          "|     '- app#1       ...E up       simple: sh",
          '|- sync                   n/a',
          "'- hb                     n/a",
          '',
        ])
        .join('\n'),
    );
    const stopped = linesOf(await svc.stop()).filter((line) => /^(kill|ip|lxc-stop)/.test(line));
    expect(stopped.map((line) => line.split(' ')[0])).to.deep.equal(['kill', 'ip', 'lxc-stop']);
    expect(await states()).to.equal('down down n/a');
  });

  it('is acted on alone while the container runs, and refused with the reason when it does not', async () => {
    svc.file0(inside);
    const refused = await svc.start('--rid', 'app#1');
    expect(refused.code).to.equal(5);
    expect(refused.stderr).to.match(/app#1: lives in container#0, which is down: start that first \(cannot be waived\)/);
    expect(refused.stderr).to.include('svcmgr -s svc1 start --rid container#0,app#1');
    expect(linesOf(refused).filter((line) => line.startsWith('lxc'))).to.deep.equal([]);
    expect((await svc.stop('--rid', 'app#1')).code, 'there is nothing to stop').to.equal(0);
    expect((await svc.start('--rid', 'container#0')).code).to.equal(0);
    expect(await states()).to.equal('up down down');
    expect((await svc.start('--rid', 'app#1')).code).to.equal(0);
    expect((await svc.stop('--rid', 'app#1')).code).to.equal(0);
    expect(sleepers()).to.deep.equal([]);
    expect(await states()).to.equal('up down down');
  });

  it('is down when the container was killed behind our back, and starts again with it', async () => {
    svc.file0(inside);
    await svc.start();
    svc.container().kill();
    const { resources } = await svc.status();
    expect(Object.values(resources).map(({ status }) => status)).to.deep.equal(['down', 'down', 'n/a']);
    expect(resources['ip#1']?.notes[0]?.text).to.equal('container#0 is down');
    const stopped = await svc.stop();
    expect([stopped.code, linesOf(stopped).filter((line) => /^(ip|kill|lxc)/.test(line))]).to.deep.equal([0, []]);
    expect((await svc.start()).code).to.equal(0);
    expect(await states()).to.equal('up up up');
    expect(sleepers()).to.have.length(1);
  });

  it('is rolled back with its container when it fails, newest first', async () => {
    svc.file0(`${inside.replace('exec sleep', 'exit 3; sleep')}`);
    const failed = await svc.start();
    expect(failed.code).to.equal(1);
    expect(failed.stderr).to.match(/app#1: .*ended at once/);
    expect(
      linesOf(failed)
        .filter((line) => /^(ip addr|lxc-)/.test(line))
        .map((line) => line.split(' ').slice(0, 3).join(' ')),
    ).to.deep.equal(['lxc-start -d -n', 'ip addr add', 'ip addr del', `lxc-stop -n ${svc.container().name}`]);
    expect(await states()).to.equal('down down n/a');
  });

  it('leaves a container that was up when what is inside cannot start', async () => {
    svc.file0(inside.replace('exec sleep', 'exit 3; sleep'));
    expect((await svc.start('--rid', 'container#0,ip#1')).code).to.equal(0);
    expect((await svc.start()).code).to.equal(1);
    expect(await states()).to.equal('up up down');
  });

  it('is found again, and ended, when it has lost the command that started it', async () => {
    svc.file0(inside);
    await svc.start();
    must('pkill', '-KILL', '-f', `lxc-attach -n ${svc.container().name}`);
    expect(await states()).to.equal('up up up');
    must('kill', '-KILL', ...(sleepers() as [string]));
    expect((await svc.status()).resources['app#1']?.notes[0]?.text).to.equal('the program ended by itself');
    expect((await svc.start()).code).to.equal(0);
    expect(sleepers()).to.have.length(1);
  });

  it('runs as an account, in a folder and with variables of the container', async () => {
    svc.file0(`[app#1]
type = simple
encap = true
start = /srv/me 'two words'
user = app1
cwd = /srv
environment = PATH=/srv:/bin LD_LIBRARY_PATH=/nowhere COLOUR="dark blue"
`);
    program('srv/me', 'echo "$(id -u):$(id -g) $PWD $HOME $USER $PATH $LD_LIBRARY_PATH $COLOUR $1" >/tmp/me; exec sleep 4711');
    mkdirSync(path.join(svc.container().root, 'tmp'), { recursive: true });
    chmodSync(path.join(svc.container().root, 'tmp'), 0o777);
    const started = await svc.start();
    expect(started.code, started.stderr).to.equal(0);
    expect(read('tmp/me')).to.equal('1234:1234 /srv /home/app1 app1 /srv:/bin /nowhere dark blue two words\n');
    svc.write(readFileSync(svc.file('services.d', 'svc1.conf'), 'utf8').replace('user = app1', 'user = nobody'));
    await svc.stop('--rid', 'app#1');
    expect((await svc.start('--rid', 'app#1')).stderr).to.match(/no user nobody in container#0/);
  });

  it('can be reached by a command of the service file in place of lxc-attach', async () => {
    const { name } = svc.container();
    svc.file0(inside, `rcmd = lxc-attach -n ${name} --clear-env --\n`);
    const started = await svc.start();
    expect(started.code, started.stderr).to.equal(0);
    expect(read('tmp/seen')).to.equal(`${name} / container#0\n`);
    expect(sleepers()).to.have.length(1);
    expect((await svc.stop()).code).to.equal(0);
    expect(must('sh', '-c', 'pgrep -x -f "sleep 4711" || true')).to.equal('');
  });

  it('tells a command that says no from a container that cannot be entered', async () => {
    svc.file0(`[app#1]
type = forking
encap = true
script = /srv/ctl
start = true
stop = true
check = true
`);
    program(
      'srv/ctl',
      'case $1 in start) sleep 4711 >/dev/null 2>&1 & echo $! >/tmp/pid;; stop) kill $(cat /tmp/pid);; check) kill -0 $(cat /tmp/pid) 2>/dev/null;; esac',
    );
    expect((await svc.start()).code).to.equal(0);
    expect(await states()).to.equal('up up');
    must('kill', '-KILL', ...(sleepers() as [string]));
    expect(await states(), 'check says 1').to.equal('up down');
    const file = readFileSync(svc.file('services.d', 'svc1.conf'), 'utf8');
    svc.write(file.replace('start_timeout', 'rcmd = /bin/false\nstart_timeout'));
    const { resources } = await svc.status();
    expect(resources['app#1']?.status).to.equal('undef');
    expect(resources['app#1']?.notes[0]?.text).to.match(/^cannot run commands in container#0/);
    svc.write(file);
    expect((await svc.start()).code).to.equal(0);
    expect((await svc.stop()).code).to.equal(0);
  });

  it('is planned as far as it can be known', async () => {
    svc.file0(inside);
    const plan = await svc.start('--dry-run');
    expect(plan.code).to.equal(0);
    expect(linesOf(plan, 'app#1')).to.deep.equal(['start: its commands are known only once container#0 really runs']);
    expect(svc.container().state()).to.equal('STOPPED');
    await svc.start();
    const stop = linesOf(await svc.stop('--dry-run')).filter((line) => !line.startsWith('wait'));
    expect(stop.map((line) => line.split(' ')[0])).to.deep.equal(['kill', 'ip', 'lxc-stop']);
    expect(await states()).to.equal('up up up');
  });

  it('runs a task inside, and journals where', async () => {
    svc.file0('[task#1]\ntype = host\nencap = true\ncommand = /srv/work now\n');
    program('srv/work', 'echo "$1" >/tmp/worked');
    expect((await svc.cli(['run', '--rid', 'task#1'])).stderr).to.match(/lives in container#0, which is down/);
    await svc.start();
    expect((await svc.cli(['run', '--rid', 'task#1'])).code).to.equal(0);
    expect(read('tmp/worked')).to.equal('now\n');
    expect(must('grep', '-rlF', '"/srv/work now (in container#0)"', svc.file('var'))).to.match(/journal/);
    expect(existsSync('/tmp/worked')).to.equal(false);
  });
});
