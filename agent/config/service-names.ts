/** Names of services: what is allowed, and what clashes (spec/config.md "Small rulings"). */
import type { Problem } from './definition.ts';

/** Endings of service files. */
export const serviceEndings = ['.conf', '.env', '.ini'] as const;

export interface ServiceFile {
  readonly name: string;
  readonly path: string;
}

/** The service a file name stands for, or undefined when it is no service file. */
export function serviceNameOf(fileName: string): string | undefined {
  const ending = serviceEndings.find((known) => fileName.endsWith(known));
  if (ending === undefined || fileName.startsWith('.') || fileName.length === ending.length) return undefined;
  return fileName.slice(0, -ending.length);
}

/** Letters, digits, `.`, `-`, `_`; begins with a letter or digit; at most 128: a name goes into paths, tags and unit names. */
export function isServiceName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name);
}

/** Names that cannot be used, names taken by a verb or catch-all (`reservedNames`), and two files for one service. */
export function checkServiceNames(files: readonly ServiceFile[], reservedNames: readonly string[]): readonly Problem[] {
  const first = new Map<string, ServiceFile>();
  return files.flatMap((file) => {
    const problems = nameProblems(file, reservedNames);
    const other = first.get(file.name);
    if (other === undefined) first.set(file.name, file);
    else problems.push(fault(file, `${file.name} is already defined by ${other.path}; remove one of the two files`));
    return problems;
  });
}

function nameProblems(file: ServiceFile, reservedNames: readonly string[]): Problem[] {
  if (!isServiceName(file.name))
    return [fault(file, 'not a service name; allowed are letters, digits, dot, - and _, beginning with a letter or digit')];
  return reservedNames.includes(file.name)
    ? [fault(file, `a service cannot be named ${file.name}, which is a word of the command line; rename the file`)]
    : [];
}

function fault({ path, name }: ServiceFile, text: string): Problem {
  return { severity: 'error', file: path, line: 1, value: name, text };
}
