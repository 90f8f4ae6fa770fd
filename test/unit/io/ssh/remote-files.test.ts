import { expect } from 'chai';
import type { DoorResult } from '../../../../agent/driver/doors.ts';
import { SvcError } from '../../../../agent/errors.ts';
import {
  listRemoteFolder,
  parseStat,
  readRemoteText,
  resolveRemotePath,
  statRemoteFile,
  writeRemoteAtomic,
} from '../../../../agent/io/ssh/remote-files.ts';

const answer = (result: Partial<DoorResult>) => async (): Promise<DoorResult> => ({
  exitCode: 0,
  stdout: '',
  stderr: '',
  durationMs: 1,
  truncated: false,
  ...result,
});

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof SvcError) return `${error.code} ${error.message}`;
    throw error;
  }
}

describe('unit: ssh remote files', () => {
  it('reads what stat says, device numbers as stat(2) gives them', () => {
    expect(parseStat('/dev/vda1', '61b0 0 0 6 5 119 fe 1 1763718000.123\n')).to.deep.equal({
      kind: 'block',
      sizeBytes: 0,
      mode: 0o660,
      uid: 0,
      gid: 6,
      dev: 5,
      ino: 119,
      rdev: 65025,
      modifiedMs: 1763718000123,
    });
    expect(parseStat('/x', '41ed 4096 0 0 26 2 0 0 1763718000\n')).to.include({
      kind: 'directory',
      mode: 0o755,
      modifiedMs: 1763718000000,
    });
    expect(parseStat('/x', '81a4 5 1 2 26 2 0 0 -1.500\n'.replace('-1.500', '1.500')).kind).to.equal('file');
    expect(parseStat('/x', '11a4 0 0 0 1 2 0 0 1.000\n').kind).to.equal('other');
    // Minor numbers above 255 and majors above 4095 go to the upper bits.
    expect(parseStat('/x', '61b0 0 0 6 5 119 103 12345 1.000\n').rdev).to.equal(0x12310345);
  });

  it('throws on what is no answer of stat', () => {
    for (const line of ['', 'garbage', '61b0 0 0 6', '61b0 0 0 6 5 119 fe 1 then'])
      expect(() => parseStat('/x', line), line)
        .to.throw(SvcError)
        .with.property('code', 'COMMAND');
  });

  it('tells absent from unreadable', async () => {
    const absent = answer({ exitCode: 44 });
    expect(await readRemoteText(absent, '/x')).to.equal(undefined);
    expect(await statRemoteFile(absent, '/x')).to.equal(undefined);
    expect(await resolveRemotePath(absent, '/x')).to.equal(undefined);
    expect(await listRemoteFolder(absent, '/x')).to.deep.equal([]);
    const denied = answer({ exitCode: 2, stderr: 'sh: 1: cannot open /x: Permission denied\n' });
    expect(await codeOf(readRemoteText(denied, '/x'))).to.equal('COMMAND cannot read /x: cannot open /x: Permission denied');
    expect(await codeOf(listRemoteFolder(denied, '/x'))).to.match(/^COMMAND cannot list \/x/);
  });

  it('refuses a text that is too large, and keeps the odd names of a folder', async () => {
    expect(await codeOf(readRemoteText(answer({ stdout: 'x'.repeat(1_048_577) }), '/x'))).to.match(/^COMMAND .*larger than/);
    expect(await listRemoteFolder(answer({ stdout: 'b\0a b\n\0' }), '/x')).to.deep.equal(['a b\n', 'b']);
    expect(await resolveRemotePath(answer({ stdout: '/a\n\n' }), '/x')).to.equal('/a\n');
  });

  it('says when the disk over there is full', async () => {
    const work = writeRemoteAtomic(answer({ exitCode: 45 }), '/x', 'text');
    const error = await work.catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(SvcError);
    expect((error as SvcError).facts).to.deep.equal({ path: '/x', diskFull: true });
  });
});
