/**
 * The README section "Run it as a service", line by line, on a machine of nothing but Debian's smallest system, systemd and Node; then what
 * systemd does with the units: restart, reload, a daemon that dies or hangs, a boot and a shutdown. `npm run test:daemon`.
 */
import { writeFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { must } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { projectRoot } from '../support/imports.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { type Machine, machineNeeds, makeMachine } from './machine.ts';

const sleeps = ['/bin/sleep 4901', '/bin/sleep 4902', '/bin/sleep 4903'] as const;
const services = {
  shop: `[DEFAULT]
orchestrate = start

[app#1]
type = simple
start = ${sleeps[0]}
monitor = true
restart = 3

[app#2]
type = forking
start = /bin/sh -c 'setsid sh -c "echo \\$$ >/run/app2.pid; exec ${sleeps[1]}" </dev/null >/dev/null 2>&1 &'
stop = /bin/sh -c 'kill \\$(cat /run/app2.pid)'
`,
  byhand: `[app#1]\ntype = simple\nstart = ${sleeps[2]}\n`,
};

/** A machine on which others work too. */
const limitMs = 90_000;
const watchdogMs = 60_000;

describeUnless(missing(machineNeeds), 'long: svcmgr as a service of a clean machine', function () {
  this.timeout(600_000);
  let machine: Machine;
  before('make the machine', async () => {
    machine = await makeMachine();
  });
  after('remove the machine', () => machine?.remove());

  const pids = async () => {
    const script =
      'for p in /proc/[0-9]*; do line=$(tr "\\0" " " <$p/cmdline 2>/dev/null); case $line in "/bin/sleep 490"*) echo "$line${p#/proc/}";; esac; done';
    return (await machine.must(`${script}; true`))
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .sort();
  };
  const mainPid = async () => Number(await machine.must('systemctl show -p MainPID --value svcmgrd'));
  const overall = async (service: string) => /^overall +(\S+)/m.exec(await machine.must(`svcmgr -s ${service} print status`))?.[1];
  const answers = async () => (await machine.run('svcmgr daemon status')).code === 0;

  it('the lines of the README do what they say', async () => {
    must('git', 'clone', '--quiet', '--no-hardlinks', projectRoot, path.join(machine.root, 'srv/svcmgr'));
    const [network, ...lines] = readmeLines(readFileSync(path.join(machine.root, 'srv/svcmgr/README.md'), 'utf8'));
    expect(network).to.equal('npm ci && npm run build');
    const built = await machine.build(network ?? '', '/srv/svcmgr');
    expect(built.code, built.stdout + built.stderr).to.equal(0);
    await machine.boot();
    const said: string[] = [];
    for (const line of lines) {
      const done = await machine.run(line, '/srv/svcmgr');
      expect(done.code, `${line}\n${done.stdout}${done.stderr}`).to.equal(0);
      said.push(done.stdout);
    }
    expect(said.at(-3)).to.match(/^svcmgrd \S+ runs for .*\n0 services/);
    expect(said.at(-1)).to.match(/^web\noverall +down$/m);
    expect(await machine.must('systemctl is-active svcmgrd svcmgr-services')).to.equal('active\nactive\n');
    const verified = await machine.run(
      'systemd-analyze verify --man=no /etc/systemd/system/svcmgrd.service /etc/systemd/system/svcmgr-services.service',
    );
    expect(verified.stderr.split('\n').filter((line) => line.includes('svcmgr'))).to.deep.equal([]);
    expect(await machine.must('ls /var/lib/svcmgr /run/svcmgr')).to.match(/svcmgrd\.sock[\s\S]*journal/);
  });

  it('a restart, a reload, a kill -9 and a hang of the daemon leave what it started alone', async () => {
    for (const [name, text] of Object.entries(services)) writeFileSync(path.join(machine.root, `etc/svcmgr/services.d/${name}.conf`), text);
    expect(await machine.must('systemctl reload svcmgrd && journalctl -u svcmgrd -n 20 -o cat')).to.match(/Reload/);
    await machine.must('svcmgr -s shop,byhand start');
    const before = await pids();
    expect(before.map((line) => line.replace(/\d+$/, ''))).to.deep.equal(sleeps.map((line) => `${line} `));
    const causes = {
      'systemctl restart': () => machine.must('systemctl restart svcmgrd'),
      'kill -9': () => machine.must('kill -9 $(systemctl show -p MainPID --value svcmgrd)'),
      // systemd ends what does not answer its watchdog.
      hang: () => machine.must('kill -STOP $(systemctl show -p MainPID --value svcmgrd)'),
    };
    for (const [cause, bring] of Object.entries(causes)) {
      const old = await mainPid();
      await bring();
      await eventually(async () => (await mainPid()) !== old && (await answers()), limitMs + watchdogMs);
      expect(await pids(), cause).to.deep.equal(before);
      expect([await overall('shop'), await overall('byhand')], cause).to.deep.equal(['up', 'up']);
    }
    expect(await machine.must('journalctl -u svcmgrd -o cat')).to.match(/watchdog/i);
    const app = before
      .find((line) => line.startsWith(sleeps[0]))
      ?.split(' ')
      .at(-1);
    await machine.must(`kill -9 ${app}`);
    await eventually(async () => {
      const now = await pids();
      return now.length === 3 && !now.includes(before[0] ?? '');
    }, limitMs);
  });

  it('systemctl stop leaves it too, and the command line does without', async () => {
    const before = await pids();
    await machine.must('systemctl stop svcmgrd');
    expect(await pids()).to.deep.equal(before);
    expect(await overall('shop')).to.equal('up');
    await machine.must('systemctl start svcmgrd');
    expect(await pids()).to.deep.equal(before);
  });

  it('the machine goes down: services are stopped; it comes up: those with orchestrate = start are started', async () => {
    await machine.shutdown();
    await machine.boot();
    await eventually(answers, limitMs);
    expect([await overall('shop'), await overall('byhand')]).to.deep.equal(['up', 'down']);
    const history = await machine.must('svcmgr -s shop history --format json');
    const verbs = [...history.matchAll(/"verb": "(\w+)"/g)].map(([, verb]) => verb);
    expect(verbs, 'by hand, by the monitor, by systemd').to.deep.equal(['start', 'start', 'shutdown', 'start']);
    expect(history)
      .to.match(/the node goes down/)
      .and.match(/the node boots/);
  });
});

/** What is typed in the section, without the comments behind it. */
function readmeLines(readme: string): readonly string[] {
  const section = /^## Run it as a service\n[\s\S]*?\n```\n([\s\S]*?)\n```\n/m.exec(readme)?.[1] ?? '';
  return section.split('\n').map((line) => line.replace(/^\$ /, '').replace(/ +#.*$/, ''));
}
