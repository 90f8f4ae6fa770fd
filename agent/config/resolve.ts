/** What a reference names: built-in names, keywords of sections with scopes and fallbacks, node settings; loops and depth. */
import { wordsOf } from './convert.ts';
import { splitRid } from './groups.ts';
import { findEntry, tableOf } from './lookup.ts';
import { nearestName } from '../nearest.ts';
import { applyModifier, type Expansion, expandText, type Reference } from './reference.ts';
import type { Scene } from './scene.ts';
import type { ScopedEntry } from './scope.ts';

/** References may be this deep (spec/config.md). */
const deepest = 20;

/** Expands one entry of `section`, its references read in `context`. What succeeds is kept in the scene. */
export function expandEntry(scene: Scene, section: string, entry: ScopedEntry, context: string): Expansion {
  if (!entry.value.includes('{') && !entry.value.includes('$(')) return { text: entry.value, height: 0 };
  const key = `${context}\0${section}\0${entry.key}`;
  const known = scene.memo.get(key);
  if (known !== undefined) return known;
  const visited = scene.open.indexOf(key);
  if (visited !== -1)
    return { fault: { text: `references form a loop: ${[...scene.open.slice(visited), key].map(entryName).join(' -> ')}` } };
  if (scene.open.length >= deepest) return { fault: { text: tooDeep } };
  scene.open.push(key);
  const expansion = expandText(entry.value, (reference) => resolve(scene, context, reference));
  scene.open.pop();
  if ('fault' in expansion) return expansion;
  // A text that was cheap to find because its parts were known is still as deep as it is.
  if (expansion.height > deepest) return { fault: { text: tooDeep } };
  scene.memo.set(key, expansion);
  return expansion;
}

const tooDeep = `references are nested deeper than ${deepest}`;

function entryName(key: string): string {
  const [, section = '', name = ''] = key.split('\0');
  return `${section}.${name}`;
}

function resolve(scene: Scene, context: string, reference: Reference): Expansion {
  const found = resolveName(scene, context, reference);
  if (found === undefined) return unknown(scene, context, reference);
  if ('fault' in found) return found;
  const { count, index, modifier } = reference;
  if (!count && index === undefined) return { text: applyModifier(modifier, found.text), height: found.height };
  const words = wordsOf(found.text);
  if (count) return { text: String(words.length), height: found.height };
  const word = words.at(index ?? 0);
  if (word !== undefined) return { text: applyModifier(modifier, word), height: found.height };
  return {
    fault: {
      text: `reference ${shownReference(reference)}: ${fullName(reference)} has ${words.length} words, item ${index} is not among them`,
    },
  };
}

function resolveName(scene: Scene, context: string, { section, key }: Reference): Expansion | undefined {
  if (section !== undefined) return isNodeSettings(scene, section) ? nodeSetting(scene, key) : deeper(lookUp(scene, section, key));
  const builtin = builtinText(scene, context, key);
  if (builtin !== undefined) return { text: builtin, height: 1 };
  return deeper(
    lookUp(scene, context, key, false) ??
      lookUp(scene, 'DEFAULT', key, false, context) ??
      lookUp(scene, context, key) ??
      lookUp(scene, 'DEFAULT', key),
  );
}

function deeper(expansion: Expansion | undefined): Expansion | undefined {
  return expansion === undefined || 'fault' in expansion ? expansion : { text: expansion.text, height: expansion.height + 1 };
}

function builtinText(scene: Scene, context: string, key: string): string | undefined {
  if (key === 'rid') return context;
  if (key === 'rindex') return splitRid(context)?.index ?? context;
  return scene.builtins.get(key);
}

/** A keyword's expanded text, its default included; undefined when neither the file nor the table knows it. */
function lookUp(scene: Scene, section: string, key: string, withDefault = true, context = section): Expansion | undefined {
  const row = tableOf(scene, section).bySpelling.get(key);
  const keyword = row?.keyword;
  const found = findEntry(scene, section, row ?? { spellings: [key], parents: [] });
  if (found !== undefined && keyword?.kind === 'secret')
    return { fault: { text: `${section}.${key} is a secret, and a reference would spread it` } };
  if (found !== undefined) return expandEntry(scene, found.section, found.entry, found.section === section ? context : found.context);
  const isThere = section === 'DEFAULT' || scene.sections.has(section);
  if (!withDefault || keyword?.default === undefined || !isThere) return undefined;
  return expandDefault(scene, context, row?.name ?? key, keyword.default);
}

/** A default is written as a user would write it, references included. */
export function expandDefault(scene: Scene, context: string, name: string, text: string): Expansion {
  return expandEntry(scene, context, { key: name, scope: undefined, value: text, line: 0, commentCut: false }, context);
}

/** `{node.kw}` of a service file reads the node file; in the node file itself [node] is a section like any other. */
function isNodeSettings(scene: Scene, section: string): boolean {
  return section === 'node' && !scene.sections.has('node');
}

function nodeSetting(scene: Scene, key: string): Expansion | undefined {
  const settings: Readonly<Record<string, unknown>> = scene.env.nodeSettings ?? {};
  const value = Object.hasOwn(settings, key) ? settings[key] : undefined;
  if (Array.isArray(value)) return { text: value.join(' '), height: 1 };
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? { text: String(value), height: 1 }
    : undefined;
}

function unknown(scene: Scene, context: string, reference: Reference): Expansion {
  const { section, key } = reference;
  const shown = shownReference(reference);
  const advice = `write \\${shown} for the text itself`;
  if (key.includes('@')) return { fault: { text: `reference ${shown} cannot have a scope; ${advice}` } };
  if (section === undefined && scene.sections.has(key))
    return { fault: { text: `reference ${shown} names a section; write {${key}.keyword}` } };
  if (section !== undefined && !isNodeSettings(scene, section) && !scene.sections.has(section)) {
    return { fault: { text: `unknown section in reference ${shown}; ${advice}`, nearest: nearestName(section, scene.sections.keys()) } };
  }
  if (tableOf(scene, section ?? context).bySpelling.has(key))
    return { fault: { text: `reference ${shown}: ${fullName(reference)} is not set` } };
  const names =
    section === undefined
      ? [...scene.builtins.keys(), 'rid', 'rindex', ...keysOf(scene, context), ...keysOf(scene, 'DEFAULT')]
      : keysOf(scene, section);
  return { fault: { text: `unknown reference ${shown}; ${advice}`, nearest: nearestName(key, names) } };
}

function keysOf(scene: Scene, section: string): readonly string[] {
  return [...(scene.sections.get(section)?.keys() ?? []), ...tableOf(scene, section).bySpelling.keys()];
}

function fullName({ section, key }: Reference): string {
  return section === undefined ? key : `${section}.${key}`;
}

function shownReference(reference: Reference): string {
  const { modifier, count, index } = reference;
  return `{${modifier === undefined ? '' : `${modifier}:`}${count ? '#' : ''}${fullName(reference)}${index === undefined ? '' : `[${index}]`}}`;
}
