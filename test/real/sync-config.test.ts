/** sync#i0 between real nodes: the service file follows, and nobody's edit is lost. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { nodesNeeds, type TestNode, useNodes } from '../support/nodes.ts';
import { describeUnless, missing } from '../support/skip.ts';

describeUnless(missing(nodesNeeds), 'real: sync#i0', function () {
  this.timeout(60_000);
  const nodes = useNodes(3);
  const node = (number: number) => nodes().node(`node${number}`);
  const body = '[DEFAULT]\nnodes = node1 node2\n[fs#1]\ntype = flag\n';
  let count = 0;
  let name = '';
  const fileOn = (where: TestNode) => path.join(where.home.folder, 'services.d', `${name}.conf`);
  const textOn = (where: TestNode) => (existsSync(fileOn(where)) ? readFileSync(fileOn(where), 'utf8') : undefined);
  const on = (number: number, ...argv: string[]) => node(number).cli(['-s', name, ...argv]);
  const push = (number = 1, ...more: string[]) => on(number, 'sync', 'update', '--rid', 'sync#i0', ...more);

  beforeEach('a new service on node1', () => {
    count += 1;
    name = `config${count}`;
    node(1).home.service(name, body);
  });

  it('brings a new service to the other node, with its mode, also before it was ever started', async () => {
    writeFileSync(fileOn(node(1)), body, { mode: 0o600 });
    const refused = await on(1, 'start');
    expect(refused.code).to.equal(5);
    expect(refused.stderr).to.match(/node2: it has no service/);
    const skipped = await on(1, 'sync', 'all');
    expect(skipped.code, 'not named').to.equal(0);
    expect(textOn(node(2))).to.equal(undefined);
    const { code, stdout, stderr } = await push();
    expect(code, stderr).to.equal(0);
    expect(stdout).to.match(new RegExp(`sync#i0 to node2: done, ${body.length} bytes sent`));
    expect(textOn(node(2))).to.equal(body);
    expect(statSync(fileOn(node(2))).mode & 0o777).to.equal(statSync(fileOn(node(1))).mode & 0o777);
    expect((await on(1, 'start')).code).to.equal(0);
    expect((await on(2, 'print', 'status')).stdout).to.match(/sync#i0 +\.\.\.\. up +rsync svc config to drpnodes, nodes/);
    await on(1, 'stop');
  });

  it('sends later versions, and after a relocation the other node does', async () => {
    await push();
    node(1).home.service(name, `${body}# second\n`);
    expect((await push()).code).to.equal(0);
    expect(textOn(node(2))).to.equal(`${body}# second\n`);
    node(2).home.service(name, `${body}# third, made on node2\n`);
    expect((await push(2)).code).to.equal(0);
    expect(textOn(node(1))).to.equal(`${body}# third, made on node2\n`);
  });

  it('a node that was away gets the next version from the next sender, whoever that is', async () => {
    const three = body.replace('node2', 'node2 node3');
    node(1).home.service(name, three);
    expect((await push()).code).to.equal(0);
    node(2).home.service(name, `${three}# second, made on node2\n`);
    node(3).cut();
    try {
      expect((await push(2)).code).to.equal(1);
    } finally {
      node(3).restore();
    }
    expect([textOn(node(1)), textOn(node(3))]).to.deep.equal([`${three}# second, made on node2\n`, three]);
    const { code, stderr } = await push(1);
    expect(code, stderr).to.equal(0);
    expect(textOn(node(3))).to.equal(`${three}# second, made on node2\n`);
  });

  it('refuses to overwrite an edit made there, shows it, and does when that is meant', async () => {
    await push();
    node(2).home.service(name, `${body}[fs#2]\ntype = flag\n`);
    node(1).home.service(name, `${body}# mine\n`);
    const { code, stderr } = await push();
    expect(code).to.equal(5);
    expect(stderr).to.match(
      /was edited on node2 \(- there, \+ here\): -5: \[fs#2\] \| \+5: # mine \| -6: type = flag \(--allow overwrite-peer-config\)/,
    );
    expect(textOn(node(2))).to.equal(`${body}[fs#2]\ntype = flag\n`);
    expect((await push(1, '--allow', 'overwrite-peer-config')).code).to.equal(0);
    expect(textOn(node(2))).to.equal(`${body}# mine\n`);
  });

  it('never sends an invalid file, and says its errors', async () => {
    await push();
    node(1).home.service(name, `${body}[fs#2]\ntype = flug\n`);
    const { code, stderr } = await push();
    expect(code).to.equal(2);
    expect(stderr).to.match(/flug/);
    expect(textOn(node(2))).to.equal(body);
  });

  it('refuses while the instance there is up, and when nobody answers there', async () => {
    await push();
    expect((await on(2, 'start')).code).to.equal(0);
    node(1).home.service(name, `${body}# mine\n`);
    expect((await push()).stderr).to.match(/--allow peer-up/);
    await on(2, 'stop');
    node(2).cut();
    try {
      expect((await push()).code).to.equal(1);
    } finally {
      node(2).restore();
    }
    expect(textOn(node(2))).to.equal(body);
    expect((await push()).code).to.equal(0);
  });

  it('a dry-run writes nothing over there', async () => {
    const { code, stderr } = await push(1, '--dry-run');
    expect(code).to.equal(0);
    expect(stderr).to.match(/DRYRUN .*write .*services\.d.* \(on node2\)/);
    expect(textOn(node(2))).to.equal(undefined);
  });

  it('is there for every service with other nodes, and only for those; a section of the file stands in its place', async () => {
    const rids = async () =>
      Object.keys((JSON.parse((await on(1, 'print', 'status', '--format', 'json')).stdout) as { resources: object }).resources);
    expect(await rids()).to.deep.equal(['fs#1', 'sync#i0']);
    node(1).home.service(name, '[DEFAULT]\nnodes = node1\n[fs#1]\ntype = flag\n');
    expect(await rids()).to.deep.equal(['fs#1']);
    node(1).home.service(name, `${body}[sync#i0]\ntype = config\nsrc = ${fileOn(node(1))}\ndisable = true\n`);
    expect((await on(1, 'print', 'status')).stdout).to.match(/sync#i0 +\.D\.\. n\/a/);
  });

  it('a verb that no driver has is an unknown verb with the nearest one', async () => {
    const { code, stderr } = await on(1, 'sync', 'updaet');
    expect(code).to.equal(2);
    expect(stderr).to.equal('svcmgr: unknown verb: sync updaet\n  did you mean "sync update"?\n');
    expect((await on(1, 'sync')).stderr).to.match(
      /which verb\?\n {2}one of: sync all, sync break, sync full, sync resume, sync resync, sync revert, sync swap, sync update, sync verify, sync pause, sync unpause$/m,
    );
  });
});
