import { expect } from 'chai';
import { parseDocument } from '../../../agent/config/document.ts';
import { evaluateNode, type NodeEnvironment } from '../../../agent/config/evaluate-node.ts';
import { problemLine } from '../../../agent/config/problems.ts';

function evaluate(text: string, change: Partial<NodeEnvironment> = {}) {
  const { definition, problems } = evaluateNode(parseDocument(text, 'svcmgr.conf'), { node: 'n1', fileMode: 0o600, ...change });
  return { definition, lines: problems.map(problemLine), sections: Object.fromEntries(definition.sections) };
}

describe('evaluate node', () => {
  it('gives defaults without a file', () => {
    const { definition, problems } = evaluateNode(undefined, { node: 'n1' });
    expect(problems).to.deep.equal([]);
    expect(definition).to.deep.include({ name: 'n1', file: undefined });
    expect(definition.settings).to.deep.include({ env: 'TST', driver_path: [], prkey: undefined });
  });

  it('reads the sections of the HP 3PAR document, scopes and references resolved', () => {
    const { definition, lines, sections } = evaluate(
      '[node]\nname = node1.opensvc.com\nenv = PRD\n[env]\nuser = opensvc\n[array#hp3par1.opensvc.com]\ntype = hp3par\nusername = {env.user}\nmanager = hp3par1.opensvc.com\nmanager@node1 = 192.168.100.199\nkey = /home/opensvc/.ssh/id_dsa\n[host#node2]\naddress = {nodename}x\n[log]\nlevel = debug\n',
    );
    expect(lines).to.deep.equal([]);
    expect(definition.name).to.equal('node1.opensvc.com');
    expect(definition.settings.env).to.equal('PRD');
    expect(sections['array#hp3par1.opensvc.com']).to.deep.equal({
      type: 'hp3par',
      method: 'ssh',
      dialect: 'exec',
      manager: '192.168.100.199',
      username: 'opensvc',
      key: '/home/opensvc/.ssh/id_dsa',
      ssh_legacy: 'false',
    });
    expect(sections['host#node2']).to.deep.equal({ address: 'node1.opensvc.comx', port: '22', user: 'root' });
    expect(sections['log']).to.include({ level: 'debug', keep: '5' });
  });

  it('reports what is wrong, and goes on with the defaults', () => {
    const { definition, lines } = evaluate(
      '[node]\nenv = PROD\nnaem = x\n[array#a]\nusername = x\nzone = 7\n[hosts#n2]\n[host#n2]\nport = 0\nusr = me\n[DEFAULT]\n',
    );
    expect(lines).to.deep.equal([
      'svcmgr.conf:2: error: [node] env = PROD: is not known; allowed are CERT, DEV, DRP, FOR, INT, MUS, POC, PPR, PPRD, PRA, PRD, PRJ, QUAL, RCT, REC, STG, TMP, TST, UAT (did you mean PRD?)',
      'svcmgr.conf:3: error: [node] naem = x: naem is no keyword of [node]; allowed are name, env, uuid, prkey, driver_path, peer_timeout, status_timeout, parallel_jobs, comment (did you mean name?)',
      'svcmgr.conf:4: error: [array#a] type: type is required, as in type = hp3par: Kind of array.',
      'svcmgr.conf:6: warning: [array#a] zone: zone is no known keyword of such a section; a driver of your own may read it',
      'svcmgr.conf:7: error: [hosts#n2]: unknown section of a node file; allowed are [node], [env], [cluster], [api], [log], [host#NAME], [array#NAME], [alert#NAME] (did you mean host#?)',
      'svcmgr.conf:9: error: [host#n2] port = 0: is too small; the least is 1',
      'svcmgr.conf:10: error: [host#n2] usr: usr is no keyword of such a section; allowed are address, port, user, key, known_hosts, ssh_legacy, home, svcmgr (did you mean user?)',
      'svcmgr.conf:11: error: [DEFAULT]: unknown section of a node file; allowed are [node], [env], [cluster], [api], [log], [host#NAME], [array#NAME], [alert#NAME]',
    ]);
    expect(definition.settings.env).to.equal('TST');
  });

  it('refuses an inline password in a file that others may read', () => {
    const text = '[array#a]\ntype = x\npassword = s3cret\n';
    expect(evaluate(text, { fileMode: 0o644 }).lines).to.have.length(1);
    expect(evaluate(text, { fileMode: 0o644 }).lines.join()).to.not.include('s3cret');
    expect(evaluate(text).lines).to.deep.equal([]);
  });
});
