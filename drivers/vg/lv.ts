import {
  type Act,
  type Blocker,
  defineDriver,
  type Note,
  type Observe,
  type Report,
  type ResourceView,
} from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { mapperReads } from '../lib/device-mapper.ts';
import { type LogicalVolume, lvmEnv, lvmReads, sharedGroup, type VolumeGroup, volumePath } from '../lib/lvm.ts';
import { isPlanned } from '../lib/planned.ts';
import { includesStart } from '../lib/verbs.ts';
import { activate, activeNames, clearVolumes, deactivate } from '../lib/volume-stack.ts';

const keywords = {
  name: { kind: 'string', required: true, text: 'Name of the logical volume.', example: 'data' },
  vg: { kind: 'string', required: true, text: 'Volume group that it lies in.', example: 'vg_svc1' },
  size: { kind: 'size', text: 'Size of the volume that provision makes.', example: '10g' },
  create_options: { kind: 'argv', text: 'Further arguments that provision gives to lvcreate.', example: '--type raid1 -m 1' },
} as const satisfies Keywords;

type At = Observe<typeof keywords>;
type Acting = Act<typeof keywords>;

interface Seen {
  readonly group: VolumeGroup | undefined;
  readonly volume: LogicalVolume | undefined;
}

async function look(at: At): Promise<Seen> {
  const found = await sharedGroup(at, at.config.vg);
  return { group: found?.group, volume: found?.volumes.find(({ name }) => name === at.config.name) };
}

function fullName({ vg, name }: At['config']): string {
  return `${vg}/${name}`;
}

function isOurGroup(at: At, { type, config }: ResourceView): boolean {
  return type === 'vg.lvm' && config['name'] === at.config.vg;
}

async function status(at: At): Promise<Report> {
  const { group, volume } = await look(at);
  const { vg } = at.config;
  const say = (level: Note['level'], text: string): readonly Note[] => [{ level, text }];
  if (group === undefined) return { state: 'down', notes: say('info', `there is no volume group ${vg} here`) };
  if (volume === undefined) return { state: 'down', notes: say('info', `${fullName(at.config)} does not exist`) };
  if (!volume.active) return { state: 'down' };
  return volume.suspended ? { state: 'warn', notes: say('error', 'it is suspended: whoever uses it waits') } : { state: 'up' };
}

async function blockers(at: At, verb: string): Promise<readonly Blocker[]> {
  if (!includesStart(verb)) return [];
  const { group, volume } = await look(at);
  const mayCome = at.resources.some((view) => isOurGroup(at, view) && view.report?.state !== 'up');
  if (group === undefined) return mayCome ? [] : [{ text: `there is no volume group ${at.config.vg} here` }];
  if (volume !== undefined) return [];
  if (verb === 'start') return [{ text: `${fullName(at.config)} does not exist (provision makes it)` }];
  return hasSize(at) ? [] : [{ text: 'size is not set: how large shall the volume be?' }];
}

/** `-l 100%FREE` among the options is a size too. */
function hasSize({ config }: At): boolean {
  const words = config.create_options ?? [];
  return config.size !== undefined || words.some((word) => /^(-[lL]|--(extents|size)(=.*)?)/.test(word));
}

async function start(at: Acting): Promise<void> {
  const { volume } = await look(at);
  if (volume?.active) {
    at.log.info(`${fullName(at.config)} is already active`);
    return;
  }
  const comesWithGroup = volume?.skipped === false && isPlanned(at, 'up', (view) => isOurGroup(at, view));
  // In a dry-run it may be one that a provision before would have made.
  if (comesWithGroup || (volume === undefined && at.dryRun)) {
    at.log.info(`${fullName(at.config)} is active then`);
    return;
  }
  if (volume === undefined) throw new SvcError('REFUSED', `${fullName(at.config)} does not exist`);
  const off = async (): Promise<readonly string[]> => ((await look(at)).volume?.active ? [] : [at.config.name]);
  await activate(at, ['lvchange', '-a', 'y', fullName(at.config)], off);
}

async function stop(at: Acting): Promise<void> {
  const { group, volume } = await look(at);
  if (group === undefined || !volume?.active) {
    at.log.info(`${fullName(at.config)} is already inactive`);
    return;
  }
  await clearVolumes(at, group, [volume]);
  const left = async (): Promise<readonly string[]> => activeNames([(await look(at)).volume ?? volume]);
  await deactivate(at, ['lvchange', '-a', 'n', fullName(at.config)], left);
}

async function provision(at: Acting): Promise<void> {
  const { config } = at;
  const { volume } = await look(at);
  if (volume !== undefined) {
    at.log.info(`${fullName(config)} exists already`);
    return;
  }
  const [blocker] = at.dryRun ? [] : await blockers(at, 'provision');
  if (blocker !== undefined) throw new SvcError('REFUSED', blocker.text);
  const size = config.size === undefined ? [] : ['-L', `${config.size}b`];
  // --yes: what lay on these blocks before belonged to a volume that was removed.
  await at.local.change(['lvcreate', '--yes', '-n', config.name, ...size, ...(config.create_options ?? []), config.vg], { env: lvmEnv });
}

/** The engine has stopped it before, so lvremove finds it inactive and unused. */
async function unprovision(at: Acting): Promise<void> {
  const { volume } = await look(at);
  if (volume !== undefined) await at.local.change(['lvremove', '-f', fullName(at.config)], { env: lvmEnv });
}

export default defineDriver({
  summary: 'A logical volume of an LVM volume group, made and removed by the service.',
  needs: ['lvchange', 'kpartx'],
  provisionNeeds: ['lvcreate', 'lvremove'],
  keywords,
  reads: () => [...lvmReads, ...mapperReads],
  label: fullName,
  // After the groups they lie in.
  depth: () => 1,
  devices: async (at) => ({ uses: [], gives: [volumePath(at.config.vg, at.config.name)] }),
  status,
  blockers,
  start,
  stop,
  provision,
  provisioned: async (at) => (await look(at)).volume !== undefined,
  unprovision,
});
