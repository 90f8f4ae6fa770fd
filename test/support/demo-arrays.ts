/** The third part of the demo: two sites with an array each; a service goes over as the HP 3PAR document shows it, survives a disaster, and comes back. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { svcmgr } from './cli.ts';
import type { DemoPlace } from './demo-folder.ts';
import type { Part } from './demo-one.ts';
import { type Call, type Stage, say } from './demo-run.ts';
import { lacks } from './demo-service.ts';
import { makeSites, type Site, type Sites, siteService, sitesNeeds } from './hp3par-sites.ts';
import { projectRoot } from './imports.ts';
import { missing } from './skip.ts';

/** Why this machine or user cannot show it; undefined when it can. */
export function lackOfSites(): string | undefined {
  return missing(sitesNeeds) ?? lacks('CAP_SYS_ADMIN') ?? lacks('CAP_NET_ADMIN');
}

export function twoArrays(_place: DemoPlace, stage: Stage): Part {
  let sites: Sites | undefined;
  return {
    show: async () => {
      say('\nPart 3: two sites with an HP 3PAR array each');
      const lack = lackOfSites();
      if (lack !== undefined) {
        say(`Left out: going to another array and back (${lack})`);
        return;
      }
      stage.mustGoOn();
      sites = await makeSites();
      try {
        await showSites(sites, stage);
      } finally {
        await sites.remove();
        sites = undefined;
      }
    },
    stop: async () => {
      await sites?.remove();
    },
  };
}

type RunOn = (site: Site, ...argv: readonly string[]) => Promise<void>;

function callOn({ node }: Site, argv: readonly string[]): Call {
  const env = { ...process.env, SVCMGR_HOME: node.home.folder, SVCMGR_NODENAME: node.name };
  return { where: node.name, program: svcmgr, argv, prefix: node.netns.enter, env };
}

/** The example as it stands, its disks and mount points those of this demo. */
function exampleText(folder: string): string {
  const text = readFileSync(path.join(projectRoot, 'services.d', `${siteService}.conf`), 'utf8');
  return text
    .replace(/^disks = .*$/m, `disks = ${path.join(folder, 'arrays', 'dev')}`)
    .replace(/^base = .*$/m, `base = ${path.join(folder, 'mnt')}`);
}

async function showSites(sites: Sites, stage: Stage): Promise<void> {
  const { site1, site2, folder } = sites;
  const run: RunOn = (site, ...argv) => stage.mustRun(callOn(site, argv));
  const svc: RunOn = (site, ...argv) => run(site, '-s', siteService, ...argv);
  sites.nodes.service(siteService, exampleText(folder));
  say('The arrays are simulated (npm run sim:hp3par); ssh to them, their volumes and what is on these are real.');
  say(`Both nodes have services.d/${siteService}.conf:\n`);
  say(
    exampleText(folder)
      .replace(/^#.*\n/gm, '')
      .trim()
      .replace(/^(?=.)/gm, '  '),
  );
  await run(site1, 'array', 'show');
  say('\n1. The session of the document: stop here, sync update, start there, sync resume.');
  await svc(site1, 'start');
  write(sites, site1, 'written on site 1');
  await svc(site1, 'readiness', '--node', 'node2');
  await svc(site1, 'stop');
  await svc(site1, 'sync', 'update');
  await svc(site2, 'start');
  await svc(site2, 'sync', 'resume');
  show(sites, site2);
  await synced(sites);
  await trees(sites, svc);
  say('\n2. Site 2 burns down: its array and its node are gone. A bare start on node1 takes over, and says on what evidence.');
  write(sites, site2, 'written on site 2, and copied');
  await svc(site2, 'sync', 'update');
  await svc(site2, 'stop');
  await sites.kill(site2);
  await delay(1500);
  await svc(site1, 'start');
  show(sites, site1);
  write(sites, site1, 'written after the disaster');
  say('\n3. Site 2 is back. What it has is older: its node may not start from it.');
  await sites.revive(site2);
  await svc(site1, 'stop');
  await stage.run(callOn(site2, ['-s', siteService, 'start']));
  say('\nThe documented way back: resync from the newer side, stop there, sync update, start here, sync resume.');
  await svc(site1, 'start');
  await svc(site1, 'sync', 'resync');
  await svc(site1, 'stop');
  await svc(site1, 'sync', 'update');
  await svc(site2, 'start');
  await svc(site2, 'sync', 'resume');
  show(sites, site2);
  await synced(sites);
  await trees(sites, svc);
  await svc(site2, 'stop');
}

async function trees({ site1, site2 }: Sites, svc: RunOn): Promise<void> {
  for (const site of [site1, site2]) await svc(site, 'print', 'status');
}

function fileOn({ folder }: Sites, { node }: Site): string {
  return path.join(folder, 'mnt', node.name, siteService, 'note');
}

function write(sites: Sites, site: Site, text: string): void {
  writeFileSync(fileOn(sites, site), `${text}\n`, { flush: true });
  say(`\n${site.node.name} writes: ${text}`);
}

function show(sites: Sites, site: Site): void {
  say(`\n${site.node.name} reads: ${readFileSync(fileOn(sites, site), 'utf8').trim()}`);
}

/** Until the first synchronization of a new direction is over: a person types the next line later. */
async function synced({ arrays }: Sites): Promise<void> {
  const isSynced = async () =>
    Object.values(await arrays.state()).every(({ groups }) =>
      Object.values(groups).every(({ volumes }) => volumes.every(({ sync }) => sync === 'Synced')),
    );
  while (!(await isSynced())) await delay(50);
}
