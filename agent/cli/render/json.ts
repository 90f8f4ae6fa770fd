/** Documents as JSON: indented for people, one per line for pipes (spec/status.md "JSON"). */
import type { ServicesDocument, StatusDocument } from '../../state/status-document.ts';

/** Indented JSON with a final newline. */
export function renderJson(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** One compact document a line. */
export function renderJsonLines(documents: readonly unknown[]): string {
  return documents.map((document) => `${JSON.stringify(document)}\n`).join('');
}

/** The document for several services: when the selector matched more than one, or is a pattern. */
export function servicesDocument(services: readonly StatusDocument[]): ServicesDocument {
  return { schema: 1, services };
}
