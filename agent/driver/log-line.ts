/** The shape of a log line; every line of one user action carries the same `sid`. */
export interface Line {
  readonly at: Date;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly text: string;
  readonly service?: string;
  readonly rid?: string;
  readonly action?: string;
  readonly sid?: string;
  /** Said by a dry-run: nothing was changed. */
  readonly dryRun?: boolean;
}

export type Sink = (line: Line) => void;
