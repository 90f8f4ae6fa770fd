/** `npm run doc`: writes docs/reference.md and docs/api.md from the tables of the source. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { renderApi } from '../../agent/api/manual.ts';
import { projectRoot } from './imports.ts';
import { renderProjectReference } from './reference.ts';

const file = path.join(projectRoot, 'docs/reference.md');
const text = await renderProjectReference();
writeFileSync(file, text);
console.log(`docs/reference.md: ${text.split('\n').length - 1} lines`);
writeFileSync(path.join(projectRoot, 'docs/api.md'), renderApi());
