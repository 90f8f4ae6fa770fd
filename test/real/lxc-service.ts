/** A service whose container is really started, driven through the built command line; what the LXC tests share. */
import type { CliOptions, CliResult } from '../support/cli.ts';
import { must } from '../support/command.ts';
import { type ContainerOptions, makeContainer, type TestContainer } from '../support/lxc.ts';
import { type Service, useService } from './fault-service.ts';

export interface ContainerService extends Service {
  container(): TestContainer;
  /** Writes the file: `[DEFAULT]`, `[container#0]` with these lines added, and what follows. */
  file0(rest: string, lines?: string): void;
  start(...options: readonly string[]): Promise<CliResult>;
  stop(...options: readonly string[]): Promise<CliResult>;
  tree(): Promise<string>;
}

/** Inside `describe`: a fresh home, service and container for each test; the container is gone after it whatever happened. */
export function useContainerService(options: ContainerOptions = {}): ContainerService {
  const service = useService();
  let made: TestContainer | undefined;
  let count = 0;
  beforeEach('make a container', () => {
    count += 1;
    made = makeContainer(service.home().path('ct', '.'), `${service.home().folder.slice(-6)}${count}`, options);
  });
  afterEach('remove the container', () => {
    made?.remove();
    made = undefined;
  });
  const container = (): TestContainer => {
    if (made === undefined) throw new Error('the container exists only inside a test');
    return made;
  };
  const run = (verb: string, words: readonly string[], options?: CliOptions) =>
    service.cli([verb, ...words], { timeoutMs: 60_000, ...options });
  return {
    ...service,
    container,
    file0: (rest, lines = '') => {
      const { name, cf } = container();
      const head = `[DEFAULT]\nencapnodes = ${name}\n[container#0]\ntype = lxc\nname = ${name}\ncf = ${cf}\nstart_timeout = 20s\nstop_timeout = 10s\n${lines}`;
      service.write(`${head}\n${rest}`);
    },
    start: (...words) => run('start', words),
    stop: (...words) => run('stop', words),
    tree: async () => (await service.cli(['print', 'status'])).stdout,
  };
}

/** Console lines without time and level, of one resource when given: `lxc-start -d …`. */
export function linesOf({ stderr }: Pick<CliResult, 'stderr'>, rid?: string): readonly string[] {
  return stderr.split('\n').flatMap((line) => {
    const [, who, text] = /^\d\d:\d\d:\d\d \S+ SVC1(?:\.(\S+))? (.*)$/.exec(line) ?? [];
    return text === undefined || (rid !== undefined && who?.toLowerCase() !== rid) ? [] : [text];
  });
}

/** Host's ends of cables. */
export function cables(): readonly string[] {
  return must('ip', '-o', 'link', 'show', 'type', 'veth')
    .split('\n')
    .flatMap((line) => /^\d+: ([^@:]+)/.exec(line)?.[1] ?? []);
}
