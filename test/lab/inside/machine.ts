/** Runs inside a node: test/lab/node.test.ts starts it there and expects one of the two to fail. */
import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { expect } from 'chai';

describe('inside a node', () => {
  it('is that node, with a kernel that can do more', () => {
    expect(hostname()).to.equal(process.env['EXPECTED_NODE']);
    expect(readFileSync('/proc/devices', 'utf8')).to.match(/ device-mapper$/m);
    writeFileSync('/run/lab/inside.json', JSON.stringify({ node: hostname() }));
  });

  it('fails when it should', () => {
    expect(1).to.equal(2);
  });
});
