/** API v1 of the built daemon: what each socket takes, and clients that are rude, slow, idle, or many. */
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { expect } from 'chai';
import { ask } from '../../agent/api/client.ts';
import { type DaemonProcess, useDaemons } from '../support/daemon.ts';
import { eventually } from '../support/eventually.ts';
import { useHome } from '../support/home.ts';

const service = '[DEFAULT]\nnodes = {nodename}\n\n[fs#1]\ntype = flag\n\n[app#1]\ntype = simple\nstart = /bin/sleep 1000\n';

describe('real: API of the daemon', function () {
  this.timeout(90_000);
  const start = useDaemons();
  const home = useHome();
  let daemon: DaemonProcess;
  const errorOf = (body: string) => (JSON.parse(body) as { error: { code: string; message: string } }).error;

  beforeEach(async () => {
    home().service('svc1', service);
    daemon = start(home());
    await daemon.ready();
  });

  /** Opens a connection, says something, and gives all that came until it ended. */
  const talk = async (text: string, socket = daemon.socket): Promise<string> => {
    const client = connect(socket);
    let heard = '';
    client.on('data', (part) => {
      heard += String(part);
    });
    client.on('error', () => undefined);
    await once(client, 'connect');
    client.write(text);
    await once(client, 'close');
    return heard;
  };

  it('answers in every format, and says the exit status of a check', async () => {
    const tree = await daemon.get('/v1/status?selector=svc1&fresh=true');
    expect([tree.status, tree.body.split('\n')[0]]).to.deep.equal([200, 'svc1']);
    expect(tree.body).not.to.include('\x1b[');
    expect((await daemon.get('/v1/status?selector=svc1&colour=true')).body).to.include('\x1b[');
    const json = JSON.parse((await daemon.get('/v1/status?selector=svc1&format=json')).body) as { service: string; stale: boolean };
    expect(json).to.include({ service: 'svc1', stale: false });
    const check = await daemon.get('/v1/check');
    expect([check.status, check.headers['svcmgr-exit']]).to.deep.equal([200, '0']);
    expect((await daemon.get('/v1/services')).body).to.equal('svc1\n');
  });

  it('refuses what it does not know: routes, methods, parameters, fields, values, versions', async () => {
    const shapes: readonly (readonly [string, number, string])[] = [
      ['/v1/nothing', 404, 'NOT_FOUND'],
      ['/', 404, 'NOT_FOUND'],
      ['/v1/status?selector=none', 404, 'NOT_FOUND'],
      ['/v1/status?colour=maybe', 400, 'CONFIG'],
      ['/v1/status?nonsense=1', 400, 'CONFIG'],
      ['/v1/status?selector=a&selector=b', 400, 'CONFIG'],
      ['/v1/actions/no-such-action/events', 404, 'NOT_FOUND'],
      ['/v1/reload', 405, 'UNSUPPORTED'],
    ];
    for (const [target, status, code] of shapes) {
      const answer = await daemon.get(target);
      expect([target, answer.status, errorOf(answer.body).code]).to.deep.equal([target, status, code]);
    }
    const bodies: readonly (readonly [unknown, RegExp])[] = [
      [{ verb: 'start' }, /selector/],
      [{ verb: 'dance', selector: 'svc1' }, /verb: one of/],
      [{ verb: 'start', selector: 'svc1', nonsense: 1 }, /nonsense/],
      [{ verb: 'start', selector: 'svc1', options: { keep: true } }, /keep/],
      [{ verb: 'start', selector: 'svc1', options: { rid: 'app#1' } }, /rid: must be array/],
      [[], /verb: one of/],
      ['start', /verb: one of/],
    ];
    for (const [body, message] of bodies) {
      const answer = await daemon.send('POST', '/v1/actions', body);
      expect(answer.status).to.equal(400);
      expect(errorOf(answer.body).message).to.match(message);
    }
    const other = await ask({ socket: daemon.socket, method: 'GET', path: '/v1/status', version: '9.9.9', timeoutMs: 5000 });
    expect(other).to.have.property('status', 405);
    expect(JSON.parse((await daemon.get('/v1/actions')).body), 'nothing was begun').to.deep.equal({ actions: [] });
  });

  it('the second socket only looks', async () => {
    const read = (method: 'GET' | 'POST', path: string, body?: unknown) =>
      ask({ socket: daemon.readSocket, method, path, timeoutMs: 5000, ...(body === undefined ? {} : { body }) });
    expect(await read('GET', '/v1/status')).to.have.property('status', 200);
    expect(await read('POST', '/v1/actions', { verb: 'start', selector: 'svc1' })).to.have.property('status', 409);
    expect(await read('POST', '/v1/reload')).to.have.property('status', 409);
    expect(JSON.parse((await daemon.get('/v1/actions')).body)).to.deep.equal({ actions: [] });
  });

  it('garbage gets an error and is cut off; the next one is served', async () => {
    const garbage = [
      '\0\x01\x02\xff'.repeat(500),
      'start svc1\n',
      'GET / HTTP/9.9\r\n\r\n',
      'POST /v1/actions HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n',
      'POST /v1/actions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
      `GET /v1/status HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`,
      'GET http://[ HTTP/1.0\r\n\r\n',
      'POST /v1/actions HTTP/1.0\r\ncontent-length: 9\r\n\r\n{"verb":\0',
    ];
    for (const text of garbage) expect(await talk(text), JSON.stringify(text.slice(0, 40))).to.match(/^(HTTP\/1\.1 4\d\d |$)/);
    const large = await talk(`POST /v1/actions HTTP/1.0\r\ncontent-length: 100000\r\n\r\n${' '.repeat(100_000)}`);
    expect(large)
      .to.match(/^HTTP\/1\.1 400 /)
      .and.match(/larger than 65536 bytes/);
    expect((await daemon.get('/v1/status')).status).to.equal(200);
    expect(daemon.child.exitCode, daemon.said()).to.equal(null);
  });

  it('200 clients that say nothing, and 100 that follow events, cost the others nothing', async () => {
    const idle: Socket[] = [];
    let cutOff = 0;
    const open = (text: string): Socket => {
      const client = connect(daemon.socket).on('error', () => undefined);
      client.resume();
      client.write(text);
      idle.push(client);
      return client;
    };
    try {
      for (let at = 0; at < 200; at += 1)
        open('').on('close', () => {
          cutOff += 1;
        });
      for (let at = 0; at < 100; at += 1) open('GET /v1/events HTTP/1.1\r\nhost: x\r\n\r\n');
      await eventually(() => idle.every((client) => !client.connecting));
      const answers = await Promise.all(Array.from({ length: 20 }, () => daemon.get('/v1/check')));
      expect(answers.map(({ status }) => status)).to.deep.equal(Array.from({ length: 20 }, () => 200));
      // Without a request they are cut off after a while, so that they do not gather.
      await eventually(() => cutOff === 200, 60_000);
    } finally {
      for (const client of idle) client.destroy();
    }
  });

  it('an action goes on beside a reader that takes nothing, which is told what it missed; the console costs a bounded amount of memory', async () => {
    const noise = "/bin/sh -c 'yes abcdefghijklmnopqrstuvwxyz | head -n 60000'";
    home().service('loud', `[DEFAULT]\nnodes = {nodename}\n\n[task#1]\ntype = host\ncommand = ${noise}\n`);
    await daemon.send('POST', '/v1/reload');
    const { id } = JSON.parse((await daemon.send('POST', '/v1/actions', { verb: 'run', selector: 'loud' })).body) as { id: string };
    const reader = connect(daemon.socket).on('error', () => undefined);
    await once(reader, 'connect');
    reader.write(`GET /v1/actions/${id}/events HTTP/1.1\r\nhost: x\r\n\r\n`);
    reader.pause();
    const exitOf = async () =>
      (JSON.parse((await daemon.get('/v1/actions')).body) as { actions: { exit: number | null }[] }).actions[0]?.exit;
    await eventually(async () => (await exitOf()) === 0, 60_000);
    let heard = '';
    reader.on('data', (part) => {
      heard += String(part);
    });
    reader.resume();
    await eventually(() => /event: end/.test(heard));
    expect(heard).to.match(/event: lost\ndata: \{"lines":\d+\}/);
    const again = await talkUntil(`GET /v1/actions/${id}/events HTTP/1.0\r\n\r\n`, /event: end/);
    expect(again).to.match(/^[\s\S]{0,300}event: lost\ndata: \{"lines":\d{5}\}/);
    reader.destroy();
    expect((await daemon.state())?.rssBytes).to.be.below(400 * 1024 * 1024);
  });

  it('tells what happens, with numbers to come back with', async () => {
    const begun = JSON.parse((await daemon.send('POST', '/v1/actions', { verb: 'start', selector: 'svc1' })).body) as { id: string };
    const events = await talkUntil(`GET /v1/actions/${begun.id}/events HTTP/1.0\r\n\r\n`, /event: end/);
    expect(events)
      .to.match(/event: line\ndata: .*\/bin\/sleep 1000/)
      .and.match(/event: out\ndata: "svc1: start done/)
      .and.match(/event: end\ndata: \{"exit":0\}/);
    const later = await talkUntil(`GET /v1/actions/${begun.id}/events?after=2 HTTP/1.0\r\n\r\n`, /event: end/);
    expect(later).not.to.match(/^id: [12]$/m);
    const told = await talkUntil('GET /v1/events?after=0 HTTP/1.0\r\n\r\n', /start began[\s\S]*down -> up/);
    expect(told).to.match(/^event: action$/m);
    expect((await daemon.send('DELETE', `/v1/actions/${begun.id}`)).status).to.equal(202);
    await daemon.send('POST', '/v1/actions', { verb: 'stop', selector: 'svc1' });
    await eventually(async () => (await daemon.get('/v1/status?selector=svc1')).body.match(/^overall +down$/m) !== null);
  });

  const talkUntil = async (text: string, pattern: RegExp): Promise<string> => {
    const client = connect(daemon.socket);
    let heard = '';
    client.on('error', () => undefined);
    client.on('data', (part) => {
      heard += String(part);
    });
    client.write(text);
    await eventually(() => pattern.test(heard));
    client.destroy();
    return heard;
  };
});
