import { expect } from 'chai';
import fc from 'fast-check';
import { everyExit } from '../../../drivers/lib/retcodes.ts';
import {
  blockOf,
  isDeleting,
  isRelative,
  optionFault,
  placeOn,
  talkOptions,
  quoteForRsync,
  remoteShell,
} from '../../../drivers/lib/rsync-command.ts';
import { verdictOf } from '../../../drivers/lib/rsync-exit.ts';
import { changedItems, errorNumbers, isAtLeast, parseProgress, parseStats, parseVersion } from '../../../drivers/lib/rsync-output.ts';
import { fixture } from './fixture.ts';

const version = parseVersion(fixture('rsync-version.txt'));
const settings = { options: undefined, reset_options: false, bwlimit: undefined, timeout: 3_600_000 };

describe('unit: rsync: what it prints', () => {
  it('the version and what it can', () => {
    expect(version).to.deep.equal({ text: '3.5.0', numbers: [3, 5, 0], hasAcls: true, hasXattrs: true });
    const less = parseVersion(fixture('rsync-version.txt').replace(' ACLs,', ' no ACLs,').replace(' xattrs,', ' no xattrs,'));
    expect(less).to.include({ hasAcls: false, hasXattrs: false });
    expect(isAtLeast(version, [3, 1, 9]) && isAtLeast(version, [3, 5, 0]) && isAtLeast(version, [2, 9, 9])).to.equal(true);
    expect(isAtLeast(version, [3, 5, 1]) || isAtLeast(version, [4, 0, 0])).to.equal(false);
    for (const text of ['', 'rsync', 'bash: rsync: command not found', 'rsync  version 3.5.0  protocol version 32\n']) {
      expect(() => parseVersion(text), text).to.throw(/not understood/);
    }
  });

  it('statistics of a run, a preview and a partial run', () => {
    expect(parseStats(fixture('rsync-preview.txt'))).to.deep.equal({
      files: 51,
      deleted: 53,
      transferred: 0,
      sentBytes: 847,
      changedBytes: 0,
    });
    expect(parseStats(fixture('rsync-partial.txt'))).to.deep.include({
      files: 4,
      deleted: 0,
      transferred: 1,
      sentBytes: 176,
      changedBytes: 2,
    });
    expect(parseStats(fixture('rsync-update.txt')).deleted).to.equal(53);
    for (const text of ['', 'nonsense', fixture('rsync-preview.txt').replace('847', '1,847'), fixture('rsync-preview.txt').slice(0, 60)]) {
      expect(() => parseStats(text)).to.throw(/not understood/);
    }
  });

  it('progress lines, and no others', () => {
    const lines = fixture('rsync-update.txt').split(/[\r\n]/);
    expect(lines.map(parseProgress).filter((one) => one !== undefined)).to.deep.equal([{ bytes: 0, percent: 0 }]);
    expect(parseProgress('         32,768   6%    0.00kB/s    0:00:00')).to.equal(undefined);
    expect(parseProgress('    524288000  63%  101.23MB/s    0:00:02 (xfr#4, ir-chk=1004/1501)')).to.deep.equal({
      bytes: 524288000,
      percent: 63,
    });
    expect(parseProgress('data/file 12 50%')).to.equal(undefined);
  });

  it('numbers of system errors, whatever their text', () => {
    expect([...errorNumbers(fixture('rsync-full-disk.txt'))]).to.deep.equal([28, 32]);
    expect([...errorNumbers(fixture('rsync-partial.txt'))]).to.deep.equal([2]);
    expect([...errorNumbers('rsync error: error in file IO (code 11) at receiver.c(657)\n')]).to.deep.equal([]);
    expect([...errorNumbers('a file named (28)\n')]).to.deep.equal([]);
  });

  it('items that differ', () => {
    const text = '*deleting   gone\n.d..t...... ./\n<fcst...... a\n.f...p..... b\ncd+++++++++ c/\nsent 10 bytes\n';
    expect(changedItems(text)).to.deep.equal(['*deleting   gone', '<fcst...... a', '.f...p..... b', 'cd+++++++++ c/']);
  });
});

describe('unit: rsync: what an exit code means', () => {
  it('24 is fine, 23 is partial, a lost connection ends the target', () => {
    expect(verdictOf(0, '')).to.deep.equal({ kind: 'ok', text: '' });
    expect(verdictOf(24, fixture('rsync-vanished.txt'))).to.include({ kind: 'ok', text: 'some files vanished while they were copied' });
    expect(verdictOf(23, fixture('rsync-partial.txt')).kind).to.equal('partial');
    expect(verdictOf(25, '').kind).to.equal('partial');
    for (const code of [10, 12, 20, 30, 35, 255, 137]) expect(verdictOf(code, '').kind, String(code)).to.equal('lost');
    expect(verdictOf(137, '').text).to.equal('rsync was ended by signal 9');
    for (const code of [1, 2, 11, 126, 127, 99]) expect(verdictOf(code, '').kind, String(code)).to.equal('failed');
  });

  it('a full disk, a quota and a read-only filesystem are told by their error numbers', () => {
    expect(verdictOf(11, fixture('rsync-full-disk.txt')).text).to.equal('no space left on the device there');
    expect(verdictOf(23, 'rsync: [receiver] mkstemp "/x/.a" failed: Disk quota exceeded (122)\n').text).to.equal(
      'the disk quota there is used up',
    );
    expect(verdictOf(12, 'rsync: [receiver] write failed on "/a": Kein Platz (28)\n').text).to.equal('no space left on the device there');
    expect(verdictOf(23, 'rsync: [generator] failed: Read-only file system (30)\n').text).to.equal('the filesystem there is read-only');
    expect(verdictOf(24, 'rsync: x (28)\n').kind).to.equal('ok');
  });

  it('only 0 and 24 count as arrived', () => {
    expect(everyExit.filter((code) => verdictOf(code, '').kind === 'ok')).to.deep.equal([0, 24]);
    expect(everyExit.every((code) => code === 0 || verdictOf(code, '').text !== '')).to.equal(true);
  });
});

describe('unit: rsync: its command line', () => {
  it('the usual block, without what a side lacks', () => {
    expect(blockOf(settings, [version])).to.deep.equal([
      '-HAXpogDtrlx',
      '--delete',
      '--force',
      '--stats',
      '--no-h',
      '-s',
      '--timeout=3600',
    ]);
    expect(blockOf(settings, [version, { ...version, hasAcls: false }])[0]).to.equal('-HXpogDtrlx');
    expect(
      blockOf(settings, [
        { ...version, hasXattrs: false },
        { ...version, hasAcls: false },
      ])[0],
    ).to.equal('-HpogDtrlx');
    const reset = blockOf({ options: ['-a', '--compress'], reset_options: true, bwlimit: 100, timeout: 500 }, [version]);
    expect(reset).to.deep.equal(['-a', '--compress', '--stats', '--no-h', '-s', '--timeout=1', '--bwlimit=100']);
    expect(talkOptions(version)).to.deep.equal(['--info=progress2', '--stderr=client']);
    expect(talkOptions({ ...version, numbers: [3, 2, 2] })).to.deep.equal(['--info=progress2']);
    expect(talkOptions({ ...version, numbers: [3, 0, 9] })).to.deep.equal([]);
  });

  it('the shell: quoted for rsync, sudo for another user than root, the user’s own respected', () => {
    const rsh = ['ssh', '-i', "/a key's/id"] as const;
    expect(remoteShell(undefined, rsh, undefined)).to.deep.equal(['-e', "ssh -i '/a key''s/id'"]);
    expect(remoteShell(undefined, ['ssh'], 'root')).to.deep.equal(['-e', 'ssh']);
    expect(remoteShell(undefined, ['ssh'], 'copy')).to.deep.equal(['-e', 'ssh', '--rsync-path', 'sudo rsync']);
    expect(remoteShell(['-e', 'rsh'], ['ssh'], 'root')).to.deep.equal([]);
    expect(remoteShell(['-zessh'], ['ssh'], 'root')).to.deep.equal([]);
    expect(remoteShell(['--rsh=rsh', '--rsync-path=/opt/rsync'], ['ssh'], 'copy')).to.deep.equal([]);
  });

  it('what rsync splits at blanks comes out as it went in', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), (words) => {
        const plain = words.map((word) => word.replace(/[\n\r\t]/g, '_'));
        expect(splitAsRsync(plain.map(quoteForRsync).join(' '))).to.deep.equal(plain);
      }),
    );
  });

  it('knows options that delete, keep paths, or may not be given', () => {
    expect([['--delete'], ['--del'], ['--delete-after'], ['--delete-excluded']].every(isDeleting)).to.equal(true);
    expect([['-d'], ['--delay-updates'], []].some(isDeleting)).to.equal(false);
    expect([['-R'], ['-aR'], ['--relative']].every((words) => isRelative(words))).to.equal(true);
    expect([['-r'], ['-eR'], ['--recursive'], undefined].some((words) => isRelative(words))).to.equal(false);
    for (const bad of ['-n', '-avn', '--dry-run', '--remove-source-files', '--daemon', '-h', '--files-from=/x', '--server']) {
      expect(optionFault(['-a', bad]), bad).to.match(/^options: /);
    }
    expect(optionFault(['-az', '-essh -n', '--exclude=-n', '--no-perms'])).to.equal(undefined);
    expect(placeOn('node2.opensvc.com', '/a b/')).to.equal('node2.opensvc.com:/a b/');
    for (const bad of ['a:b', '-oProxyCommand=x', '', 'a b']) expect(() => placeOn(bad, '/')).to.throw(/cannot reach/);
  });
});

/** As main.c of rsync does with -e. */
function splitAsRsync(text: string): readonly string[] {
  const words: string[] = [];
  let quote = '';
  let word: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at] ?? '';
    if (quote !== '') {
      if (letter !== quote) word = `${word ?? ''}${letter}`;
      else if (text[at + 1] === quote) {
        word = `${word ?? ''}${letter}`;
        at += 1;
      } else quote = '';
    } else if (letter === "'" || letter === '"') {
      quote = letter;
      word ??= '';
    } else if (letter !== ' ') word = `${word ?? ''}${letter}`;
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  return word === undefined ? words : [...words, word];
}
