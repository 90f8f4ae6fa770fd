/** What a driver declares as commands that only look: read() refuses every other, so these must really only look. */
import { expect } from 'chai';
import { bring, type Subject, upVerb } from '../subject.ts';

/** Programs that change something whatever their arguments are, and those that run another program. */
const changers =
  /^(mount|umount|swapon|swapoff|mkfs(\..+)?|mke2fs|mkswap|wipe|dd|rm|rmdir|mkdir|mknod|mv|cp|ln|touch|tee|install|truncate|fallocate|chown|chgrp|chmod|setfacl|kill|pkill|killall|fuser|reboot|shutdown|udevadm|modprobe|tune2fs|resize2fs|xfs_growfs|xfs_admin|nft|iptables|ip6tables|hostname|crontab|useradd|(vg|lv|pv)(change|create|remove|extend|reduce|rename|convert|scan)|vgexport|vgimport|kpartx|multipath|sh|bash|dash|ksh|zsh|env|nsenter|unshare|chroot|sudo|su|runuser|setpriv|timeout|nohup|xargs|ssh|scp|python3?|perl|awk|sed)$/;

/** Words with which a program that can also look changes something. */
const changingWords: Readonly<Record<string, RegExp>> = {
  losetup: /^(-d|--detach|-D|--detach-all|-f|--find|-c|--set-capacity)$/,
  ip: /^(a|add|append|change|d|del|delete|flush|replace|restore|set)$/,
  bridge: /^(add|append|del|delete|replace|set)$/,
  sysctl: /^(-w|--write|-p|--load.*|.*=.*)$/,
  blockdev: /^(--set.*|--flushbufs|--rereadpt)$/,
  btrfs: /^(add|create|delete|remove|scan|set.*|resize|start|snapshot|balance|cancel)$/,
  find: /^(-delete|-exec|-execdir|-ok|-okdir|-fls|-fprint.*)$/,
  e2fsck: /^-([apyf].*)$/,
  arping: /^-(U|A)$/,
  dmsetup: /^(create|remove|remove_all|suspend|resume|load|reload|clear|rename|message|wipe_table|setgeometry)$/,
  sg_persist: /^(-o|--out|--(register|register-ignore|register-move|reserve|release|clear|preempt|preempt-abort))$/,
  mpathpersist: /^(-o|--out|--(register|register-ignore|reserve|release|clear|preempt|preempt-abort))$/,
  systemctl: /^(start|stop|restart|reload|enable|disable|mask|kill|isolate)$/,
};

/** Programs that look only with this word right behind them. */
const lookingWords: Readonly<Record<string, RegExp>> = {
  wipefs: /^(-n|--no-act)$/,
  e2fsck: /^-n$/,
  losetup: /^(-l|--list|-j|-a|-O|--json)$/,
  rsync: /^(-n|--dry-run|--version)$/,
};

/** Why this prefix may not be among the looks of a driver; undefined when nothing is known against it. */
export function changeIn(prefix: readonly string[]): string | undefined {
  const [path = '', ...words] = prefix;
  const program = path.slice(path.lastIndexOf('/') + 1);
  if (prefix.length === 0) return 'an empty prefix';
  if (changers.test(program)) return `${program} changes something, or runs another program`;
  const bad = words.find((word) => changingWords[program]?.test(word));
  if (bad !== undefined) return `${program} ${bad} changes something`;
  const looking = lookingWords[program];
  return looking === undefined || looking.test(words[0] ?? '') ? undefined : `${program} may change something unless ${looking} follows`;
}

export function readRules(subject: () => Subject, can: { readonly stop: boolean }): void {
  it('declares as looks only what looks, and runs no other', async () => {
    const { stage } = subject();
    const own = ownCommands(subject());
    expect(stage.reads.flatMap((prefix) => (own.includes(prefix.join(' ')) ? [] : (changeIn(prefix) ?? [])))).to.deep.equal([]);
    // One word would let every argument of a tool pass; only a command from the service file is its own whole prefix.
    expect(stage.reads.filter((prefix) => prefix.length < 2 && !own.includes(prefix.join(' ')) && !isShow(prefix))).to.deep.equal([]);
    const looks = await looksOfAll(subject(), can.stop);
    const starts = stage.reads.map((prefix) => prefix.join(' '));
    expect(looks.filter((look) => !starts.some((start) => `${look} `.startsWith(`${start} `)))).to.deep.equal([]);
  });
}

/** On the command line of an array a command that begins with `show` only looks, whatever follows. */
function isShow([program = '']: readonly string[]): boolean {
  return /^show[a-z]+$/.test(program);
}

/** Commands that the service file itself gives: its author answers for them. */
function ownCommands({ stage, driver }: Subject): readonly string[] {
  const { config } = stage.view;
  const commands = Object.entries(driver.keywords).filter(([, { kind }]) => kind === 'argv');
  const words = commands.flatMap(([name]) => (Array.isArray(config[name]) ? [config[name].join(' ')] : []));
  const script = config['script'];
  return typeof script === 'string' ? [...words, ...['check', 'info'].map((verb) => `${script} ${verb}`)] : words;
}

async function looksOfAll(subject: Subject, canStop: boolean): Promise<readonly string[]> {
  const { stage } = subject;
  const looks: string[] = [];
  const note = async (attempt: ReturnType<typeof stage.status> | ReturnType<typeof stage.act> | ReturnType<typeof stage.blockers>) => {
    const { doors } = await attempt;
    for (const { nature, argv } of doors.touches) if (nature === 'look' && argv !== undefined) looks.push(argv.join(' '));
  };
  await bring(subject, 'down');
  await note(stage.status());
  await note(stage.blockers(upVerb(subject)));
  await note(stage.act(upVerb(subject)));
  await note(stage.status());
  if (canStop) await note(stage.act('stop'));
  return looks;
}
