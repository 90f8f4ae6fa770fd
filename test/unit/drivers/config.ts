/** Texts of a service file to the typed values that a driver gets, by the driver's own table. */
import { convertValue } from '../../../agent/config/convert.ts';
import type { Keywords } from '../../../agent/driver/keywords.ts';

/** Throws for an unknown keyword, a missing required one, and a text that does not convert. */
export function convertConfig(keywords: Keywords, texts: Readonly<Record<string, string>>): Record<string, unknown> {
  for (const key of Object.keys(texts)) if (keywords[key] === undefined) throw new Error(`no keyword ${key}`);
  const values: Record<string, unknown> = {};
  for (const [key, keyword] of Object.entries(keywords)) {
    const text = texts[key] ?? keyword.default;
    if (text === undefined && keyword.required) throw new Error(`${key} is required`);
    if (text === undefined) continue;
    const converted = convertValue(keyword.kind, text, keyword);
    if ('fault' in converted) throw new Error(`${key} = ${text} ${converted.fault}`);
    values[key] = converted.value;
  }
  return values;
}
