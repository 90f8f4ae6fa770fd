/** Archives as the kernel unpacks them into its first root: cpio in the form `newc` (Documentation/driver-api/early-userspace/buffer-format). */

export interface Entry {
  /** Without a leading slash; its folders must come before it. */
  readonly path: string;
  /** Absent: a folder. */
  readonly content?: Buffer | string;
  readonly mode?: number;
}

/** One archive; several, one behind the other, are unpacked one after the other. */
export function packCpio(entries: readonly Entry[]): Buffer {
  const records = entries.map((entry, index) => record(entry, index + 1));
  const all = Buffer.concat([...records, record({ path: 'TRAILER!!!', content: '' }, 0)]);
  return padTo(all, 512);
}

/** Files with the folders above them, each once. */
export function withFolders(files: readonly Entry[]): readonly Entry[] {
  const folders = new Set(files.flatMap(({ path }) => path.split('/').map((_, depth, parts) => parts.slice(0, depth).join('/'))));
  folders.delete('');
  return [...[...folders].sort().map((path) => ({ path })), ...files];
}

function record({ path, content, mode }: Entry, inode: number): Buffer {
  const body = Buffer.from(content ?? '');
  const isFolder = content === undefined;
  const fields = [inode, isFolder ? 0o040755 : 0o100000 | (mode ?? 0o644), 0, 0, 1, 0, body.length, 0, 0, 0, 0, path.length + 1, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${path}\0`;
  return Buffer.concat([padTo(Buffer.from(header), 4), padTo(body, 4)]);
}

function padTo(bytes: Buffer, unit: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((unit - (bytes.length % unit)) % unit)]);
}
