import { expect } from 'chai';
import { createLiveLine } from '../../../../agent/cli/render/live-line.ts';

describe('unit: render: a line that replaces itself', () => {
  const make = (columns = 80) => {
    const written: string[] = [];
    return {
      written,
      line: createLiveLine(
        (text) => void written.push(text),
        () => columns,
      ),
    };
  };

  it('erases what was there, and itself before anything else is written', () => {
    const { line, written } = make();
    line.clear();
    expect(written).to.deep.equal([]);
    line.show('10 %');
    line.show('20 %');
    line.clear();
    line.clear();
    expect(written).to.deep.equal(['\r\u001B[K10 %', '\r\u001B[K20 %', '\r\u001B[K']);
  });

  it('never wraps, and prints nothing that moves the cursor', () => {
    const { line, written } = make(6);
    line.show('漢字漢字');
    line.show('a\u001B[2Jb');
    expect(written[0]).to.equal('\r\u001B[K漢字');
    expect(written[1]?.slice(4)).not.to.include('\u001B');
  });
});
