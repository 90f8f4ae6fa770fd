/** What another agent's answer is taken for: whatever is not the status we know is a fault of its own kind, never "down". */
import { expect } from 'chai';
import { createRemotePeers, type RemoteRun, type RemoteRunOptions } from '../../../agent/engine/remote-agent.ts';
import { hostSection, remotePlace } from '../../../agent/engine/remote-place.ts';
import { type ErrorCode, SvcError } from '../../../agent/errors.ts';
import { documentOf, resource } from '../../support/status-documents.ts';

const node = 'node2';
const good = documentOf('svc1', { node: 'node2.opensvc.com', resources: { 'fs#1': resource('fs') } });
const never = new AbortController().signal;

interface Call {
  readonly argv: readonly string[];
  readonly options: RemoteRunOptions;
}

function peersWith(run: RemoteRun, clock: readonly number[] = [0, 0]) {
  const calls: Call[] = [];
  const times = [...clock];
  const peers = createRemotePeers({
    run: (name, argv, options) => {
      calls.push({ argv, options });
      return run(name, argv, options);
    },
    placeOf: () => ({ svcmgr: '/opt/svcmgr/bin/svcmgr', home: '/srv/home' }),
    now: () => new Date(times.shift() ?? 0),
    timeoutMs: 1000,
  });
  return { peers, calls };
}

const says =
  (stdout: string, exitCode = 0, stderr = ''): RemoteRun =>
  async () => ({ exitCode, stdout, stderr });
const failsWith =
  (code: ErrorCode): RemoteRun =>
  async () => {
    throw new SvcError(code, `it is ${code}`);
  };
const ask = (run: RemoteRun) => peersWith(run).peers.ask(node, 'svc1', { signal: never });

describe('unit: remote agent: questions', () => {
  it('runs print status --refresh of the agent over there, in its home', async () => {
    const { peers, calls } = peersWith(says(JSON.stringify(good)));
    const answer = await peers.ask(node, 'svc1', { signal: never });
    expect(answer).to.deep.include({ node, reachable: true, fault: undefined });
    expect(answer.status?.resources['fs#1']?.status).to.equal('up');
    expect(calls[0]?.argv).to.deep.equal('/opt/svcmgr/bin/svcmgr -s svc1 print status --refresh --format json'.split(' '));
    expect(calls[0]?.options.env).to.deep.equal({ SVCMGR_HOME: '/srv/home' });
    expect(calls[0]?.options.survive).to.equal(undefined);
  });

  const faults: readonly (readonly [string, RemoteRun, string, RegExp])[] = [
    ['no command (127)', says('', 127, 'sh: /opt/svcmgr: not found\n'), 'no agent', /exit 127.*not found/],
    ['a command that may not run (126)', says('', 126), 'no agent', /exit 126/],
    ['no node or no build there (4)', says('', 4, 'svcmgr: node is not on PATH'), 'no agent', /node is not on PATH/],
    ['no such service (3)', says('', 3), 'no service', /it has no service svc1/],
    ['an invalid file (2)', says('', 2, 'first\nthe file of svc1 is not valid'), 'failed', /exit 2\): the file of svc1 is not valid/],
    ['a crash (139)', says('', 139), 'failed', /exit 139/],
    ['nothing', says(''), 'garbage', /no status/],
    ['a banner before the JSON', says(`Welcome!\n${JSON.stringify(good)}`), 'garbage', /no status/],
    ['half a document', says(JSON.stringify(good).slice(0, -10)), 'garbage', /no status/],
    ['a list', says('[]'), 'garbage', /no status/],
    ['another schema', says(JSON.stringify({ ...good, schema: 2 })), 'other version', /schema 2/],
    ['another service', says(JSON.stringify({ ...good, service: 'svc2' })), 'wrong node', /for the service svc2/],
    ['another node', says(JSON.stringify({ ...good, node: 'node1' })), 'wrong node', /node1 answered in its place.*host#node2/],
    ['a connection that fails', failsWith('UNREACHABLE'), 'unreachable', /UNREACHABLE/],
    ['a connection that is cut', failsWith('COMMAND'), 'failed', /COMMAND/],
    ['a command that is too slow', failsWith('TIMEOUT'), 'no answer', /TIMEOUT/],
  ];
  for (const [what, run, kind, text] of faults) {
    it(`${what} is "${kind}"`, async () => {
      const answer = await ask(run);
      expect(answer.status).to.equal(undefined);
      expect(answer.fault?.kind).to.equal(kind);
      expect(answer.fault?.text).to.match(text);
    });
  }

  for (const field of ['avail', 'monitor', 'resources', 'nodes', 'drpnodes', 'configSha256', 'stale', 'updated', 'invalid'] as const) {
    it(`an older agent without ${field} is "other version"`, async () => {
      const { [field]: _left, ...older } = good;
      const answer = await ask(says(JSON.stringify(older)));
      expect(answer.fault).to.deep.include({ kind: 'other version' });
      expect(answer.fault?.text).to.include(field);
    });
  }

  it('does not trust a field of the wrong kind', async () => {
    const wrong = [
      { avail: 'green' },
      { nodes: 'node1 node2' },
      { monitor: { ...good.monitor, interrupted: { verb: 'start', since: 'x' } } },
      { resources: { 'fs#1': { ...resource('fs'), status: 'running' } } },
      { resources: { 'fs#1': { ...resource('fs'), flags: {} } } },
      { updated: 'yesterday' },
    ];
    for (const fields of wrong) expect((await ask(says(JSON.stringify({ ...good, ...fields })))).fault?.kind).to.equal('other version');
  });

  it('gives up when connecting hangs', async () => {
    const { peers } = peersWith(
      (_node, _argv, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    );
    const answer = await peers.ask(node, 'svc1', { signal: never, timeoutMs: 20 });
    expect(answer.fault).to.deep.equal({ kind: 'no answer', text: 'node2: no answer in 0.02 s' });
    expect(answer.reachable).to.equal(false);
  });

  const level =
    (facts: Readonly<Record<string, unknown>>): RemoteRun =>
    () =>
      Promise.reject(new SvcError('UNREACHABLE', 'no', { facts }));
  const answersAndHangs: RemoteRun = async (_node, _argv, { onAnswer }) => {
    onAnswer?.();
    throw new SvcError('TIMEOUT', 'it hangs');
  };
  const lives: readonly (readonly [string, RemoteRun, boolean])[] = [
    ['a status', says(JSON.stringify(good)), true],
    ['no agent', says('', 127), true],
    ['nothing at its address', level({ level: 'client-socket', errno: 'EHOSTUNREACH' }), false],
    ['a machine on which nobody listens', level({ level: 'client-socket', errno: 'ECONNREFUSED' }), true],
    ['packets that vanish', level({ level: 'client-timeout', connected: false }), false],
    ['a server that takes connections and hangs', level({ level: 'client-timeout', connected: true }), true],
    ['a kept connection that died', level({ level: 'lost' }), false],
    ...['handshake', 'client-authentication', 'host-key', 'protocol', 'channel'].map(
      (step) => [step, level({ level: step }), true] as const,
    ),
    [
      'a second address that refuses our login',
      level({ level: 'client-socket', tries: [{ level: 'client-socket' }, { level: 'client-authentication' }] }),
      true,
    ],
    [
      'two addresses without anybody',
      level({ level: 'client-socket', tries: [{ level: 'client-socket' }, { level: 'client-timeout' }] }),
      false,
    ],
    ['a question that got nowhere in time', failsWith('TIMEOUT'), false],
    ['an agent that hangs', answersAndHangs, true],
    ['a node that we have no key for', failsWith('CONFIG'), true],
    ['a node that we have no way to', failsWith('UNREACHABLE'), true],
  ];
  for (const [what, run, isAlive] of lives) {
    it(`${what} is ${isAlive ? 'a sign of life, or cannot be told' : 'silence'}`, async () => {
      const { alive, reachable } = await ask(run);
      expect(alive ?? reachable).to.equal(isAlive);
    });
  }

  it('throws only when it is aborted', async () => {
    const controller = new AbortController();
    const { peers } = peersWith(async () => {
      controller.abort(new SvcError('CANCELLED', 'enough'));
      throw new SvcError('UNREACHABLE', 'x');
    });
    const failure = await peers.ask(node, 'svc1', { signal: controller.signal }).catch((error: unknown) => error);
    expect(failure).to.have.property('code', 'CANCELLED');
  });

  it('tells a difference of clocks only beyond what the way explains', async () => {
    const madeMs = Date.parse(good.updated);
    const skew = async (begun: number, ended: number) =>
      (await peersWith(says(JSON.stringify(good)), [begun, ended]).peers.ask(node, 'svc1', { signal: never })).skewMs;
    expect(await skew(madeMs - 4000, madeMs + 1000)).to.equal(0);
    expect(await skew(madeMs + 7000, madeMs + 8000)).to.equal(-7000);
    expect(await skew(madeMs - 9000, madeMs - 8000)).to.equal(8000);
  });
});

describe('unit: remote agent: actions', () => {
  const act = (run: RemoteRun, onLine: (line: string) => void = () => undefined) => {
    const made = peersWith(run);
    return { ...made, done: made.peers.act(node, ['-s', 'svc1', 'stop'], { signal: never, sid: 'sid-1', onLine }) };
  };

  it('carries our session, survives our connection, shows the console over there', async () => {
    const lines: string[] = [];
    const { calls, done } = act(
      async (_node, _argv, options) => {
        options.onLine?.('stderr', '13:29:15 INFO SVC1.FS#1 umount /a');
        options.onLine?.('stdout', '{"ok":true}');
        options.onLine?.('stderr', '');
        return { exitCode: 1, stdout: '{"ok":false}', stderr: '' };
      },
      (line) => void lines.push(line),
    );
    expect(await done).to.deep.equal({ exitCode: 1, document: { ok: false }, stderr: '' });
    expect(lines).to.deep.equal(['13:29:15 INFO SVC1.FS#1 umount /a']);
    expect(calls[0]?.argv.slice(1)).to.deep.equal(['-s', 'svc1', 'stop', '--format', 'json']);
    expect(calls[0]?.options).to.deep.include({ survive: true, env: { SVCMGR_HOME: '/srv/home', SVCMGR_SID: 'sid-1' } });
  });

  it('says apart: it never began, there is no agent, nobody knows', async () => {
    const codeOf = (run: RemoteRun) =>
      act(run).done.then(
        () => 'none',
        (error: unknown) => (error as SvcError).code,
      );
    expect(await codeOf(failsWith('UNREACHABLE'))).to.equal('UNREACHABLE');
    expect(await codeOf(says('', 127))).to.equal('UNSUPPORTED');
    expect(await codeOf(failsWith('COMMAND'))).to.equal('TIMEOUT');
    expect(await codeOf(failsWith('TIMEOUT'))).to.equal('TIMEOUT');
    // Its own UNSUPPORTED is an answer.
    expect(await codeOf(says('{"ok":false}', 4))).to.equal('none');
  });
});

describe('unit: remote agent: place', () => {
  const sections = new Map([
    ['host#node2', { svcmgr: '/a/svcmgr', home: '/a' }],
    ['host#node3.opensvc.com', { address: '10.0.0.3' }],
  ]);
  const definition = { name: 'node1', file: undefined, settings: {} as never, sections };
  it('is found by the full or the short name', () => {
    expect(remotePlace(definition, 'node2')).to.deep.equal({ svcmgr: '/a/svcmgr', home: '/a' });
    expect(remotePlace(definition, 'node2.opensvc.com').home).to.equal('/a');
    expect(hostSection(definition, 'node3')).to.deep.equal({ address: '10.0.0.3' });
    expect(remotePlace(definition, 'node9').svcmgr).to.match(/\/bin\/svcmgr$/);
  });
});
