import { expect } from 'chai';
import fc from 'fast-check';
import { parseDocument } from '../../../agent/config/document.ts';
import { evaluateService, requiredDrivers } from '../../../agent/config/evaluate.ts';
import { problemLine } from '../../../agent/config/problems.ts';
import type { ServiceEnvironment } from '../../../agent/config/scene.ts';
import { iniText } from './ini-text.ts';
import { documentOf, environment } from './stand-in.ts';

/** Evaluates a text; a leading newline is dropped so that line 1 is the first line shown. */
function evaluate(text: string, change: Partial<ServiceEnvironment> = {}) {
  return evaluateService(parseDocument(text.replace(/^\n/, ''), 'svc1.conf'), environment(change));
}

const lines = (text: string, change: Partial<ServiceEnvironment> = {}): string[] => evaluate(text, change).problems.map(problemLine);

describe('evaluate', () => {
  it('gives typed, defaulted resources in the order of the file', () => {
    const { definition, problems } = evaluate(`
[DEFAULT]
nodes = n1 n2
status_timeout = 3s
tags = all
post_start = /bin/notify "it is up"
[vg#1]
name = vg1
[fs#1]
type = ext4
dev = /dev/{vg#1.name}/lv
mnt@n1 = /srv//{name}/
mnt@n2 = /two
start_requires = vg#1(up)
optional = true
[sync#1]
src = /a /b
dst = /c
target = nodes
sync_max_delay = 5
`);
    expect(problems).to.deep.equal([]);
    expect(definition?.settings).to.deep.include({
      nodes: ['n1', 'n2'],
      drpnodes: [],
      rollback: true,
      priority: 100,
      post_start: ['/bin/notify', 'it is up'],
      lock_timeout: 60_000,
    });
    expect(
      definition?.resources.map(({ rid, group, index, type, line, optionalInFile }) => [rid, group, index, type, line, optionalInFile]),
    ).to.deep.equal([
      ['vg#1', 'vg', '1', 'vg.lvm', 6, false],
      ['fs#1', 'fs', '1', 'fs.ext4', 8, true],
      ['sync#1', 'sync', '1', 'sync.rsync', 15, false],
    ]);
    const [, fs, sync] = definition?.resources ?? [];
    expect(fs?.config).to.deep.equal({
      dev: '/dev/vg1/lv',
      mnt: '/srv/svc1',
      mnt_opt: 'defaults',
      size: undefined,
      user: undefined,
      perm: undefined,
      stat_timeout: 5000,
    });
    expect(fs?.common).to.deep.include({
      status_timeout: 3000,
      tags: ['all'],
      optional: true,
      post_start: undefined,
      start_requires: [{ rid: 'vg#1', states: ['up'] }],
    });
    expect(sync?.common.optional).to.equal(true);
    expect(sync?.config).to.deep.include({ src: ['/a', '/b'], sync_max_delay: 300_000 });
  });

  it('gives this node alone without nodes, and what the node says for all', () => {
    const none = {
      name: undefined,
      uuid: undefined,
      prkey: undefined,
      driver_path: [],
      comment: undefined,
      peer_timeout: 5000,
      parallel_jobs: 4,
    };
    const text = '[fs#1]\ntype = flag\n[fs#2]\ntype = flag\nstatus_timeout = 3s\n';
    const { definition } = evaluate(text, { nodeSettings: { ...none, env: 'PRD', status_timeout: 5000 } });
    expect(definition?.settings).to.deep.include({ nodes: ['n1'], env: 'PRD' });
    expect(definition?.resources.map(({ common }) => common.status_timeout)).to.deep.equal([5000, 3000]);
  });

  it('lets a driver give a common keyword its own default', () => {
    const { definition } = evaluate('[container#0]\nname = {name}\n[fs#1]\ntype = flag\n');
    expect(definition?.resources.map(({ common }) => common.start_timeout)).to.deep.equal([240_000, undefined]);
    expect(definition?.resources[0]?.config).to.deep.equal({ name: 'svc1', start_timeout: 240_000 });
  });

  it('reports every error at once, with place, value, what is allowed and the nearest name', () => {
    expect(
      lines(`
[DEFAULT]
nodes = n1
topology = ring
priorty = 5
[fs#1]
typ = ext4
[fs#2]
type = ext5
dev = {env.nope}
mnt = srv
[fs#3]
type = ext4
mnt = /a
mnt_otp = x
size = 5x
[foo#1]
a = b
[app#1]
optional = perhaps
start = /bin/sh -c "echo # hi"
start_requires = fs#9(up)
[app]
x = 1
`),
    ).to.deep.equal([
      'svc1.conf:3: error: [DEFAULT] topology = ring: is not known; allowed are failover, flex',
      'svc1.conf:4: error: [DEFAULT] priorty = 5: priorty is no keyword of [DEFAULT], nor of a driver of this file; svcmgr doc keyword lists them (did you mean priority?)',
      'svc1.conf:5: error: [fs#1] type: type is required in group fs; allowed are directory, ext4, flag, xfs; is typ at line 6 meant?',
      'svc1.conf:8: error: [fs#2] type = ext5: there is no driver fs.ext5; allowed are directory, ext4, flag, xfs (did you mean ext4?)',
      'svc1.conf:9: error: [fs#2] dev = {env.nope}: unknown section in reference {env.nope}; write \\{env.nope} for the text itself',
      'svc1.conf:11: error: [fs#3] dev: dev is required, as in dev = /dev/vg/lv: Device to mount.',
      'svc1.conf:14: error: [fs#3] mnt_otp = x: mnt_otp is no keyword of fs.ext4; svcmgr doc fs.ext4 lists them (did you mean mnt_opt?)',
      'svc1.conf:15: error: [fs#3] size = 5x: is not a size: 512m, 10g, 1.5T; k/m/g and KiB/MiB count 1024, KB/MB 1000',
      'svc1.conf:16: error: [foo#1]: unknown section; allowed are [DEFAULT], [env], [subset#group:name] and [group#index] with group vg, ip, fs, container, app, share, sync, task, hb, repave',
      'svc1.conf:19: error: [app#1] optional = perhaps: is not a boolean; allowed are true, false, yes, no, y, n, 1, 0, on, off',
      'svc1.conf:20: error: [app#1] start = /bin/sh -c "echo: a double quote is opened and not closed; a # or ; after white space began a comment there and cut the command, even inside quotes',
      'svc1.conf:21: error: [app#1] start_requires = fs#9(up): there is no resource fs#9 in the file (did you mean fs#1?)',
      'svc1.conf:22: error: [app]: a resource section has an index: [app#1]',
    ]);
  });

  it('has no definition while there is an error, and one when there are warnings only', () => {
    expect(evaluate('[fs#1]\ntype = ext4\n').definition).to.equal(undefined);
    const warned = evaluate('[DEFAULT]\norchestrate = ha\n[fs#1]\ntype = flag\ncomment@n9 = x\n');
    expect(warned.definition?.resources.length).to.equal(1);
    expect(warned.problems.map(problemLine)).to.deep.equal([
      'svc1.conf:2: warning: [DEFAULT] orchestrate = ha: orchestrate has no effect: no cluster is configured on this node',
      'svc1.conf:5: warning: [fs#1] comment@n9: scope @n9 names no node of the service; allowed are its nodes and @nodes, @drpnodes, @encapnodes, @flex_primary, @drp_flex_primary (did you mean n1?)',
    ]);
  });

  it('names the problem of a reference where it is, loops included', () => {
    expect(lines('[env]\na = {b}\nb = {env.a}\n[fs#1]\ntype = directory\npath = {a}/{env.c}\n')).to.deep.equal([
      'svc1.conf:2: error: [env] a = {b}: references form a loop: env.a -> env.b -> env.a',
      'svc1.conf:3: error: [env] b = {env.a}: references form a loop: env.b -> env.a -> env.b',
      'svc1.conf:6: error: [fs#1] path = {a}/{env.c}: unknown reference {a}; write \\{a} for the text itself',
    ]);
    expect(lines('[fs#1]\ntype = {type}\n')[0]).to.match(/:2: error: \[fs#1\] type = \{type}: references form a loop/);
    expect(lines('[env]\nt = flag\n[fs#1]\ntype = {env.t}\n')).to.deep.equal([]);
    expect(lines('[env]\np = srv\n[fs#1]\ntype = directory\npath = {env.p}/x\n')).to.deep.equal([
      'svc1.conf:5: error: [fs#1] path = {env.p}/x: "srv/x" is not an absolute path; it begins with /',
    ]);
  });

  it('finds the error that would wait for a failover', () => {
    const text = '[DEFAULT]\nnodes = n1\ndrpnodes = n3\n[fs#1]\ntype = ext4\ndev = /dev/x\nmnt@n1 = /a\nsize@n3 = 5x\n';
    expect(lines(text)).to.deep.equal([
      'svc1.conf:4: error: [fs#1] mnt: mnt is required, as in mnt = /srv/data: Mount point. (on node n3)',
      'svc1.conf:8: error: [fs#1] size@n3 = 5x: is not a size: 512m, 10g, 1.5T; k/m/g and KiB/MiB count 1024, KB/MB 1000 (on node n3)',
    ]);
    expect(lines(text, { checkPeers: false })).to.deep.equal([]);
  });

  it('keeps the rid of the other names of vg', () => {
    const { definition, problems } = evaluate(
      '[disk#1]\ntype = vg\nvgname = a\n[lv#1]\nname = b\n[raw#1]\ndevs = /dev/x\n[loop#2]\nfile = /x\n[subset#disk:z]\nparallel = true\n[vg#9]\nname = c\nsubset = z\n',
    );
    expect(problems.map(problemLine)).to.deep.equal([]);
    expect(definition?.resources.map(({ rid, group, type }) => `${rid} ${group} ${type}`)).to.deep.equal([
      'disk#1 vg vg.lvm',
      'lv#1 vg vg.lv',
      'raw#1 vg vg.raw',
      'loop#2 vg vg.loop',
      'vg#9 vg vg.lvm',
    ]);
    expect(definition?.resources[0]?.config['name']).to.equal('a');
    expect(definition?.subsets).to.deep.equal([{ name: 'vg:z', parallel: true }]);
  });

  it('knows aliases and old names, and refuses two spellings at once', () => {
    expect(lines('[ip#1]\nname = 10.0.0.1\ndev = eth0\nipname@n1 = 10.0.0.2\n')).to.deep.equal([]);
    expect(lines('[ip#1]\nname = 10.0.0.1\nipname = 10.0.0.2\ndev = eth0\n')).to.deep.equal([
      'svc1.conf:3: error: [ip#1] ipname: means the same as name at line 2; keep one of the two',
    ]);
    const old = evaluate('[app#1]\nlauncher = /x\n');
    expect(old.definition?.resources[0]?.config['script']).to.equal('/x');
    expect(old.problems.map(problemLine)).to.deep.equal(['svc1.conf:2: warning: [app#1] launcher: is an old name; write script']);
  });

  it('inherits from DEFAULT what is common, and warns of what is not', () => {
    const { definition, problems } = evaluate(
      '[DEFAULT]\nrestart = 3\nperm = 700\nrun_schedule = @5\nsubset = s\ndisable = true\nstonith = true\n[fs#1]\ntype = directory\npath = /a\n[task#1]\ncommand = /bin/true\n',
    );
    expect(problems.map(problemLine)).to.deep.equal([
      'svc1.conf:5: warning: [DEFAULT] subset = s: subset has no effect in [DEFAULT]; write it in the sections of the resources',
      'svc1.conf:7: warning: [DEFAULT] stonith = true: stonith is an OpenSVC keyword without effect here',
    ]);
    const [fs, task] = definition?.resources ?? [];
    expect([fs?.common.restart, fs?.common.disable, fs?.config['perm'], definition?.settings.disable]).to.deep.equal([
      3,
      false,
      '700',
      true,
    ]);
    expect([task?.common.restart, task?.config['schedule']]).to.deep.equal([0, '@5']);
    expect(lines('[DEFAULT]\nperm = 700\n')[0]).to.match(/perm is no keyword of \[DEFAULT\]/);
    expect(lines('[DEFAULT]\nrestart = x\n')).to.deep.equal(['svc1.conf:2: error: [DEFAULT] restart = x: is not a whole number']);
  });

  it('refuses scopes on what scopes are found with, and checks subsets', () => {
    expect(lines('[DEFAULT]\nnodes@n1 = n1 n2\n')[0]).to.match(/nodes cannot have a scope/);
    expect(lines('[subset#app:web]\nparalel = true\n')).to.deep.equal([
      'svc1.conf:1: warning: [subset#app:web]: no resource of the file belongs to subset app:web',
      'svc1.conf:2: error: [subset#app:web] paralel = true: paralel is no keyword of a subset; allowed is parallel (did you mean parallel?)',
    ]);
    expect(lines('[subset#web]\n')[0]).to.match(/not a subset/);
    expect(lines('[labels]\na = b\n')).to.deep.equal([
      'svc1.conf:1: warning: [labels]: [labels] has no effect here; references may name its keys',
    ]);
  });

  it('warns of an indented keyword, and refuses a requirement of itself', () => {
    expect(lines('[fs#1]\ntype = ext4\ndev = /x\n  mnt = /a\nmnt = /b\n')[0]).to.match(
      /the indented line "mnt = …" below continues this value/,
    );
    expect(lines('[app#1]\nstart_requires = app#1 sync#i0 vg#1pr\n[vg#1]\nname = x\n')).to.deep.equal([
      'svc1.conf:2: error: [app#1] start_requires = app#1 sync#i0 vg#1pr: a resource cannot require itself',
    ]);
  });

  it('refuses names that cannot go into paths and selectors', () => {
    expect(lines('[fs#../x]\ntype = flag\n')[0]).to.match(/"..\/x" is no resource index/);
    expect(lines('[fs#1]\ntype = flag\nsubset = a b\n')[0]).to.match(/subset = a b: is no subset name/);
    expect(lines('[share#1]\ntype = nfs\n')[0]).to.match(
      /there is no driver share.nfs; no driver of group share is installed, only of vg, ip, fs, container, app, sync, task/,
    );
    expect(lines('[DEFAULT]\nnodes =\n')[0]).to.match(/nodes = ?: is empty; at least one node is needed/);
  });

  it('shows no secret', () => {
    const text = '[task#1]\ncommand = /bin/true\npassword = s3cret\n';
    const problems = lines(text, { fileMode: 0o644 });
    expect(problems[0]).to.match(/\[task#1\] password = xxxx: is written in a file that others may read/);
    expect(JSON.stringify([problems, evaluate(text)])).to.not.include('s3cret');
  });

  it('lists the drivers a file needs, for every node', () => {
    const doc = documentOf({
      'fs#1': { type: 'ext4', 'type@n2': 'xfs' },
      'vg#1': {},
      'disk#2': { type: 'loop' },
      'fs#2': { type: '{env.t}' },
      'fs#3': {},
      env: { t: 'flag' },
      'foo#1': {},
    });
    expect(requiredDrivers(doc)).to.deep.equal(['fs.ext4', 'fs.flag', 'fs.xfs', 'vg.loop', 'vg.lvm']);
  });

  it('never throws: any text gives a definition or an error', () => {
    const keyed = fc
      .array(
        fc.tuple(
          fc.constantFrom('type', 'dev', 'mnt', 'nodes', 'size', 'start', 'tags', 'start_requires', 'subset', 'x@n1'),
          fc.constantFrom('ext4', '{dev}', '{fs#1.mnt}', '/a', '$({#nodes}+1)', 'n1 n2', '{', '10g', 'fs#1(up)', '"a', '{env.a[0]}'),
        ),
      )
      .map((pairs) =>
        pairs
          .map(
            ([key, value], index) =>
              `${index % 4 === 0 ? `[${['fs#1', 'DEFAULT', 'env', 'app#1'][(index / 4) % 4]}${index > 15 ? index : ''}]\n` : ''}${key} = ${value}\n`,
          )
          .join(''),
      );
    fc.assert(
      fc.property(fc.oneof(iniText, keyed), (text) => {
        const { definition, problems } = evaluate(text);
        expect(definition === undefined).to.equal(problems.some(({ severity }) => severity === 'error'));
        expect(problems.every(({ line, file }) => line >= 1 && file === 'svc1.conf')).to.equal(true);
      }),
      { numRuns: 1000, seed: 1 },
    );
  });
});
