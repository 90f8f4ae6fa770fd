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
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const message = parse<T>(line);
      if (message !== undefined) take(message);
    }
  };
}

function parse<T>(line: string): T | undefined {
  try {
    return JSON.parse(Buffer.from(line, 'latin1').toString('utf8')) as T;
  } catch {
    return undefined;
  }
}
