/** Log lines: one shape, several sinks. winston (this is its only importer) writes the log file. */
import { mkdirSync } from 'node:fs';
import { createStream } from 'rotating-file-stream';
import winston from 'winston';
import type { Line, Sink } from './driver/log-line.ts';

export interface FileLog {
  readonly sink: Sink;
  /** Settles when every line is on disk. */
  close(): Promise<void>;
}

/** How long the last lines may take to reach the disk. */
const closeLimitMs = 2000;

/** A rotated JSON log file `svcmgr.log` in `folder` (5 MiB, 5 kept): winston over rotating-file-stream, which loses no line (spec/deps.md §1.5). */
export function openFileLog(folder: string): FileLog {
  mkdirSync(folder, { recursive: true, mode: 0o750 });
  const stream = createStream('svcmgr.log', { path: folder, size: '5M', maxFiles: 5 });
  // A full disk must not stop a stop: the file log is a convenience, the journal is the record.
  const broken = { yes: false };
  stream.on('error', () => {
    broken.yes = true;
  });
  const logger = winston.createLogger({
    level: 'info',
    format: winston.format.combine(winston.format.timestamp(), winston.format.json()),
    transports: [new winston.transports.Stream({ stream })],
  });
  return {
    sink: (line: Line) => {
      if (line.level === 'debug') return;
      const { text, level, at: _at, ...fields } = line;
      logger.log(level, text, fields);
    },
    close: () =>
      new Promise((resolve) => {
        // A stream that broke never finishes; the call must end all the same, with its own exit status.
        if (broken.yes) return resolve();
        const timer = setTimeout(resolve, closeLimitMs);
        const done = () => {
          clearTimeout(timer);
          resolve();
        };
        stream.on('finish', done);
        stream.on('error', done);
        logger.on('finish', () => stream.end());
        logger.end();
      }),
  };
}
