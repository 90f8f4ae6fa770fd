import { expect } from 'chai';
import { evaluateDocument, evaluateKeyword } from '../../../agent/config/evaluate-keyword.ts';
import { documentOf, environment } from './stand-in.ts';

const doc = documentOf({
  DEFAULT: { nodes: 'n1 n2', tags: 'all' },
  env: { root: '/srv', 'root@n2': '/two', bad: '{env.nope}' },
  'fs#1': { type: 'ext4', dev: '/dev/x', mnt: '{env.root}/{name}', 'size@n2': '10g', stat_timeout: '2m' },
  'vg#1': { vgname: 'vg_a' },
  'task#1': { command: '/bin/true', password: 's3cret' },
});
const get = (path: string, node = 'n1', raw = false) => evaluateKeyword(doc, environment({ node }), path, { raw });

describe('evaluate keyword', () => {
  it('evaluates for a node, with fallbacks and defaults', () => {
    expect(get('fs#1.mnt')).to.deep.equal({ text: '/srv/svc1', value: '/srv/svc1', isDefault: false, problems: [] });
    expect(get('fs#1.mnt', 'n2').text).to.equal('/two/svc1');
    expect(get('fs#1.stat_timeout')).to.include({ text: '2m', value: 120_000 });
    expect(get('fs#1.mnt_opt')).to.include({ text: 'defaults', isDefault: true });
    expect(get('fs#1.tags').value).to.deep.equal(['all']);
    expect([get('fs#1.size').text, get('fs#1.size', 'n2').value, get('fs#1.size@n2').value]).to.deep.equal([
      undefined,
      10_737_418_240,
      10_737_418_240,
    ]);
    expect([get('vg#1.name').text, get('vg#1.vgname').text, get('nodes').value]).to.deep.equal(['vg_a', 'vg_a', ['n1', 'n2']]);
  });

  it('gives the text as written with raw', () => {
    expect(get('fs#1.mnt', 'n1', true).text).to.equal('{env.root}/{name}');
    expect(get('env.root@n2', 'n1', true).text).to.equal('/two');
    expect(get('fs#1.mnt_opt', 'n1', true).text).to.equal(undefined);
  });

  it('says what is unknown', () => {
    const faults = (path: string) => get(path).problems.map(({ text, nearest }) => `${text} ${nearest}`);
    expect(faults('fs#1.mtn')).to.deep.equal(['mtn is no keyword of [fs#1] mnt']);
    expect(faults('fs#2.mnt')).to.deep.equal(['there is no section [fs#2] fs#1']);
    expect(faults('env.rot')).to.deep.equal(['rot is not set in [env] root']);
    expect(faults('env.bad')[0]).to.match(/unknown reference \{env.nope}/);
    expect(faults('')).to.have.length(1);
  });

  it('masks secrets', () => {
    expect([get('task#1.password').text, get('task#1.password', 'n1', true).text]).to.deep.equal(['xxxx', 'xxxx']);
    expect(JSON.stringify([get('task#1.password'), evaluateDocument(doc, environment())])).to.not.include('s3cret');
  });

  it('prints the file as it reads on a node', () => {
    expect(evaluateDocument(doc, environment({ node: 'n2' }))).to.deep.equal([
      {
        name: 'DEFAULT',
        entries: [
          { key: 'nodes', text: 'n1 n2' },
          { key: 'tags', text: 'all' },
        ],
      },
      {
        name: 'env',
        entries: [
          { key: 'root', text: '/two' },
          { key: 'bad', text: '{env.nope}' },
        ],
      },
      {
        name: 'fs#1',
        entries: [
          { key: 'type', text: 'ext4' },
          { key: 'dev', text: '/dev/x' },
          { key: 'mnt', text: '/two/svc1' },
          { key: 'size', text: '10g' },
          { key: 'stat_timeout', text: '2m' },
        ],
      },
      { name: 'vg#1', entries: [{ key: 'vgname', text: 'vg_a' }] },
      {
        name: 'task#1',
        entries: [
          { key: 'command', text: '/bin/true' },
          { key: 'password', text: 'xxxx' },
        ],
      },
    ]);
  });
});
