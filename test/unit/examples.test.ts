/** The example configuration in etc/ is valid, and is what holds without it. */
import { expect } from 'chai';
import { parseDocument } from '../../agent/config/document.ts';
import { evaluateNode } from '../../agent/config/evaluate-node.ts';
import { readSource } from '../support/imports.ts';

describe('examples', () => {
  const text = readSource('etc/svcmgr.conf');

  it('etc/svcmgr.conf has no problem and changes no default', () => {
    const written = evaluateNode(parseDocument(text, 'etc/svcmgr.conf'), { node: 'node1' });
    expect(written.problems).to.deep.equal([]);
    expect(written.definition.settings).to.deep.equal(evaluateNode(undefined, { node: 'node1' }).definition.settings);
  });

  it('etc/svcmgr.conf is also valid with its commented lines', () => {
    const commented = text.replace(/^# (\[?[a-z_]+(#\S+\])?( = .*)?)$/gm, '$1');
    expect(commented)
      .to.match(/^driver_path = /m)
      .and.match(/^\[host#/m);
    expect(evaluateNode(parseDocument(commented, 'etc/svcmgr.conf'), { node: 'node1' }).problems).to.deep.equal([]);
  });
});
