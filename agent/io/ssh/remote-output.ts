/**
 * What a remote command prints, without what the login shell printed before it: start-up files that say something are not rare, and
 * their words in front of a JSON document would make it none. The script says a mark on both streams when the command begins.
 */
import { createOutput, type Output, type OutputOptions } from '../output.ts';

/** Room for the words of start-up files, bytes. */
const noiseBytes = 65_536;
const defaultMaxBytes = 1_048_576;

/** As createOutput; what came before the mark is dropped, unless the mark never came: then it is all there is to explain why. */
export function createRemoteOutput(options: Pick<OutputOptions, 'maxBytes' | 'onLine'>, mark: string): Output {
  const { maxBytes = defaultMaxBytes, onLine } = options;
  const begun = new Set<string>();
  const output = createOutput({
    maxBytes: maxBytes + noiseBytes,
    ...(onLine === undefined
      ? {}
      : {
          onLine: (stream, line) => {
            if (begun.has(stream)) onLine(stream, line);
            else if (line.endsWith(mark)) begun.add(stream);
          },
        }),
  });
  return {
    ...output,
    result: () => {
      const { stdout, stderr, truncated } = output.result();
      const [out, err] = [afterMark(stdout, mark), afterMark(stderr, mark)];
      const [head, tail] = [headOf(out, maxBytes), tailOf(err, maxBytes)];
      return { stdout: head, stderr: tail, truncated: truncated || head !== out || tail !== err };
    },
  };
}

function afterMark(text: string, mark: string): string {
  const at = text.indexOf(`${mark}\n`);
  return at === -1 ? text : text.slice(at + mark.length + 1);
}

function headOf(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const bytes = Buffer.from(text);
  let end = maxBytes;
  while (end > 0 && isInside(bytes[end])) end -= 1;
  return bytes.toString('utf8', 0, end);
}

function tailOf(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const bytes = Buffer.from(text);
  let start = bytes.length - maxBytes;
  while (start < bytes.length && isInside(bytes[start])) start += 1;
  return bytes.toString('utf8', start);
}

/** A byte in the middle of a character of UTF-8. */
function isInside(byte = 0): boolean {
  return (byte & 0xc0) === 0x80;
}
