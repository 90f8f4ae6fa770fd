/** kill -9 of the agent at every command that start, swap, resume and update give to an array: running it again brings it to its end. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { makeSites, type Site, type Sites, sitesNeeds } from '../support/hp3par-sites.ts';
import { describeUnless, missing } from '../support/skip.ts';

/** How far the array is with the command when the agent dies. */
type Moment = 'before' | 'during' | 'after';

interface Scenario {
  readonly title: string;
  /** Steps to where it begins, from: down on both, array 1 is primary and started. */
  readonly before: (sites: Sites) => Promise<void>;
  readonly on: 'site1' | 'site2';
  readonly words: readonly string[];
  /** The commands that it gives to the arrays, as they begin. */
  readonly commands: readonly string[];
  /** Where the data can be written at its end, and whether it is replicated. */
  readonly ends: { readonly primary: 'site1' | 'site2'; readonly status: string; readonly mounted: readonly string[] };
}

const nothing = async () => undefined;
const toSite2 = async ({ site2 }: Sites) => void (await site2.must('start'));

const scenarios: readonly Scenario[] = [
  {
    ...{ title: 'start on the other site', before: nothing, on: 'site2', words: ['start'] },
    commands: ['stoprcopygroup', 'setrcopygroup reverse'],
    ends: { primary: 'site2', status: 'Stopped', mounted: ['node2'] },
  },
  {
    ...{ title: 'swap', before: nothing, on: 'site2', words: ['sync', 'swap', '--rid', 'sync#1'] },
    commands: ['stoprcopygroup', 'setrcopygroup reverse', 'startrcopygroup'],
    ends: { primary: 'site2', status: 'Started', mounted: [] },
  },
  {
    ...{ title: 'resume', before: toSite2, on: 'site2', words: ['sync', 'resume', '--rid', 'sync#1'] },
    commands: ['startrcopygroup'],
    ends: { primary: 'site2', status: 'Started', mounted: ['node2'] },
  },
  {
    ...{ title: 'update', before: nothing, on: 'site1', words: ['sync', 'update', '--rid', 'sync#1'] },
    commands: ['syncrcopy'],
    ends: { primary: 'site1', status: 'Started', mounted: [] },
  },
];

describeUnless(missing(sitesNeeds), 'long: the agent is killed at each command to an array', function () {
  this.timeout(240_000);
  let sites: Sites;
  before('make two sites', async () => {
    sites = await makeSites();
  });
  after('remove the sites', () => sites.remove());
  beforeEach('down on both, array 1 is primary', () => home(sites));

  for (const scenario of scenarios) {
    for (const command of scenario.commands) {
      for (const moment of ['before', 'during', 'after'] as const) {
        if (moment === 'during' && !command.startsWith('setrcopygroup')) continue;
        it(`${scenario.title}: ${moment} ${command}`, () => cutAndRunAgain(sites, scenario, command, moment));
      }
    }
  }
});

async function cutAndRunAgain(sites: Sites, scenario: Scenario, command: string, moment: Moment): Promise<void> {
  await scenario.before(sites);
  const site = sites[scenario.on];
  const said = await cut(sites, site, scenario.words, command, moment);
  // What the array still does for the dead agent, it does.
  await idle(sites);
  const again = await site.run(...scenario.words);
  expect(again.code, `${said}\n-- again\n${again.stdout}${again.stderr}`).to.equal(0);
  await expectEnd(sites, scenario);
  expect(await sites.arrays.violations()).to.deep.equal([]);
}

/** Starts the action and kills its agent at that command; returns what it had said. */
async function cut({ arrays }: Sites, site: Site, words: readonly string[], command: string, moment: Moment): Promise<string> {
  if (moment === 'during') await arrays.taskFault('slow', 1, 3000);
  else await arrays.fault({ kind: 'hang', command, times: 1, takesEffect: moment === 'after' });
  const known = (await arrays.log()).length;
  const action = site.spawn(...words);
  action.child.stdin.end();
  const isThere = async () =>
    (await arrays.log()).slice(known).some(({ line, exit }) => line.startsWith(command) && (moment !== 'after' || exit === 0));
  for (let left = 1200; !(await isThere()); left--) {
    if (left === 0 || action.child.exitCode !== null) throw new Error(`${command} was never given: ${(await action.crash()).stderr}`);
    await delay(25);
  }
  expect(site.killAgents(), 'nothing was there to be killed').to.be.greaterThan(0);
  const { code, stdout, stderr } = await action.done;
  expect(code, stderr).not.to.equal(0);
  await arrays.clearFaults();
  return `${stdout}${stderr}`;
}

async function expectEnd(sites: Sites, { ends }: Scenario): Promise<void> {
  await idle(sites);
  const other = ends.primary === 'site1' ? 'site2' : 'site1';
  const groups = await groupsOf(sites);
  expect(groups[ends.primary]).to.deep.equal({ role: 'Primary', status: ends.status });
  expect(groups[other]).to.deep.equal({ role: 'Secondary', status: ends.status });
  expect(sites.mounted()).to.deep.equal(ends.mounted);
  for (const site of [sites.site1, sites.site2]) {
    const { stdout } = await site.must('print', 'status', '--refresh', '--format', 'json');
    expect((JSON.parse(stdout) as { monitor: { interrupted: unknown } }).monitor.interrupted, stdout).to.equal(null);
  }
}

async function groupsOf({ arrays, site1, site2 }: Sites): Promise<Record<'site1' | 'site2', { role?: string; status?: string }>> {
  const state = await arrays.state();
  const of = ({ array, rcg }: Site) => {
    const group = state[array]?.groups[rcg];
    return group === undefined ? {} : { role: group.role, status: group.status };
  };
  return { site1: of(site1), site2: of(site2) };
}

/** No task and no synchronization runs on any array. */
async function idle({ arrays }: Sites): Promise<void> {
  const isIdle = async () =>
    Object.values(await arrays.state()).every(
      ({ tasks, groups }) =>
        tasks.every(({ status }) => status !== 'active') &&
        Object.values(groups).every(({ volumes }) => volumes.every(({ sync }) => sync !== 'Syncing')),
    );
  while (!(await isIdle())) await delay(20);
}

/** By the agents down on both sites, by the operator of the arrays primary on the first. */
async function home(sites: Sites): Promise<void> {
  const { site1, site2, arrays } = sites;
  await arrays.clearFaults();
  await idle(sites);
  for (const site of [site1, site2]) {
    await site.must('stop');
    await site.must('clear');
  }
  const { site1: group } = await groupsOf(sites);
  if (group.role !== 'Primary') {
    if (group.status === 'Started') await arrays.run(site2.array, `stoprcopygroup -f ${site2.rcg}`);
    await arrays.run(site1.array, `setrcopygroup reverse -f -waittask ${site1.rcg}`);
  }
  await arrays.run(site1.array, `startrcopygroup ${site1.rcg}`);
  await arrays.run(site1.array, `syncrcopy -w ${site1.rcg}`);
  await idle(sites);
}
