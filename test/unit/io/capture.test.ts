import { expect } from 'chai';
import fc from 'fast-check';
import { createHead, createLineSplitter, createTail } from '../../../agent/io/capture.ts';

function feed(capture: { add(chunk: Buffer): void }, bytes: Buffer, sizes: readonly number[]): void {
  let at = 0;
  for (const size of [...sizes, bytes.length]) {
    if (at >= bytes.length) break;
    capture.add(bytes.subarray(at, at + size));
    at += size;
  }
}

const chunkSizes = fc.array(fc.integer({ min: 1, max: 9 }));

describe('capture', () => {
  it('keeps the head, says that something is missing, cuts no character in two', () => {
    const head = createHead(4);
    feed(head, Buffer.from('abcé…'), [3]);
    expect(head.text()).to.equal('abc');
    expect(head.truncated()).to.equal(true);
  });

  it('keeps the tail, says that something is missing, cuts no character in two', () => {
    const tail = createTail(4);
    feed(tail, Buffer.from('xé…é'), [2]);
    expect(tail.text()).to.equal('é');
    expect(tail.truncated()).to.equal(true);
  });

  it('keeps everything up to exactly the limit', () => {
    for (const capture of [createHead(3), createTail(3)]) {
      feed(capture, Buffer.from('abc'), [1]);
      expect([capture.text(), capture.truncated()]).to.deep.equal(['abc', false]);
    }
  });

  it('is a prefix and a suffix of the text whatever the chunks', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), chunkSizes, fc.integer({ min: 1, max: 30 }), (text, sizes, limit) => {
        const whole = Buffer.from(text).toString(); // no lone surrogates
        const [head, tail] = [createHead(limit), createTail(limit)];
        for (const capture of [head, tail]) feed(capture, Buffer.from(whole), sizes);
        expect(whole.startsWith(head.text())).to.equal(true);
        expect(whole.endsWith(tail.text())).to.equal(true);
        expect(head.truncated()).to.equal(Buffer.byteLength(whole) > limit);
        expect(tail.truncated()).to.equal(Buffer.byteLength(whole) > limit);
      }),
    );
  });

  it('stays bounded while megabytes pass', () => {
    const tail = createTail(10);
    for (let round = 0; round < 1000; round += 1) tail.add(Buffer.alloc(10_000, 'x'));
    tail.add(Buffer.from('the end'));
    expect(tail.text()).to.equal('xxxthe end');
  });
});

describe('line splitter', () => {
  function split(text: string, sizes: readonly number[]): string[] {
    const lines: string[] = [];
    const splitter = createLineSplitter((line) => lines.push(line));
    feed(splitter, Buffer.from(text), sizes);
    splitter.end();
    return lines;
  }

  it('gives lines without their ends, a carriage return ends one too, and the last one without end', () => {
    expect(split('a\nb\r\nc\rd\n\ne', [])).to.deep.equal(['a', 'b', 'c', 'd', '', 'e']);
  });

  it('does not depend on the chunks', () => {
    const text = fc.array(fc.constantFrom('a', 'é', '\n', '\r\n', '\r', 'xyz')).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, chunkSizes, (value, sizes) => {
        expect(split(value, sizes)).to.deep.equal(split(value, []));
      }),
    );
  });

  it('hands out a line without end in pieces', () => {
    expect(split('x'.repeat(40_000), [])).to.deep.equal(['x'.repeat(16_384), 'x'.repeat(16_384), 'x'.repeat(40_000 - 2 * 16_384)]);
  });
});
