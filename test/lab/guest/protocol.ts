/** What goes over the command channel between the test process and the agent of a guest: JSON lines, bytes as base64. */

/** `id` joins a request and all that is said about it. */
export type Request =
  | { readonly id: number; readonly op: 'run'; readonly argv: readonly string[]; readonly options: RunRequest }
  | { readonly id: number; readonly op: 'input'; readonly data: string | null }
  | { readonly id: number; readonly op: 'signal'; readonly signal: NodeJS.Signals }
  | { readonly id: number; readonly op: 'write'; readonly path: string; readonly data: string; readonly mode: number }
  | { readonly id: number; readonly op: 'read'; readonly path: string };

export interface RunRequest {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Then its process group gets SIGKILL, and the answer says so. */
  readonly timeoutMs: number;
}

export type Reply =
  | { readonly hello: string }
  | { readonly id: number; readonly stream: 'stdout' | 'stderr'; readonly data: string }
  | { readonly id: number; readonly exit: number | null; readonly signal: NodeJS.Signals | null; readonly timedOut: boolean }
  | { readonly id: number; readonly content: string }
  | { readonly id: number; readonly done: true }
  | { readonly id: number; readonly failure: string };

/** Cuts a stream of bytes into its JSON lines; what is no JSON is dropped (a line that a crash tore). */
export function makeLineReader<T>(take: (message: T) => void): (chunk: Buffer) => void {
  let held: Buffer[] = [];
  return (chunk) => {
    let from = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
      const message = parse<T>(Buffer.concat([...held, chunk.subarray(from, end)]));
      held = [];
      from = end + 1;
      if (message !== undefined) take(message);
    }
    // A copy: the reader uses its buffer again.
    if (from < chunk.length) held.push(Buffer.from(chunk.subarray(from)));
  };
}

function parse<T>(line: Buffer): T | undefined {
  try {
    return JSON.parse(line.toString('utf8')) as T;
  } catch {
    return undefined;
  }
}
