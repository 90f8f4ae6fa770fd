import { expect } from 'chai';
import { parseStat } from '../../../agent/io/process.ts';

/** proc(5): pid (comm) state ppid pgrp session … */
function statLine(name: string, state = 'S', threads = 1): string {
  const middle = '34816 4123 4194304 100 0 0 0 7 5 0 0 20 0';
  return `4100 (${name}) ${state} 4000 4099 4098 ${middle} ${threads} 0 987654 1000 100 184467`;
}

describe('parseStat', () => {
  it('reads the numbers after a plain name', () => {
    expect(parseStat(statLine('bash'))).to.deep.equal({
      pid: 4100,
      name: 'bash',
      state: 'S',
      parent: 4000,
      group: 4099,
      session: 4098,
      startTicks: 987654,
      cpuTicks: 12,
      alive: true,
    });
  });

  it('is not fooled by a name with blanks, parentheses and numbers', () => {
    expect(parseStat(statLine('a) S 1 2 (b'))).to.include({ name: 'a) S 1 2 (b', parent: 4000, startTicks: 987654 });
  });

  it('counts a zombie as dead, unless other threads of it still run', () => {
    expect(parseStat(statLine('x', 'Z'))?.alive).to.equal(false);
    expect(parseStat(statLine('x', 'Z', 3))?.alive).to.equal(true);
    expect(parseStat(statLine('x', 'D'))?.alive).to.equal(true);
  });

  it('is undefined for anything else', () => {
    for (const text of ['', 'x', '12 (a', '12 (a) S', ')(']) expect(parseStat(text)).to.equal(undefined);
  });
});
