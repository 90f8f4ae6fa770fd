import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { convertValue } from '../../../agent/config/convert.ts';
import type { Driver } from '../../../agent/driver/contract.ts';
import { projectRoot } from '../../support/imports.ts';

const folder = path.join(projectRoot, 'drivers');
const groups = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory() && entry.name !== 'lib');
const ids = groups.flatMap(({ name }) => readdirSync(path.join(folder, name)).map((file) => `${name}/${file}`));

describe('keyword tables of the drivers', () => {
  for (const id of ids) {
    it(`${id}: each keyword has its own sentence; defaults and examples convert`, async () => {
      const { default: driver } = (await import(path.join(folder, id))) as { default: Driver };
      const texts = Object.values(driver.keywords).map(({ text }) => text);
      expect(new Set(texts).size).to.equal(texts.length);
      for (const [key, keyword] of Object.entries(driver.keywords)) {
        expect(keyword.text, key).to.match(/^[A-Z][^\n]+\.$/);
        for (const value of [keyword.default, keyword.example]) {
          if (value !== undefined) expect(convertValue(keyword.kind, value, keyword), `${key} = ${value}`).to.have.property('value');
        }
      }
      expect(driver.summary).to.match(/^[A-Z].+\.$/);
    });
  }

  it('are those that the specification fixes', async () => {
    const wanted: Readonly<Record<string, string>> = {
      'vg/loop.ts': 'file size sector',
      'fs/ext4.ts': 'dev mnt mnt_opt stat_timeout check_read kill_users mkfs_opt user group perm size promote_rw',
      'fs/tmpfs.ts': 'mnt mnt_opt stat_timeout check_read kill_users user group perm size',
      'fs/bind.ts': 'dev mnt mnt_opt',
      'fs/directory.ts': 'path user group perm',
      'ip/host.ts': 'ipname ipdev netmask gateway check_conflict announce',
      'app/simple.ts': 'start user group cwd environment limit_nofile stop check retcodes',
      'app/forking.ts': 'script start stop check info retcodes timeout user environment',
      'task/host.ts': 'command schedule timeout user environment check confirmation on_error',
    };
    for (const [id, names] of Object.entries(wanted)) {
      const { default: driver } = (await import(path.join(folder, id))) as { default: Driver };
      expect(driver.keywords, id).to.include.all.keys(names.split(' '));
    }
  });

  it('the guide shows a driver as it is', () => {
    const guide = readFileSync(path.join(folder, 'README.md'), 'utf8');
    expect(guide).to.contain(readFileSync(path.join(folder, 'fs/flag.ts'), 'utf8').trim());
    for (const id of ids) expect(guide, id).to.contain(id.replace('/', '.').replace('.ts', ''));
  });
});
