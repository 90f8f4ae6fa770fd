/** JSON schema of a keyword table, and the one file that imports ajv (only when asked: status never loads it). */
import { convertValue } from '../config/convert.ts';
import type { Keyword, Keywords } from './keywords.ts';
import { patternOf } from './schema-patterns.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Schema of a section as written: every value a text, unknown keys refused. Ranges are in the extension keyword `x-range`. */
export function schemaOf(keywords: Keywords): JsonSchema {
  const current = Object.entries(keywords);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    additionalProperties: false,
    required: current.filter(([, { required }]) => required).map(([name]) => name),
    properties: Object.fromEntries(current.map(([name, keyword]) => [name, propertyOf(keyword)])),
  };
}

function propertyOf(keyword: Keyword): JsonSchema {
  const { kind, text, choices, min, max, unit, example, replacedBy, required } = keyword;
  const pattern = patternOf(keyword);
  const isChoice = choices !== undefined && (kind === 'enum' || kind === 'string');
  return {
    type: 'string',
    description: text,
    ...(isChoice ? { enum: [...choices] } : {}),
    ...(pattern === undefined ? {} : { pattern }),
    ...(kind === 'schedule' || (kind === 'string' && required) ? { minLength: 1 } : {}),
    ...((min === undefined && max === undefined) || kind === 'nodes' ? {} : { 'x-range': { kind, unit, min, max } }),
    ...(keyword.default === undefined ? {} : { default: keyword.default }),
    ...(example === undefined ? {} : { examples: [example] }),
    ...(replacedBy === undefined ? {} : { deprecated: true }),
  };
}

export interface SchemaFault {
  /** Empty when it is about the section itself. */
  readonly keyword: string;
  readonly text: string;
}

/** A check of a section's texts by ajv: every fault at once. */
export async function compileSchema(keywords: Keywords): Promise<(values: Readonly<Record<string, string>>) => readonly SchemaFault[]> {
  const Ajv = await loadAjv();
  const ajv = new Ajv({ allErrors: true, strict: true });
  ajv.addKeyword({ keyword: 'x-range', type: 'string', schemaType: 'object', validate: isInRange });
  const validate = ajv.compile(schemaOf(keywords));
  return (values) => {
    return validate(values) ? [] : faultsOf(validate.errors);
  };
}

/** A check of any value by a schema of ours: every fault at once, unknown fields among them. */
export async function compileJsonSchema(schema: JsonSchema): Promise<(value: unknown) => readonly SchemaFault[]> {
  const Ajv = await loadAjv();
  const validate = new Ajv({ allErrors: true, strict: true }).compile(schema);
  return (value) => (validate(value) ? [] : faultsOf(validate.errors));
}

/** Our build hands over a CommonJS package as its default alone, Node finds its names too. */
async function loadAjv() {
  const { default: loaded } = await import('ajv/dist/2020.js');
  return loaded.Ajv2020;
}

interface AjvError {
  readonly params: Readonly<Record<string, unknown>>;
  readonly instancePath: string;
  readonly keyword: string;
  readonly message?: string;
}

function faultsOf(errors: readonly AjvError[] | null | undefined): readonly SchemaFault[] {
  return (errors ?? []).map((error) => ({
    keyword: String(error.params['missingProperty'] ?? error.params['additionalProperty'] ?? error.instancePath.slice(1)),
    text: error.message ?? error.keyword,
  }));
}

function isInRange(range: Keyword, text: string): boolean {
  return 'value' in convertValue(range.kind, text, { ...range, text: '' });
}
