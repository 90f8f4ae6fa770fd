import { expect } from 'chai';
import { effectiveEntry, indexSection, scopeFault, scopeView } from '../../../agent/config/scope.ts';
import { documentOf } from './stand-in.ts';

const members = {
  nodes: ['node1.opensvc.com', 'node2.opensvc.com'],
  drpnodes: ['node3.dr.com'],
  encapnodes: ['vm1'],
  flex_primary: ['node1.opensvc.com'],
  drp_flex_primary: [],
};

function pick(node: string, keys: Readonly<Record<string, string>>, clusterNodes: readonly string[] = []): string | undefined {
  const section = documentOf({ s: keys }).section('s');
  return section === undefined ? undefined : effectiveEntry(indexSection(section), ['k'], scopeView(node, members, clusterNodes))?.value;
}

describe('scope', () => {
  it('takes the most specific', () => {
    const keys = {
      k: 'plain',
      'k@nodes': 'nodes',
      'k@drpnodes': 'drp',
      'k@encapnodes': 'encap',
      'k@flex_primary': 'flex',
      'k@node2.opensvc.com': 'n2',
    };
    expect(pick('node1.opensvc.com', keys)).to.equal('nodes');
    expect(pick('node2.opensvc.com', keys)).to.equal('n2');
    expect(pick('node3.dr.com', keys)).to.equal('drp');
    expect(pick('vm1', keys)).to.equal('encap');
    expect(pick('other', keys)).to.equal('plain');
    expect(pick('node1.opensvc.com', { 'k@flex_primary': 'flex', k: 'plain' })).to.equal('flex');
    expect(pick('node2.opensvc.com', { 'k@node1.opensvc.com': 'n1' })).to.equal(undefined);
  });

  it('matches short names when they mean one node', () => {
    expect(pick('node1.opensvc.com', { 'k@node1': 'short', 'k@nodes': 'nodes' })).to.equal('short');
    expect(pick('node1.opensvc.com', { 'k@node1': 'short', 'k@node1.opensvc.com': 'full' })).to.equal('full');
    expect(pick('NODE1.opensvc.com', { 'k@node1': 'short' })).to.equal('short');
    expect(pick('node1', { 'k@node1.opensvc.com': 'full' })).to.equal('full');
    expect(pick('node1.opensvc.com', { 'k@node1': 'short', k: 'plain' }, ['node1.other.com'])).to.equal('plain');
  });

  it('warns of a scope that names no node, and refuses an ambiguous one', () => {
    const view = scopeView('node1.opensvc.com', members, ['node1.other.com']);
    expect(scopeFault('nodes', view)).to.equal(undefined);
    expect(scopeFault('node2', view)).to.equal(undefined);
    expect(scopeFault('node9', view)).to.include({ severity: 'warning' });
    expect(scopeFault('node1', view)).to.deep.equal({
      severity: 'error',
      text: 'scope @node1 is ambiguous: node1.opensvc.com, node1.other.com; write the full name',
    });
  });
});
