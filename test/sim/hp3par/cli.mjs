// The local command line of an array: `cli -sys ARRAY [-pwf FILE] [-csvtable] [-nohdtot] COMMAND…`. It hands its words to the simulator
// whose socket is its first argument, and prints what comes back. Plain JavaScript, so that it starts as fast as node can.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

const [socketPath, ...args] = process.argv.slice(2);
const request = { system: process.env.TPDSYSNAME ?? '', credentials: '', csvtable: false, nohdtot: false, words: [] };
let passwordFile = process.env.TPDPWFILE ?? '';
while (args.length > 0 && args[0].startsWith('-')) {
  const option = args.shift();
  if (option === '-sys') request.system = args.shift() ?? '';
  else if (option === '-pwf') passwordFile = args.shift() ?? '';
  else if (option === '-csvtable') request.csvtable = true;
  else if (option === '-nohdtot') request.nohdtot = true;
  else fail(`Error: unknown option ${option}`);
}
request.words = args;
if (passwordFile !== '') {
  try {
    request.credentials = readFileSync(passwordFile, 'utf8');
  } catch (error) {
    fail(`Error: cannot read password file: ${error.message}`);
  }
}

const socket = connect(socketPath);
socket.setEncoding('utf8');
socket.on('error', () => fail(`Error: connection to the system ${request.system} could not be established`));
let rest = '';
socket.on('data', (text) => {
  const lines = (rest + text).split('\n');
  rest = lines.pop();
  for (const line of lines) show(JSON.parse(line));
});
socket.on('close', () => {
  process.exitCode ??= 1;
  process.stdin.destroy();
});
socket.write(`${JSON.stringify(request)}\n`);
process.stdin.pipe(socket);

function show(reply) {
  if ('out' in reply) process.stdout.write(reply.out);
  if ('err' in reply) process.stderr.write(reply.err);
  if ('exit' in reply) process.exitCode = reply.exit;
}

function fail(words) {
  process.stderr.write(`${words}\n`);
  process.exit(1);
}
