/** Every form of a command line, right and wrong. */
import { expect } from 'chai';
import { type Invocation, parseCommandLine } from '../../../agent/cli/parse.ts';
import { SvcError } from '../../../agent/errors.ts';

function call(line: string, invokedAs?: string): Invocation {
  const parsed = parseCommandLine(wordsOf(line), invokedAs);
  if (parsed.kind !== 'call') throw new Error(`"${line}" is ${parsed.kind}`);
  return parsed.call;
}

/** `set --kw 'a = b'`: words in single quotes stay together. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

function refusal(line: string, invokedAs?: string): SvcError {
  try {
    parseCommandLine(wordsOf(line), invokedAs);
  } catch (thrown) {
    if (thrown instanceof SvcError) return thrown;
    throw thrown;
  }
  throw new Error(`"${line}" was accepted`);
}

describe('unit: command line: forms', () => {
  for (const line of [
    '-s svc1 start',
    'start -s svc1',
    '--service svc1 start',
    '--service=svc1 start',
    '-ssvc1 start',
    '-s=svc1 start',
    'svc1 start',
  ]) {
    it(line, () => {
      const { verb, selector, words } = call(line);
      expect({ verb: verb.name, selector, words }).to.deep.equal({ verb: 'start', selector: 'svc1', words: [] });
    });
  }

  for (const line of ['-s svc1 print status', 'svc1 print status', 'print status -s svc1', 'print -s svc1 status']) {
    it(`${line}: a verb of two words`, () => {
      const { verb, selector } = call(line);
      expect({ verb: verb.name, selector }).to.deep.equal({ verb: 'print status', selector: 'svc1' });
    });
  }

  it('a link named after the service', () => {
    expect(call('print status', 'svc1.opensvc.com')).to.include({ selector: 'svc1.opensvc.com' });
    expect(call('print status', 'svcmgr').selector).to.equal(undefined);
    expect(call('-s svc2 start', 'svc1').selector).to.equal('svc2');
    expect(refusal('svc2 start', 'svc1').message).to.equal('unknown verb: svc2 start');
  });

  it('a catch-all name, a glob and a condition stand where a name stands', () => {
    expect(call('allservices stop').selector).to.equal('allservices');
    expect(call("'web*,!web2' stop").selector).to.equal('web*,!web2');
    expect(call("'env=PRD+avail=up' stop").selector).to.equal('env=PRD+avail=up');
  });

  it('several -s are one selector', () => {
    expect(call('-s a -s b start').selector).to.equal('a,b');
  });

  it('the longer verb wins, words follow it', () => {
    expect(call('svc1 print plan stop')).to.deep.include({ words: ['stop'] });
    expect(call('node print config').verb.name).to.equal('node print config');
    expect(call("schedule explain '02:00-04:00' mon-fri").words).to.deep.equal(['02:00-04:00', 'mon-fri']);
  });

  it('options anywhere, values kept apart from switches', () => {
    const { values, switches } = call("--dry-run svc1 --rid fs#1 start --rid app --allow a --allow b -q --reason 'a long why'");
    expect(values).to.deep.equal({ rid: ['fs#1', 'app'], allow: ['a', 'b'], reason: ['a long why'] });
    expect([...switches].sort()).to.deep.equal(['dry-run', 'quiet']);
  });

  it('what follows -- is no option', () => {
    expect(call('schedule explain -- --odd').words).to.deep.equal(['--odd']);
    expect(call('-s svc1 -- start').verb.name).to.equal('start');
  });

  it('a value may begin with a dash when joined', () => {
    expect(call('svc1 start --reason=-x').values.reason).to.deep.equal(['-x']);
    expect(call('svc1 set --kw fs#1.size-=3').values.kw).to.deep.equal(['fs#1.size-=3']);
  });
});

describe('unit: command line: help and version', () => {
  const kinds: Readonly<Record<string, object>> = {
    '': { kind: 'help', verb: undefined },
    '--help': { kind: 'help', verb: undefined },
    '-h': { kind: 'help', verb: undefined },
    help: { kind: 'help', verb: undefined },
    'print --help': { kind: 'help', verb: undefined, head: 'print' },
    'svc1 print --help': { kind: 'help', verb: undefined, head: 'print' },
    'help node': { kind: 'help', verb: undefined, head: 'node' },
    'nonsense --help': { kind: 'help', verb: undefined },
    '--version': { kind: 'version' },
    'start --version': { kind: 'version' },
  };
  for (const [line, parsed] of Object.entries(kinds)) {
    it(`svcmgr ${line}`, () => {
      expect(parseCommandLine(wordsOf(line))).to.deep.equal(parsed);
    });
  }

  for (const line of ['start --help', '-s svc1 start -h', 'svc1 start --help', 'help start', 'start --help --rid x']) {
    it(`svcmgr ${line} is help on start`, () => {
      const parsed = parseCommandLine(wordsOf(line));
      expect(parsed.kind === 'help' ? parsed.verb?.name : parsed.kind).to.equal('start');
    });
  }
});

describe('unit: command line: what is wrong is refused with what was meant', () => {
  const rows: Readonly<Record<string, readonly [message: RegExp, hint: RegExp]>> = {
    strat: [/^unknown verb: strat$/, /did you mean "start"\?/],
    'svc1 strat': [/^unknown verb: svc1 strat$/, /did you mean "start"\?/],
    '-s svc1 strat': [/^unknown verb: strat$/, /did you mean "start"\?/],
    'prnt status': [/unknown verb/, /did you mean "print status"\?/],
    'print stats': [/unknown verb/, /did you mean "print status"\?/],
    'svc1 print statsu': [/unknown verb/, /did you mean "print status"\?/],
    status: [/unknown verb: status/, /did you mean "print status"\?/],
    '-s svc1 config': [/unknown verb: config/, /did you mean "print config"\?/],
    doctor: [/unknown verb: doctor/, /did you mean "node doctor"\?/],
    print: [/unknown verb: print/, /one of: print status, print config, print schedule, print plan/],
    'svc1 print': [/unknown verb: svc1 print/, /one of: print status/],
    node: [/unknown verb: node/, /one of: node doctor, .*node print config/],
    'print qqqqqqqqq': [/unknown verb: print qqqqqqqqq/, /one of: print status/],
    svc1: [/unknown verb: svc1/, /svcmgr svc1 print status/],
    'qqqqqq wwwwww': [/unknown verb: qqqqqq wwwwww/, /svcmgr --help lists the verbs/],
    '-s svc1': [/^which verb\?$/, /svcmgr -s svc1 print status/],
    '--dry-run': [/^which verb\?$/, /--help/],
    '-s svc1 start --ridd x': [/^unknown option --ridd$/, /did you mean --rid\?/],
    '-s svc1 start --qqqqqq': [/^unknown option --qqqqqq$/, /--help/],
    '-s svc1 start -x': [/^unknown option -x$/, /--help/],
    '-s svc1 start --toString': [/^unknown option --toString$/, /--help/],
    '-s svc1 stop --no-rollback': [/^stop has no option --no-rollback$/, /stop --help/],
    '-s svc1 check --rid x': [/^check has no option --rid$/, /check --help/],
    '-s svc1 start now': [/^start takes no word "now"$/, /start --help/],
    '-s': [/^-s needs a value: SELECTOR$/, /^$/],
    'svc1 start --rid': [/^--rid needs a value: RID$/, /^$/],
    'svc1 start --rid=': [/^--rid needs a value: RID$/, /^$/],
    'svc1 start --rid --dry-run': [/^--rid needs a value: RID; --dry-run looks like an option$/, /--rid=--dry-run/],
    '-s -q start': [/^-s needs a value: SELECTOR; -q looks like an option$/, /-s-q/],
    'svc1 start --dry-run=yes': [/^--dry-run takes no value$/, /^$/],
    'svc1 start --upto a --upto b': [/^--upto is given twice: a and b$/, /^$/],
    'svc1 print status --format xml': [/^unknown format xml$/, /one of tree, json, jsonl, flat/],
    'svc1 print status --format jsn': [/^unknown format jsn$/, /did you mean json\?/],
    'svc1 start --color sometimes': [/^unknown color sometimes$/, /one of auto, never, always/],
  };
  for (const [line, [message, hint]] of Object.entries(rows)) {
    it(`svcmgr ${line}`, () => {
      const error = refusal(line);
      expect(error.code).to.equal('CONFIG');
      expect(error.message).to.match(message);
      expect(error.hint ?? '').to.match(hint);
    });
  }
});
