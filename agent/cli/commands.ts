/** Which function answers which verb; the compiler checks that none is missing. Heavy packages are loaded below, only where used. */
import type { Command } from './app.ts';
import { actionCommand } from './commands/action.ts';
import { arrayShowCommand } from './commands/array-show.ts';
import { bootCommand, shutdownCommand } from './commands/boot.ts';
import { changeCommand } from './commands/change-config.ts';
import { checkCommand } from './commands/check.ts';
import { completionCommand } from './commands/completion.ts';
import { createCommand } from './commands/create.ts';
import { daemonCommand } from './commands/daemon.ts';
import { deleteCommand } from './commands/delete.ts';
import { docCommand } from './commands/doc.ts';
import { doctorCommand } from './commands/doctor.ts';
import { editCommand } from './commands/edit.ts';
import { enableCommand } from './commands/enable.ts';
import { explainCommand } from './commands/explain.ts';
import { getCommand } from './commands/get.ts';
import { historyCommand } from './commands/history.ts';
import { clearCommand, resumeCommand } from './commands/interrupted.ts';
import { linkCommand } from './commands/link.ts';
import { eventsCommand, logsCommand } from './commands/logs.ts';
import { lsCommand } from './commands/ls.ts';
import { markCommand } from './commands/mark.ts';
import { metricsCommand } from './commands/metrics.ts';
import { monCommand } from './commands/mon.ts';
import { nodeConfigCommand } from './commands/node-config.ts';
import { nodePingCommand } from './commands/node-ping.ts';
import { printConfigCommand } from './commands/print-config.ts';
import { printPlanCommand } from './commands/print-plan.ts';
import { printScheduleCommand } from './commands/print-schedule.ts';
import { readinessCommand } from './commands/readiness.ts';
import { relocateCommand } from './commands/relocate.ts';
import { statusCommand } from './commands/status.ts';
import { syncCommand } from './commands/sync.ts';
import { takeoverCommand } from './commands/takeover.ts';
import { validateCommand } from './commands/validate.ts';
import type { VerbName } from './verbs.ts';

export const commands = {
  'print status': statusCommand,
  mon: monCommand,
  check: checkCommand,
  metrics: metricsCommand,
  ls: lsCommand,
  readiness: readinessCommand,
  start: actionCommand,
  stop: actionCommand,
  restart: actionCommand,
  provision: actionCommand,
  unprovision: actionCommand,
  run: actionCommand,
  sync: syncCommand,
  switch: relocateCommand,
  giveback: relocateCommand,
  takeover: takeoverCommand,
  boot: bootCommand,
  shutdown: shutdownCommand,
  freeze: markCommand,
  thaw: markCommand,
  clear: clearCommand,
  resume: resumeCommand,
  enable: enableCommand,
  disable: enableCommand,
  'print config': printConfigCommand,
  get: getCommand,
  set: changeCommand,
  unset: changeCommand,
  edit: editCommand,
  validate: validateCommand,
  create: createCommand,
  delete: deleteCommand,
  'print schedule': printScheduleCommand,
  'print plan': printPlanCommand,
  link: linkCommand,
  'schedule explain': explainCommand,
  history: historyCommand,
  logs: logsCommand,
  events: eventsCommand,
  'daemon start': daemonCommand,
  'daemon stop': daemonCommand,
  'daemon status': daemonCommand,
  'daemon reload': daemonCommand,
  'node doctor': doctorCommand,
  'node ping': nodePingCommand,
  'node print config': nodeConfigCommand,
  'array show': arrayShowCommand,
  doc: docCommand,
  completion: completionCommand,
} as const satisfies Record<VerbName, Command>;
