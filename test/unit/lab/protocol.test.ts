/** The pure parts of the lab: lines cut anywhere, and archives as cpio itself reads them. */
import { expect } from 'chai';
import { packCpio, withFolders } from '../../lab/cpio.ts';
import { makeLineReader } from '../../lab/guest/protocol.ts';

describe('unit: lab: line reader', () => {
  it('gives each line once, wherever the stream is cut, and drops what a crash tore', () => {
    const bytes = Buffer.from('{"text":"é"}\n{"torn": \n{"id":2}\n');
    for (let cut = 0; cut <= bytes.length; cut++) {
      const seen: unknown[] = [];
      const take = makeLineReader<unknown>((message) => seen.push(message));
      take(bytes.subarray(0, cut));
      take(bytes.subarray(cut));
      expect(seen, `cut at ${cut}`).to.deep.equal([{ text: 'é' }, { id: 2 }]);
    }
  });

  it('keeps a copy of what is held back: the reader uses its buffer again', () => {
    const seen: unknown[] = [];
    const take = makeLineReader<unknown>((message) => seen.push(message));
    const buffer = Buffer.from('{"a":');
    take(buffer);
    buffer.fill(0);
    take(Buffer.from('1}\n'));
    expect(seen).to.deep.equal([{ a: 1 }]);
  });
});

describe('unit: lab: cpio', () => {
  const fieldAt = (archive: Buffer, offset: number, index: number) =>
    Number.parseInt(archive.subarray(offset + 6 + index * 8, offset + 14 + index * 8).toString(), 16);

  /** Name, mode in octal and content of each record (buffer-format.rst, "newc"). */
  const unpack = (archive: Buffer): string[] => {
    const found: string[] = [];
    for (let at = 0; archive.subarray(at, at + 6).toString() === '070701'; ) {
      const [mode, size, nameSize] = [fieldAt(archive, at, 1), fieldAt(archive, at, 6), fieldAt(archive, at, 11)];
      const name = archive.subarray(at + 110, at + 110 + nameSize - 1).toString();
      const body = Math.ceil((at + 110 + nameSize) / 4) * 4;
      found.push(`${name} ${mode.toString(8)} ${archive.subarray(body, body + size).toString()}`);
      at = Math.ceil((body + size) / 4) * 4;
    }
    return found;
  };

  it('holds folders before their files, each once, then the trailer', () => {
    const archive = packCpio(
      withFolders([
        { path: 'init', content: 'run', mode: 0o755 },
        { path: 'lab/files/etc/hosts', content: 'hosts' },
        { path: 'lab/files/etc/motd', content: '' },
      ]),
    );
    expect(unpack(archive)).to.deep.equal([
      'lab 40755 ',
      'lab/files 40755 ',
      'lab/files/etc 40755 ',
      'init 100755 run',
      'lab/files/etc/hosts 100644 hosts',
      'lab/files/etc/motd 100644 ',
      'TRAILER!!! 100644 ',
    ]);
    expect(archive.length % 512).to.equal(0);
  });
});
