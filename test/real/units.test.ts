/** The systemd units of etc/, read by systemd's own parser. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { useHome } from '../support/home.ts';
import { projectRoot, readSource } from '../support/imports.ts';
import { describeUnless, missing } from '../support/skip.ts';

const units = ['svcmgrd.service', 'svcmgr-services.service'] as const;

describeUnless(missing({ tools: ['systemd-analyze'] }), 'real: systemd units', () => {
  const home = useHome();

  /** Of this checkout: systemd looks whether the programs are there. */
  const place = (change: (text: string) => string = (text) => text): string[] =>
    units.map((name) => {
      const file = home().path('units', name);
      writeFileSync(file, change(readFileSync(path.join(projectRoot, 'etc', name), 'utf8').replaceAll('/opt/svcmgr', projectRoot)));
      return file;
    });
  const verify = (files: readonly string[]) => spawnSync('systemd-analyze', ['verify', '--man=no', ...files], { encoding: 'utf8' });

  it('are what systemd understands, without a warning', () => {
    const done = verify(place());
    expect(done.stderr.split('\n').filter((line) => line.includes('svcmgr'))).to.deep.equal([]);
    expect(done.status).to.equal(0);
  });

  it('a misspelt one would not pass', () => {
    expect(verify(place((text) => text.replace('KillMode=process', 'KilMode=process'))).stderr).to.match(/KilMode/);
  });

  it('leave what the daemon started alone, and stop services before what they stand on goes', () => {
    const [daemon, services] = units.map((name) => readSource(`etc/${name}`));
    expect(daemon)
      .to.match(/^Type=notify$/m)
      .and.match(/^KillMode=process$/m)
      .and.match(/^WatchdogSec=\d+$/m);
    expect(services)
      .to.match(/^ExecStart=\S+ boot /m)
      .and.match(/^ExecStop=\S+ shutdown /m)
      .and.match(/^RemainAfterExit=yes$/m);
    expect(services).to.match(/^After=.*network-online\.target.*remote-fs\.target.*svcmgrd\.service/m);
  });

  it('name programs that are there', () => {
    for (const name of ['svcmgr', 'svcmgrd']) {
      expect(execFileSync('sh', ['-n', path.join(projectRoot, 'bin', name)], { encoding: 'utf8' })).to.equal('');
    }
  });
});
